"""Does with Python's poplib what a script does with a maildrop; says "done" at the end.

Arguments: plain, starttls or tls; port; user; password; file with the certificate; folder
for the messages. There is at least one message; the last has a subject in UTF-8. The
first message is gone at the end.
"""

import os
import poplib
import ssl
import sys

transport, port, user, password, certificate, folder = sys.argv[1:]
context = ssl.create_default_context(cafile=certificate)


def equal(actual, expected):
    """Fails with both values unless they are equal."""
    assert actual == expected, f"{actual!r} is not {expected!r}"


def refused(command, *arguments):
    """A command that has to be refused; returns what is said."""
    try:
        answer = command(*arguments)
    except poplib.error_proto as error:
        return error.args[0]
    raise AssertionError(f"{command} {arguments} was answered {answer!r}")


def connect():
    """A connection with TLS where that is wanted."""
    if transport == "tls":
        return poplib.POP3_SSL("localhost", int(port), context=context)
    pop = poplib.POP3("localhost", int(port))
    if transport == "starttls":
        pop.stls(context=context)
        assert "STLS" not in pop.capa(), pop.capa()
    return pop


# Before the login.
pop = connect()
assert pop.getwelcome().startswith(b"+OK"), pop.getwelcome()
offered = pop.capa()
for capability in ("TOP", "UIDL", "USER", "UTF8", "PIPELINING", "RESP-CODES"):
    assert capability in offered, offered
assert "PLAIN" in offered["SASL"], offered
refused(pop.stat)
pop.user(user)
assert b"[AUTH]" in refused(pop.pass_, "wrong " + password)
pop.user(user)
assert pop.pass_(password).startswith(b"+OK")

# What there is, and all of it.
count, octets = pop.stat()
sizes = [tuple(map(int, line.split())) for line in pop.list()[1]]
ids = [line.split() for line in pop.uidl()[1]]
equal([number for number, _ in sizes], list(range(1, count + 1)))
equal(sum(size for _, size in sizes), octets)
equal([int(number) for number, _ in ids], list(range(1, count + 1)))
equal(len({name for _, name in ids}), count)
for number, size in sizes:
    answer, lines, _ = pop.retr(number)
    message = b"".join(line + b"\r\n" for line in lines)
    if number < count:
        equal(len(message), size)
    with open(os.path.join(folder, f"{number:05}"), "wb") as file:
        file.write(message)
    if number % 10 == 1:
        equal(pop.top(number, 1_000_000)[1], lines)
        end = lines.index(b"")
        equal(pop.top(number, 0)[1], lines[:end + 1])
        equal(pop.top(number, 2)[1], lines[:end + 3])
equal(pop.list(count).split()[1:], [b"%d" % count, b"%d" % sizes[-1][1]])
equal(pop.uidl(1).split()[1:], ids[0])

# Headers are in ASCII for those who did not ask for UTF-8.
assert all(line.isascii() for line in pop.top(count, 0)[1]), pop.top(count, 0)

# Mistakes leave the session as it was.
for number in (0, count + 1, 2**31, -1, "x"):
    refused(pop.retr, number)
    refused(pop.dele, number)
refused(pop.top, 1, -1)
refused(pop._shortcmd, "NOSUCHCOMMAND")
equal(pop.stat(), (count, octets))
pop.noop()

# Marks, and their end.
pop.dele(1)
refused(pop.dele, 1)
refused(pop.retr, 1)
equal(pop.stat(), (count - 1, octets - sizes[0][1]))
pop.rset()
equal(pop.stat(), (count, octets))
pop.dele(1)
pop.close()

# Without QUIT nothing has gone.
pop = connect()
pop.utf8()
pop.user(user)
pop.pass_(password)
equal([line.split() for line in pop.uidl()[1]], ids)
subject = "Subject: Gr\u00fc\u00dfe".encode()
assert subject in pop.top(count, 0)[1], pop.top(count, 0)
pop.dele(1)
equal(len(pop.list()[1]), count - 1)
assert pop.quit().startswith(b"+OK")

# With QUIT it has, and the others have their names.
pop = connect()
pop.user(user)
pop.pass_(password)
equal([line.split()[1] for line in pop.uidl()[1]], [name for _, name in ids[1:]])
pop.quit()
print("done")
