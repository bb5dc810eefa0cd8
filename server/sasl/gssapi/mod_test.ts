import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { openLibrary } from "./library.ts";
import { gssapiProof, userOf } from "./mod.ts";

const encoder = new TextEncoder();

/** Whether the library is there; it stays open. */
const ignore = !isThere();

function isThere(): boolean {
  try {
    openLibrary();
    return true;
  } catch {
    return false;
  }
}

/** A keytab with one key, in the format of MIT Kerberos, version 2. */
function keytab(service: string, hostname: string, realm: string): Uint8Array {
  const number = (value: number, length: number) =>
    Array.from(
      { length },
      (_, index) => value >> 8 * (length - 1 - index) & 255,
    );
  const text = (text: string) => {
    const bytes = encoder.encode(text);
    return [...number(bytes.length, 2), ...bytes];
  };
  const entry = [
    ...number(2, 2), // components
    ...[realm, service, hostname].flatMap(text),
    ...number(1, 4), // type of the name
    ...number(0, 4), // time
    1, // version of the key
    ...number(18, 2), // aes256-cts-hmac-sha1-96
    ...number(32, 2),
    ...crypto.getRandomValues(new Uint8Array(32)),
  ];
  return Uint8Array.of(5, 2, ...number(entry.length, 4), ...entry);
}

async function withKeytab(
  body: (path: string) => Promise<void>,
): Promise<void> {
  const path = await Deno.makeTempFile();
  try {
    await Deno.writeFile(path, keytab("imap", "localhost", "TEST"));
    await body(path);
  } finally {
    await Deno.remove(path);
  }
}

Deno.test("a principal of the service's realm is a user, one of another realm is none", () => {
  const server = "imap/mail.example.com@EXAMPLE.COM";
  const user = (client: string, realms?: readonly string[]) =>
    userOf({ client, server }, realms === undefined ? {} : { realms });
  assertEquals(user("alice@EXAMPLE.COM"), "alice");
  assertEquals(user("müller@EXAMPLE.COM"), "müller");
  assertEquals(user("alice@example.com"), undefined);
  assertEquals(user("alice@ELSEWHERE.COM"), undefined);
  assertEquals(user("alice@ELSEWHERE.COM", ["ELSEWHERE.COM"]), "alice");
  assertEquals(user("alice@EXAMPLE.COM", ["ELSEWHERE.COM"]), undefined);
  assertEquals(user("alice@EXAMPLE.COM", []), undefined);
});

Deno.test("principals of more than a name are no users", () => {
  const server = "imap/localhost@TEST";
  for (
    const client of [
      "alice/admin@TEST",
      "imap/localhost@TEST",
      "alice\\@TEST@TEST",
      "al\\/ice@TEST",
      "WELLKNOWN/ANONYMOUS@WELLKNOWN:ANONYMOUS",
      "alice",
      "@TEST",
      "alice@",
      "",
    ]
  ) assertEquals(userOf({ client, server }, {}), undefined, client);
});

Deno.test("tickets for other services and other machines are refused", () => {
  const client = "alice@TEST";
  const user = (server: string, options = {}) =>
    userOf({ client, server }, options);
  assertEquals(user("imap/localhost@TEST"), "alice");
  assertEquals(user("pop/localhost@TEST"), "alice");
  assertEquals(user("mail/localhost@TEST", { service: "mail" }), "alice");
  assertEquals(user("b/x@TEST", { service: ["a", "b"] }), "alice");
  assertEquals(user("imap/Mail.X@TEST", { hostname: "mail.x" }), "alice");
  for (
    const [server, options] of [
      ["smtp/localhost@TEST"],
      ["imap@TEST"],
      ["imap/localhost/more@TEST"],
      ["IMAP/localhost@TEST"],
      ["imap/localhost@TEST", { service: "pop" }],
      ["imap/localhost@TEST", { hostname: "mail.x" }],
    ] as const
  ) assertThrows(() => user(server, options), TypeError, server);
});

Deno.test({
  name: "without the permission it says so",
  permissions: { ffi: false },
  fn: () => {
    const library = "/usr/lib/other.so";
    assertThrows(() => gssapiProof({ library }), TypeError, "--allow-ffi");
  },
});

Deno.test("a library that is not there is named", () => {
  assertThrows(
    () => gssapiProof({ library: "/nowhere/libgssapi_krb5.so.2" }),
    TypeError,
    "GSSAPI needs /nowhere/libgssapi_krb5.so.2",
  );
});

Deno.test({
  name: "a keytab that is not there is named, with the library's reason",
  ignore,
  fn: () => {
    assertThrows(
      () => gssapiProof({ keytab: "/nowhere/imapd.keytab" }),
      TypeError,
      "GSSAPI cannot use the keys of /nowhere/imapd.keytab: ",
    );
  },
});

Deno.test({
  name:
    "what is no token is refused, and so is all that comes too early or too late",
  ignore,
  fn: () =>
    withKeytab(async (path) => {
      const proof = gssapiProof({ keytab: path });
      for (
        const token of [
          "nonsense",
          "\x60",
          "\x60\x82\xff\xff",
          // the OID of Kerberos 5, and nothing behind it
          "\x60\x0b\x06\x09\x2a\x86\x48\x86\xf7\x12\x01\x02\x02",
          "\x60\x0d\x06\x09\x2a\x86\x48\x86\xf7\x12\x01\x02\x02\x01\x00",
          "\0".repeat(60_000),
        ]
      ) {
        const context = proof.begin();
        const bytes = Uint8Array.from(token, (char) => char.charCodeAt(0));
        await assertRejects(() => context.accept(bytes));
        assertEquals([context.principal, context.user], ["", undefined]);
        assertThrows(() => context.wrap(bytes));
        assertThrows(() => context.unwrap(bytes));
        context.close();
        await assertRejects(() => context.accept(bytes), TypeError);
        context.close();
      }
      proof.close();
    }),
});

Deno.test({
  name:
    "a context takes a token at a time, and may be closed meanwhile, as may all",
  ignore,
  fn: () =>
    withKeytab(async (path) => {
      const proof = gssapiProof({ keytab: path });
      const contexts = Array.from({ length: 20 }, () => proof.begin());
      const accepting = contexts.map((context) =>
        assertRejects(() => context.accept(new Uint8Array(100)))
      );
      await assertRejects(
        () => contexts[0]!.accept(new Uint8Array(1)),
        TypeError,
        "one token at a time",
      );
      for (const context of contexts) context.close();
      proof.close();
      await Promise.all(accepting);
      const late = proof.begin();
      await assertRejects(
        () => late.accept(new Uint8Array(1)),
        TypeError,
        "gone",
      );
      late.close();
    }),
});
