"""Logs in by KERBEROS_V4 (RFC 1731): PORT KEY NAME USER, with a ticket of its own making.

There is no server for tickets of Kerberos 4 any more, so that the key of the service, in hexadecimal digits, stands in
for one. The messages are written here from their description; DES and its mode PCBC are OpenSSL's.
"""

import base64
import ctypes
import os
import socket
import struct
import sys
import time

libcrypto = ctypes.CDLL("libcrypto.so.3")
ENCRYPT, DECRYPT = 1, 0


def schedule(key):
    words = (ctypes.c_ulong * 32)()
    libcrypto.DES_set_key_unchecked(key, words)
    return words


def pcbc(key, data):
    data += b"\0" * (-len(data) % 8)
    out = ctypes.create_string_buffer(len(data))
    vector = ctypes.create_string_buffer(key, 8)
    length = ctypes.c_long(len(data))
    libcrypto.DES_pcbc_encrypt(data, out, length, schedule(key), vector, ENCRYPT)
    return out.raw


def decrypt_block(key, block):
    out = ctypes.create_string_buffer(8)
    libcrypto.DES_ecb_encrypt(block, out, schedule(key), DECRYPT)
    return out.raw


def texts(*names):
    return b"".join(name.encode() + b"\0" for name in names)


port, key, name, user = sys.argv[1:]
service_key, session_key = bytes.fromhex(key), os.urandom(8)
now = int(time.time())
ticket = pcbc(service_key, b"\x01" + texts(name, "", "TEST") + b"\x7f\0\0\x01" +
              session_key + b"\x08" + struct.pack("<I", now) + texts("imap", "mail"))

with socket.create_connection(("localhost", int(port))) as connection:
    stream = connection.makefile("rwb")

    def ask(data):
        stream.write(data + b"\r\n")
        stream.flush()
        return stream.readline().strip()

    stream.readline()
    answer = ask(b"a AUTHENTICATE KERBEROS_V4")
    nonce, = struct.unpack(">I", base64.b64decode(answer[2:]))
    proof = pcbc(session_key, texts(name, "", "TEST") + struct.pack("<I", nonce) + b"\0" +
                 struct.pack("<I", now))
    request = b"\x04\x07\0" + texts("TEST") + bytes([len(ticket), len(proof)])
    answer = ask(base64.b64encode(request + ticket + proof))
    if answer.startswith(b"+ "):
        plain = decrypt_block(session_key, base64.b64decode(answer[2:]))
        # The server has the key of the service: it could read the session key.
        assert plain == struct.pack(">I", nonce + 1 & 0xffffffff) + b"\x01\0\0\0", plain
        choice = struct.pack(">I", nonce) + b"\x01\0\0\0" + texts(user)
        answer = ask(base64.b64encode(pcbc(session_key, choice)))
    print(answer.decode())
