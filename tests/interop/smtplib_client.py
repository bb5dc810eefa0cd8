"""Delivers with Python's smtplib by LMTP; says "done" at the end.

Arguments: a port of localhost, or the path of a socket; file with the certificate for
STARTTLS, or nothing for none; the messages' files, which bob@example.org gets in turn.
"""

import smtplib
import ssl
import sys

where, certificate, *files = sys.argv[1:]
FROM = "sender@example.net"
BOB = "bob@example.org"
NOTE = b"Subject: Note\r\n\r\nHello\r\n"


def equal(actual, expected):
    """Fails with both values unless they are equal."""
    assert actual == expected, f"{actual!r} is not {expected!r}"


if where.startswith("/"):
    lmtp = smtplib.LMTP(where)
else:
    lmtp = smtplib.LMTP("localhost", int(where))
if certificate:
    lmtp.starttls(context=ssl.create_default_context(cafile=certificate))
lmtp.ehlo_or_helo_if_needed()
for extension in ("pipelining", "8bitmime", "smtputf8", "enhancedstatuscodes"):
    assert lmtp.has_extn(extension), lmtp.esmtp_features
assert int(lmtp.esmtp_features["size"]) > 1_000_000, lmtp.esmtp_features
assert lmtp.has_extn("starttls") == (certificate == ""), lmtp.esmtp_features

for name in files:
    with open(name, "rb") as file:
        equal(lmtp.sendmail(FROM, [BOB], file.read(), ["BODY=8BITMIME"]), {})

# Each recipient is answered twice: when it is named, and when there is the message.
equal(lmtp.mail(FROM)[0], 250)
equal([lmtp.rcpt(f"{name}@example.org")[0]
       for name in ("alice", "nobody", "bob+Lists")], [250, 550, 250])
code, text = lmtp.data(NOTE)
assert code == 250 and b"<alice@example.org>" in text, text
code, text = lmtp.getreply()
assert code == 250 and b"<bob+Lists@example.org>" in text, text

# An address in UTF-8, and refusals after which the session goes on.
equal(lmtp.sendmail(FROM, ["j\u00fcrgen@example.org"], NOTE, ["SMTPUTF8"]), {})
for recipients in (["nobody@example.org"], ["alice@elsewhere.example"]):
    try:
        lmtp.sendmail(FROM, recipients, NOTE)
        raise AssertionError(f"{recipients} was accepted")
    except smtplib.SMTPRecipientsRefused as error:
        equal(error.recipients[recipients[0]][0], 550)
equal(lmtp.mail(FROM, [f"SIZE={10**12}"])[0], 552)
equal(lmtp.docmd("VRFY", BOB)[0], 252)
equal(lmtp.docmd("EHLO", "localhost")[0], 500)
equal(lmtp.rset()[0], 250)
equal(lmtp.noop()[0], 250)
equal(lmtp.quit()[0], 221)
print("done")
