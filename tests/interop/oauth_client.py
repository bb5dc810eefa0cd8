"""Logs in with a token by Python's imaplib, and by one that is expired; says "done" at the end.

Arguments: port of IMAP over TLS; user; good token; bad token; file with the certificate.
"""

import imaplib
import json
import ssl
import sys

port, user, good, bad, certificate = sys.argv[1:]
context = ssl.create_default_context(cafile=certificate)


def session():
    """Connects."""
    return imaplib.IMAP4_SSL("localhost", int(port), ssl_context=context)


def xoauth2(token, heard):
    """Says the token, then nothing any more."""

    def answer(challenge):
        heard.append(challenge)
        return f"user={user}\1auth=Bearer {token}\1\1" if challenge == b"" else b""

    return answer


def oauthbearer(token, heard):
    """Says the token, then what ends the exchange."""

    def answer(challenge):
        heard.append(challenge)
        return f"n,a={user},\1auth=Bearer {token}\1\1" if challenge == b"" else b"\1"

    return answer


for mechanism, client in ("XOAUTH2", xoauth2), ("OAUTHBEARER", oauthbearer):
    imap = session()
    assert f"AUTH={mechanism}" in imap.capabilities, imap.capabilities
    heard = []
    try:
        imap.authenticate(mechanism, client(bad, heard))
        raise AssertionError(f"{mechanism} lets a bad token in")
    except imaplib.IMAP4.error as error:
        assert "AUTHENTICATIONFAILED" in str(error), error
    status = json.loads(heard[1])["status"]
    assert status == {"XOAUTH2": "401", "OAUTHBEARER": "invalid_token"}[mechanism]
    imap.authenticate(mechanism, client(good, []))
    kind, data = imap.select("INBOX")
    assert (kind, data) == ("OK", [b"100"]), data
    imap.logout()

print("done")
