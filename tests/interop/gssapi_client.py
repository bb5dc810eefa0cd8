"""Logs in by GSSAPI again and again: PORT COUNT MODE, with python3-gssapi.

MODE is "all" for whole logins, "none" for such as are cancelled after the first token.
Says how many logins have come about.
"""

import base64
import socket
import sys

import gssapi

port, count, mode = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
service = gssapi.Name("imap@localhost", gssapi.NameType.hostbased_service)
done = 0
for _ in range(count):
    with socket.create_connection(("localhost", port)) as connection:
        stream = connection.makefile("rwb")

        def ask(data):
            stream.write(data + b"\r\n")
            stream.flush()
            return stream.readline().strip()

        stream.readline()
        context = gssapi.SecurityContext(name=service, usage="initiate")
        token = context.step()
        answer = ask(b"a AUTHENTICATE GSSAPI " + base64.b64encode(token))
        assert answer.startswith(b"+ "), answer
        if mode == "none":
            answer = ask(b"*")
            assert answer.startswith(b"a BAD"), answer
            continue
        token = context.step(base64.b64decode(answer[2:]))
        answer = ask(base64.b64encode(token) if token else b"")
        layers = context.unwrap(base64.b64decode(answer[2:])).message
        assert layers == b"\x01\0\0\0", layers
        choice = context.wrap(b"\x01\0\0\0alice", False).message
        answer = ask(base64.b64encode(choice))
        assert answer.startswith(b"a OK"), answer
        done += 1
print(done)
