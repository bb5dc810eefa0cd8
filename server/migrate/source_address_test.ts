import { assertEquals } from "@std/assert";
import { isLoopback, parseSourceAddress } from "./source_address.ts";

Deno.test("an address has a scheme, perhaps a user, a password and a port", () => {
  const cases: Record<string, unknown> = {
    "imaps://mail.example.org": {
      host: "mail.example.org",
      port: 993,
      secure: true,
    },
    "imap://alice@example.org@Mail.Example.org:1143/": {
      host: "mail.example.org",
      port: 1143,
      secure: false,
      user: "alice@example.org",
    },
    "imap://alice:p%40ss%3Aw%C3%BC@[::1]": {
      host: "::1",
      port: 143,
      secure: false,
      user: "alice",
      password: "p@ss:wü",
    },
  };
  for (const [text, expected] of Object.entries(cases)) {
    assertEquals(parseSourceAddress(text), expected as never, text);
  }
});

Deno.test("what is no address of a server is none", () => {
  for (
    const text of [
      "mail.example.org",
      "http://mail.example.org",
      "imap://",
      "imap://alice@",
      "imap://host/INBOX",
      "imap://host?x",
      "imap://a%ff@host",
      "imap://host:99999",
    ]
  ) assertEquals(parseSourceAddress(text), undefined, text);
});

Deno.test("this machine is known by its name", () => {
  for (const host of ["localhost", "127.0.0.1", "127.9.9.9", "::1"]) {
    assertEquals(isLoopback(host), true, host);
  }
  for (const host of ["127.0.0.1.example.org", "10.0.0.1", "localhost.x"]) {
    assertEquals(isLoopback(host), false, host);
  }
});
