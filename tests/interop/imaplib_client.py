"""Does with Python's imaplib what a script does with a mailbox; says "done" at the end.

Arguments: plain, starttls or tls; port; user; password; file with the certificate.
INBOX holds 100 messages when it starts, and again when it ends.
"""

import imaplib
import re
import ssl
import sys
import time

transport, port, user, password, certificate = sys.argv[1:]
context = ssl.create_default_context(cafile=certificate)

MESSAGE = (
    b"From: Me <me@example.org>\r\nTo: you@example.org\r\n"
    b"Subject: From imaplib\r\nMessage-ID: <imaplib@example.org>\r\n"
    b"Date: Mon, 07 Feb 2022 21:52:25 +0100\r\n\r\nA line\r\n.\r\nand another\r\n"
)

ANSWER = (
    b"From: Me <me@example.org>\r\nSubject: Re: From imaplib\r\n"
    b"In-Reply-To: <imaplib@example.org>\r\n"
    b"Date: Mon, 07 Feb 2022 21:53:00 +0100\r\n\r\nYes.\r\n"
)


def ok(answer):
    """Returns the data of an answer that must be OK."""
    kind, data = answer
    assert kind == "OK", answer
    return data


def equal(actual, expected):
    """Fails with both values unless they are equal."""
    assert actual == expected, f"{actual!r} is not {expected!r}"


if transport == "tls":
    imap = imaplib.IMAP4_SSL("localhost", int(port), ssl_context=context)
else:
    imap = imaplib.IMAP4("localhost", int(port))
if transport == "starttls":
    ok(imap.starttls(ssl_context=context))
ok(imap.login(user, password))
assert "IMAP4REV1" in imap.capabilities, imap.capabilities

# List and read.
assert any(line.endswith(b" INBOX") or line.endswith(b'"INBOX"')
           for line in ok(imap.list())), imap.list()
equal(ok(imap.select("INBOX")), [b"100"])
parts = ok(imap.fetch("1:*", "(UID RFC822.SIZE BODY.PEEK[])"))
bodies = [part for part in parts if isinstance(part, tuple)]
equal(len(bodies), 100)
for head, body in bodies:
    equal(int(re.search(rb"RFC822.SIZE (\d+)", head).group(1)), len(body))
header = ok(imap.fetch("1", "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])"))[0][1]
assert header.lower().startswith(b"subject:") and header.endswith(b"\r\n\r\n")

# Search.
equal(ok(imap.search(None, "ALL"))[0].split()[-1], b"100")
equal(ok(imap.search("UTF-8", "SUBJECT", '"imaplib"')), [b""])
equal(ok(imap.uid("SEARCH", None, "1:3", "UNSEEN")), [b"1 2 3"])

# Append.
ok(imap.append("INBOX", r"(\Flagged $Own)",
               imaplib.Time2Internaldate(1644267145), MESSAGE))
equal(ok(imap.search(None, "HEADER", "Message-ID", "<imaplib@example.org>")),
      [b"101"])
answer = ok(imap.fetch("101", "(FLAGS INTERNALDATE BODY[])"))
equal(answer[0][1], MESSAGE)
text = b" ".join(part if isinstance(part, bytes) else part[0] for part in answer)
equal(time.mktime(imaplib.Internaldate2tuple(text)), 1644267145)
assert {b"\\Flagged", b"$Own"} <= set(imaplib.ParseFlags(text)), text

# Flag.
equal(imaplib.ParseFlags(ok(imap.store("101", "FLAGS", r"(\Seen)"))[0])[0],
      rb"\Seen")
ok(imap.uid("STORE", "101", "-FLAGS.SILENT", r"(\Seen)"))
ok(imap.store("101", "+FLAGS", r"(\Answered)"))

# Sort and thread: the letters, the message and an answer to it.
ok(imap.append("INBOX", None, None, ANSWER))
sizes = [len(body) for _, body in bodies] + [len(MESSAGE), len(ANSWER)]
numbers = range(1, 103)
by_size = sorted(numbers, key=lambda number: sizes[number - 1])
equal(ok(imap.sort("(SIZE)", "UTF-8", "ALL")),
      [" ".join(map(str, by_size)).encode()])
by_size = sorted(numbers, key=lambda number: -sizes[number - 1])
equal(ok(imap.uid("SORT", "(REVERSE SIZE)", "UTF-8", "1:*")),
      [" ".join(map(str, by_size)).encode()])
equal(ok(imap.sort("(REVERSE DATE)", "UTF-8", "FROM", "me@example.org")),
      [b"102 101"])
for algorithm in "REFERENCES", "ORDEREDSUBJECT", "REFS":
    threads = ok(imap.thread(algorithm, "UTF-8", "ALL"))[0]
    assert b"(101 102)" in threads, threads
    equal(sorted(map(int, re.findall(rb"\d+", threads))), list(numbers))
ok(imap.store("102", "+FLAGS", r"(\Deleted)"))
equal(ok(imap.expunge()), [b"102"])

# Copy, move, delete.
ok(imap.create('"Python/Cafe &AOk-"'))
ok(imap.copy("101", '"Python/Cafe &AOk-"'))
assert b" MOVE " in ok(imap.capability())[0] + b" "
ok(imap.xatom("MOVE", "101", '"Python/Cafe &AOk-"'))
imap.response("EXPUNGE")
equal(ok(imap.status('"Python/Cafe &AOk-"', "(MESSAGES UIDNEXT)"))[0][-22:],
      b"(MESSAGES 2 UIDNEXT 3)")
ok(imap.select('"Python/Cafe &AOk-"'))
ok(imap.store("1:2", "+FLAGS", r"(\Deleted)"))
equal(len(ok(imap.expunge())), 2)
ok(imap.close())
ok(imap.rename('"Python/Cafe &AOk-"', "Python/Tea"))
ok(imap.subscribe("Python/Tea"))
assert b"Tea" in ok(imap.lsub('""', "Python/*"))[0]
ok(imap.unsubscribe("Python/Tea"))
ok(imap.delete("Python/Tea"))

# Errors leave the connection usable.
equal(imap.select("nowhere")[0], "NO")
try:
    imap.xatom("NOSUCHCOMMAND")
    raise AssertionError("NOSUCHCOMMAND was accepted")
except imaplib.IMAP4.error:
    pass
ok(imap.noop())
equal(ok(imap.select("INBOX", readonly=True)), [b"100"])
equal(imap.logout()[0], "BYE")

# UTF-8, which has to be asked for before a mailbox is selected.
if transport == "tls":
    imap = imaplib.IMAP4_SSL("localhost", int(port), ssl_context=context)
else:
    imap = imaplib.IMAP4("localhost", int(port))
if transport == "starttls":
    ok(imap.starttls(ssl_context=context))
ok(imap.login(user, password))
INTERNATIONAL = "From: <\u00fc@\u00fc.example>\r\nSubject: \u65e5\u672c\r\n\r\nx\r\n".encode()
equal(imap.append("INBOX", None, None, INTERNATIONAL)[0], "NO")
ok(imap.enable("UTF8=ACCEPT"))
ok(imap.create('"Entw\u00fcrfe"'))
assert any('"Entw\u00fcrfe"'.encode() in line for line in ok(imap.list()))


def append(data, before, after):
    """Appends by hand: old versions of imaplib put UTF8 (...) into the literal, new ones around it."""
    imap.send('u APPEND "Entw\u00fcrfe" {}{{{}}}\r\n'.format(before, len(data)).encode())
    assert imap.readline().startswith(b"+")
    imap.send(data + after + b"\r\n")
    line = imap.readline()
    assert line.startswith(b"u OK"), line


append(INTERNATIONAL, "", b"")
append(INTERNATIONAL, "UTF8 (~", b")")
append(b"Content-Type: image/x-odd\r\n\r\n\0\1", "~", b"")
equal(ok(imap.select('"Entw\u00fcrfe"')), [b"3"])
for number in b"1", b"2":
    equal(ok(imap.fetch(number.decode(), "(BODY.PEEK[])"))[0][1], INTERNATIONAL)
equal(ok(imap.fetch("3", "(BODY.PEEK[1])"))[0][1], b"AAE=\r\n")
equal(ok(imap.search(None, "SUBJECT", '"\u65e5"')), [b"1 2"])
ok(imap.close())
ok(imap.delete('"Entw\u00fcrfe"'))
equal(imap.logout()[0], "BYE")
print("done")
