import {
  assert,
  assertEquals,
  assertFalse,
  assertNotEquals,
} from "@std/assert";
import fc from "fast-check";
import { formatArgon2Record } from "./credentials/argon2_record.ts";
import { PasswordHasher } from "./password.ts";
import { parsePasswordRecord, plainPasswordOf } from "./password_record.ts";

/** Records of the password `secret`, made by `doveadm pw`, `openssl passwd` and crypt(3) of libxcrypt. */
const SECRET: readonly string[] = [
  "{SSHA}0MGT6/9DR1SPo4jAq/59+QgIqEtV2hR0",
  "{SSHA.b64}L2fHgz2WQ2vQblCo+9K4Y+yR5AmzzKfH",
  "{SSHA256}M/PWWn75KcpML/s63oyfSDWzZM0ieNkDHQl245K5V4GAWsbf",
  "{SSHA256.HEX}77c8b81c2e29d4d100f57939c1da83e70fee737dbe06e5fd5aad351062a7dc1d71b03241",
  "{SSHA512}+a4yb6jrb1EVWAAuBfhuE5F0oURt2JtlT6rpkrlvgAyltJmNLFZk9mamdOFMBHTdY0Z7C8j4jLz9jvmkud+N1DXdnnM=",
  "{SSHA512.HEX}01c36a4f69ff3fa4062de281b997c8e2979f3f33b80bda74411cac2cdaa621a9966da4dd7adb52b6a187b20793325241b663e76d9e6c810b5f465a6020b2af4ffb7123c7",
  "{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=",
  "{SHA1}5en6G6MezRroT3XKqkdPOmY/BfQ=",
  "{SHA.HEX}e5e9fa1ba31ecd1ae84f75caaa474f3a663f05f4",
  "{sha}e5e9fa1ba31ecd1ae84f75caaa474f3a663f05f4",
  "{SHA256}K7gNU3sdo+OL0wNhqoVWhr3g6s1xYv72ol/pe/Unols=",
  "{SHA256.B64}K7gNU3sdo+OL0wNhqoVWhr3g6s1xYv72ol/pe/Unols=",
  "{SHA512}vSsar3708Jvp9Szi2NWZZ02Bqp1qRCFpbcTZPdBhnWgs5WtNZKnvCXdhztmeD2cmW192CF5bDufKRpayrW/isg==",
  "{SHA512.hex}bd2b1aaf7ef4f09be9f52ce2d8d599674d81aa9d6a4421696dc4d93dd0619d682ce56b4d64a9ef097761ced99e0f67265b5f76085e5b0ee7ca4696b2ad6fe2b2",
  "{SMD5}4qeKdkgqtefJdFb8/1E/lsIwsw4=",
  "{PLAIN-MD5}5ebe2294ecd0e0f08eab7690d2a6ee69",
  "{LDAP-MD5}Xr4ilOzQ4PCOq3aQ0qbuaQ==",
  "{PBKDF2}$1$3kbmqMkKAa3hJR93$5000$7d9e841b97116a496a101157399889635e37e7f3",
  "{SHA256-CRYPT}$5$x5NikasHjhkgZvf3$eSlsbC8tb.6FJ8evVId5YWpeyBINbWkVWfBV0NWHLY4",
  "{SHA512-CRYPT}$6$r6bKN0YoAPSD3VQO$csGjU0n6K20r0Zc3LIDgx1U5L5q0CwkTBtmHofVX8lZJd9.IEvx9Zu0sOmshiW423yBraNglHYGMb0nEYY0ly0",
  "{BLF-CRYPT}$2y$05$T/Ig.mhxchCCAMro9J452.LHilfEC2wuT.U/pij1sQN0ZOhfj8j3O",
  "{ARGON2ID}$argon2id$v=19$m=65536,t=3,p=1$kIvsYSaOj/4kZPFW/q8bbA$+gaw1gVDY8q9ys9sdPojrkFpc2ACY2y7gKYrTmUXM9w",
  "{ARGON2I}$argon2i$v=19$m=32768,t=4,p=1$s/8rwQoduQJS0rAN80i3mQ$7wH2O4hDEPNW2XVuJ0aoHj9qYFOmJX1Q05LXDBaYH4I",
  "{SCRAM-SHA-1}4096,goVkTUigfbDjWMAocSzU2A==,IN6X0pxQnNBTorDvi2mC1LtaYkw=,KBQcOHvkWfxlUffhGmAbNsDwdRM=",
  "{SCRAM-SHA-256}4096,hxpO7d1sabHPFqf/fjnMqw==,2xdTY8w8XHasMIwj9AYYRxrf5o2ls3x6i0bweUQAO74=,wD8x4doH+gBm4U2oc6UVoP4lNGQHchXPZx1d7/8YoIo=",
  "{PLAIN}secret",
  "{CLEARTEXT}secret",
  "{CLEAR.HEX}736563726574",
  "{PLAIN.B64}c2VjcmV0",
  "{CRYPT}$2y$05$ImP9JLqUQsOtLQmmanS46uOMwTJn5kFWMlncvHIq4KY2ooV8gQeC2",
  "$2a$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a",
  "$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW",
  "$2y$06$......................LlrHE.PBZavRp1Br9ZKhi8SOMUWPCBG",
  "$5$abcdefgh$gruCpC7VkOTspMQTTSAR8mtlO9Upms.fwqE5y16JVM.",
  "$5$rounds=10000$saltstringsaltst$nRVJUfBu7b60x4u50TScFun8GLsggmlJvebgklaft49",
  "$6$abcdefgh$ltjgWl6579NluT/Vi1nwEvcil.G5Nbc4NiXZaNGStk8PSwGfQv72N2CKPPrVACtLtip/cZ/1GM/O6IND4WQhG.",
  "$6$rounds=1000$a$EO06KpA4dY4rcQyxbgyqAqCfX6Y3jTFNZTMtMMJ8fEeaLpk5OTEYAPw6mn4jNvHAKYGbluaXVE9prhfmyceQW0",
  "$6$rounds=10$a$EO06KpA4dY4rcQyxbgyqAqCfX6Y3jTFNZTMtMMJ8fEeaLpk5OTEYAPw6mn4jNvHAKYGbluaXVE9prhfmyceQW0",
  "$6$$2M9DchxW4txWyTYoZrH9D3VvAAQxBpEezYsLY6Cao.jwzEXpyL9xwip9hiUZX7GqTqe/E/z6iKvZqXUuqniQH.",
];

/** Passwords at the edges of what the functions do in blocks; by crypt(3) of libxcrypt. */
const EDGES: readonly (readonly [password: string, record: string])[] = [
  ["p".repeat(32), "$5$abcdefgh$Sf4BEwlD3gYtxqz63vSwgzojtsvOrohstKT2b4G3QZ5"],
  ["p".repeat(64), "$5$abcdefgh$LDIOQZuV2t9dm0ykUVEjGNxCPDe/XBhr8JyQfNqwcLB"],
  ["p".repeat(100), "$5$abcdefgh$b6SqEvSm9yUWyYCbscJ2BpXGnnZOrFL8D6FsxkXvQ1A"],
  [
    "p".repeat(64),
    "$6$abcdefgh$.Ej/.p2DTeFeO5NSQEtRok8bEasOzKS33lsFPoFtkDFVeO42gEmTq6c./2guhbxXpQQpj0u/iH3gYsAggFJgD.",
  ],
  [
    "p".repeat(128),
    "$6$abcdefgh$BCc42KzmHq5DpXCJMIjnHlzj5YRr3eFumm4WGORcLMhzT11LAuRQTFDqK8f/pun5lhNMGwS25IGGQwiMRY/R3/",
  ],
  [
    "p\u00fc\u20ac",
    "$6$abcdefgh$PmWi90tGzmqam01PfDfaRRJzG/t1BShQjNsNW2UA2gRo/ka8yo554RvkmPiuQtSOBOu94r4UMgvKjMBAHkWYT/",
  ],
  [
    "U*U*U*U*\u00ff",
    "$2y$05$abcdefghijklmnopqrstuub.OsC9uqH1CTcpFP9Pt4i74Avl08bRS",
  ],
  // bcrypt looks at 72 bytes.
  [
    "x".repeat(72) + "other",
    "$2b$05$abcdefghijklmnopqrstuujf8SX2ahXLwp9w/B.Y5XdysS6yR576q",
  ],
];

Deno.test("records of other servers: their password is right, another is not", async () => {
  using hasher = new PasswordHasher();
  for (const record of SECRET) {
    assert(await hasher.verify("secret", record), record);
    assertFalse(await hasher.verify("Secret", record), record);
  }
  for (const [password, record] of EDGES) {
    assert(await hasher.verify(password, record), record);
    assertFalse(await hasher.verify(password.slice(1), record), record);
  }
});

Deno.test("records that are none", async () => {
  using hasher = new PasswordHasher({
    cost: { memory: 8, iterations: 1, parallelism: 1 },
  });
  for (
    const record of [
      "",
      "secret",
      "{PLAIN}",
      "{PLAIN.B64}!",
      "{PLAIN.B32}secret",
      "{NONE}secret",
      "{}secret",
      "{PLAIN secret",
      "{TOSTRING}secret",
      "{SSHA}5en6G6MezRroT3XKqkdPOmY/BfQ=",
      "{SHA}0MGT6/9DR1SPo4jAq/59+QgIqEtV2hR0",
      "{SHA}5en6G6MezRroT3XK",
      "{SHA.HEX}5en6G6MezRroT3XKqkdPOmY/BfQ=",
      "{SSHA}" + "A".repeat(4_000),
      "{CRYPT}ab1FTYQ9sU5n2",
      "{CRYPT.B64}JDYk",
      "{MD5-CRYPT}$1$jgZAuFqN$yuEpcn69/DxMck7mvkE2C/",
      "$1$jgZAuFqN$yuEpcn69/DxMck7mvkE2C/",
      "{BLF-CRYPT}{PLAIN}secret",
      "{SHA256-CRYPT}$6$$2M9DchxW4txWyTYoZrH9D3VvAAQxBpEezYsLY6Cao.jwzEXpyL9xwip9hiUZX7GqTqe/E/z6iKvZqXUuqniQH.",
      "{ARGON2ID}$argon2i$v=19$m=32768,t=4,p=1$s/8rwQoduQJS0rAN80i3mQ$7wH2O4hDEPNW2XVuJ0aoHj9qYFOmJX1Q05LXDBaYH4I",
      // One digit too few; a last digit of which some bits stand for nothing.
      "$5$abcdefgh$gruCpC7VkOTspMQTTSAR8mtlO9Upms.fwqE5y16JVM",
      "$5$abcdefgh$gruCpC7VkOTspMQTTSAR8mtlO9Upms.fwqE5y16JVMz",
      "$6$abcdefgh$gruCpC7VkOTspMQTTSAR8mtlO9Upms.fwqE5y16JVM.",
    ]
  ) {
    assertEquals(parsePasswordRecord(record), undefined, record);
    assertFalse(await hasher.verify("secret", record), record);
  }
});

Deno.test("costs that would bring the server to a halt are refused", () => {
  const argon2 = (cost: string) =>
    `$argon2id$v=19$${cost}$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4`;
  const bearable = [
    argon2("m=1048576,t=4,p=1"),
    "$2y$15$abcdefghijklmnopqrstuub.OsC9uqH1CTcpFP9Pt4i74Avl08bRS",
    "$5$rounds=500000$a$gruCpC7VkOTspMQTTSAR8mtlO9Upms.fwqE5y16JVM.",
    "{PBKDF2}$1$a$10000000$7d9e841b97116a496a101157399889635e37e7f3",
  ];
  for (const record of bearable) {
    assertNotEquals(parsePasswordRecord(record), undefined, record);
  }
  for (
    const record of [
      argon2("m=4194304,t=1,p=1"),
      argon2("m=1048577,t=1,p=1"),
      argon2("m=1048576,t=5,p=1"),
      argon2("m=256,t=101,p=1"),
      argon2("m=256,t=0,p=1"),
      argon2("m=256,t=1,p=17"),
      argon2("m=256,t=1,p=0"),
      argon2("m=7,t=1,p=1"),
      "$2y$31$abcdefghijklmnopqrstuub.OsC9uqH1CTcpFP9Pt4i74Avl08bRS",
      "$2y$16$abcdefghijklmnopqrstuub.OsC9uqH1CTcpFP9Pt4i74Avl08bRS",
      "$2y$03$abcdefghijklmnopqrstuub.OsC9uqH1CTcpFP9Pt4i74Avl08bRS",
      "$5$rounds=999999999$a$gruCpC7VkOTspMQTTSAR8mtlO9Upms.fwqE5y16JVM.",
      "$5$rounds=500001$a$gruCpC7VkOTspMQTTSAR8mtlO9Upms.fwqE5y16JVM.",
      "{PBKDF2}$1$a$10000001$7d9e841b97116a496a101157399889635e37e7f3",
      "{PBKDF2}$1$a$0$7d9e841b97116a496a101157399889635e37e7f3",
      "{SCRAM-SHA-1}99999999,goVkTUigfbDjWMAocSzU2A==,IN6X0pxQnNBTorDvi2mC1LtaYkw=,KBQcOHvkWfxlUffhGmAbNsDwdRM=",
    ]
  ) assertEquals(parsePasswordRecord(record), undefined, record);
});

Deno.test("argon2 records: written and read are the same, others are none", () => {
  const salt = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
  const cost = { memory: 8, iterations: 1, parallelism: 1 };
  const hash = new Uint8Array(32).fill(9);
  const text = formatArgon2Record({ ...cost, salt, hash });
  assertEquals(parsePasswordRecord(text), {
    job: { kind: "argon2id", ...cost, salt, length: 32 },
    hash,
  });
  for (
    const wrong of [
      text.replace("argon2id", "argon2d"),
      text.replace("v=19", "v=16"),
      text.slice(0, -1) + "$",
      text + "\n",
    ]
  ) assertEquals(parsePasswordRecord(wrong), undefined, wrong);
});

Deno.test("passwords that a record has as they are", () => {
  assertEquals(plainPasswordOf("{PLAIN}cafe\u0301"), "caf\u00e9");
  assertEquals(plainPasswordOf("{plain.b64}c2VjcmV0"), "secret");
  assertEquals(plainPasswordOf("{CLEAR.hex}ff"), undefined);
  assertEquals(plainPasswordOf("{PLAIN}"), undefined);
  assertEquals(plainPasswordOf("{SHA}secret"), undefined);
  assertEquals(plainPasswordOf("secret"), undefined);
});

Deno.test("any text is a record that can be checked, or none", () => {
  const piece = fc.oneof(
    fc.constantFrom("{", "}", "$", "$1$", "$5$", "rounds=9", ",", ".hex", "="),
    fc.constantFrom("SHA", "SSHA512", "PLAIN", "CRYPT", "PBKDF2", "SMD5"),
    fc.string({ unit: "binary", maxLength: 90 }),
    fc.base64String({ maxLength: 90 }),
    fc.stringMatching(/^[0-9a-f]{0,90}$/),
  );
  const text = fc.array(piece, { maxLength: 8 }).map((all) => all.join(""));
  fc.assert(fc.property(text, (text) => {
    const check = parsePasswordRecord(text);
    if (check !== undefined) assert(check.hash.length >= 16);
  }));
});
