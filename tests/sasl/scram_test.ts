/**
 * SCRAM, exchange by exchange: RFC 5802, RFC 7677.
 */

import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { offeredMechanisms } from "../../protocol/sasl/mod.ts";
import { scram } from "../../protocol/sasl/scram.ts";
import { deriveScramKeys } from "../../protocol/sasl/scram_keys.ts";
import type { ScramHash } from "../../protocol/sasl/server.ts";
import { makeScramRecord } from "../../server/scram_record.ts";
import { saslServer, type SaslSetup, say } from "./sasl_server.ts";
import { ScramClient, type ScramClientOptions } from "./scram_client.ts";

const BINDING = new TextEncoder().encode("what the certificate hashes to");
const BOUND = {
  bindings: { "tls-server-end-point": BINDING },
  options: {
    mechanisms: ["SCRAM-SHA-256-PLUS", "SCRAM-SHA-256", "SCRAM-SHA-1"],
  },
} satisfies SaslSetup;

/** A server that knows the user of the examples by the salt in them. */
async function exampleServer(hash: ScramHash, salt: string) {
  const bytes = Uint8Array.fromBase64(salt);
  const keys = await deriveScramKeys(hash, "pencil", bytes, 4_096);
  const identity = { user: "user" };
  const credentials = { identity, salt: bytes, iterations: 4_096, ...keys };
  return saslServer({
    backend: {
      mechanisms: new Set([`SCRAM-${hash}`]),
      account: () => Promise.resolve(undefined),
      scram: () => Promise.resolve(credentials),
    },
  });
}

const EXAMPLES = [
  {
    about: "RFC 5802 § 5",
    hash: "SHA-1",
    nonce: "3rfcNHYJY1ZVvWVs7j",
    salt: "QSXCR+Q6sek8bf92",
    lines: [
      "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL",
      "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096",
      "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
      "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=",
    ],
  },
  {
    about: "RFC 7677 § 3",
    hash: "SHA-256",
    nonce: "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
    salt: "W22ZaJ0SNY7soEsUEjb6gQ==",
    lines: [
      "n,,n=user,r=rOprNGfwEbeRWgbNEkqO",
      "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
      "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
      "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
    ],
  },
] as const;

for (const { about, hash, nonce, salt, lines } of EXAMPLES) {
  Deno.test(`the example of ${about}`, async () => {
    const server = await exampleServer(hash, salt);
    const exchange = scram(hash, false, () => nonce).begin(server);
    assertEquals((await say(exchange, undefined)).step, {
      type: "challenge",
      bytes: new Uint8Array(0),
    });
    assertEquals((await say(exchange, lines[0])).text, lines[1]);
    const { step, text } = await say(exchange, lines[2]);
    assertEquals(step.type, "success");
    assertEquals(text, lines[3]);
    const name = hash === "SHA-1" ? "sha1" : "sha256";
    const clientNonce = lines[0].slice("n,,n=user,r=".length);
    const client = new ScramClient("user", "pencil", {
      hash: name,
      nonce: clientNonce,
    });
    assertEquals(client.first(), lines[0]);
    assertEquals(client.final(lines[1]), lines[2]);
    assert(client.isProved(lines[3]));
  });
}

/** Plays an exchange to its end: its last step, and whether the server proved itself. */
async function play(
  setup: SaslSetup,
  client: ScramClient,
  mechanism = scram("SHA-256", false),
) {
  const exchange = mechanism.begin(saslServer(setup));
  const first = await say(exchange, client.first());
  if (first.step.type !== "challenge") return { ...first, proved: false };
  const last = await say(exchange, client.final(first.text));
  return { ...last, proved: client.isProved(last.text) };
}

async function assertLogsIn(
  setup: SaslSetup,
  user: string,
  password: string,
  account: string,
): Promise<void> {
  const { step, proved } = await play(setup, new ScramClient(user, password));
  assert(step.type === "success", JSON.stringify(step));
  assertEquals(step.identity, { user: account });
  assert(proved);
}

Deno.test("right and wrong passwords, of users known by passwords or by records", async () => {
  const passwordHash = await makeScramRecord("secret");
  const other = await makeScramRecord("secret", { hash: "SHA-1" });
  const setups: SaslSetup[] = [
    {},
    {
      records: [
        { name: "alice", passwordHash },
        { name: "bob", passwordHash: "$argon2id$..." },
        { name: "carol", passwordHash: other },
      ],
    },
  ];
  for (const setup of setups) {
    await assertLogsIn(setup, "alice", "secret", "alice");
    for (const user of ["alice", "bob", "carol", "nobody"]) {
      const { step, proved } = await play(setup, new ScramClient(user, "no"));
      assertEquals(step, { type: "rejection", user });
      assert(!proved);
    }
    for (const user of ["bob", "carol", "nobody"]) {
      const { step } = await play(setup, new ScramClient(user, "secret"));
      assertEquals(step.type, "rejection");
    }
  }
  const client = new ScramClient("carol", "secret", { hash: "sha1" });
  const { step, proved } = await play(
    setups[1]!,
    client,
    scram("SHA-1", false),
  );
  assertEquals(step.type, "success");
  assert(proved);
});

Deno.test("names and passwords are prepared by SASLprep", async () => {
  const setup: SaslSetup = {
    passwords: { "IX": "pass\u00a0word", "a,b=c": "x", "zo\u00eb": "\u2168" },
  };
  // RFC 4013 § 3: U+2168 is IX, and a soft hyphen is nothing.
  await assertLogsIn(setup, "\u2168", "pass word", "IX");
  await assertLogsIn(setup, "I\u00adX", "pass word", "IX");
  await assertLogsIn(setup, "a=2Cb=3Dc", "x", "a,b=c");
  await assertLogsIn(setup, "zoe\u0308", "IX", "zo\u00eb");
});

Deno.test("a password that SASLprep does not allow is taken as it is", async () => {
  const password = "bell\u0007";
  await assertLogsIn(
    { passwords: { alice: password } },
    "alice",
    password,
    "alice",
  );
});

Deno.test("names without case have one salt", async () => {
  const setup: SaslSetup = { caseInsensitive: true, secret: "s" };
  await assertLogsIn(setup, "ALICE", "secret", "alice");
  for (const [a, b] of [["alice", "Alice"], ["nobody", "NOBODY"]] as const) {
    assertEquals(await saltOf(setup, a), await saltOf(setup, b));
  }
});

/** The salt and the iterations that a user is said to have. */
async function saltOf(setup: SaslSetup, user: string): Promise<string> {
  const exchange = scram("SHA-256", false).begin(saslServer(setup));
  const client = new ScramClient(user, "");
  client.final((await say(exchange, client.first())).text);
  return `${client.salt} ${client.iterations}`;
}

Deno.test("nobody looks like somebody, and the same each time", async () => {
  const passwordHash = await makeScramRecord("secret");
  const records = [{ name: "alice", passwordHash }];
  for (const setup of [{ secret: "s" }, { secret: "s", records }]) {
    const nobody = await saltOf(setup, "nobody");
    assertEquals(await saltOf(setup, "nobody"), nobody);
    const alice = await saltOf(setup, "alice");
    assertEquals(await saltOf(setup, "alice"), alice);
    assertEquals(alice.length, nobody.length);
    assertEquals(alice.split(" ")[1], nobody.split(" ")[1]);
    assertNotEquals(await saltOf(setup, "somebody"), nobody);
    assertNotEquals(await saltOf({ ...setup, secret: "t" }, "nobody"), nobody);
  }
  const options = { scramIterations: 5_000 };
  for (const user of ["alice", "nobody"]) {
    assertEquals((await saltOf({ options }, user)).split(" ")[1], "5000");
  }
});

Deno.test("the iterations are the server's own", async () => {
  const exchange = scram("SHA-256", false).begin(saslServer());
  const { text } = await say(exchange, "n,,n=alice,r=abc,i=1");
  assertEquals(/i=(\d+)$/.exec(text), null);
  const other = scram("SHA-256", false).begin(saslServer());
  assertEquals(
    /i=(\d+)$/.exec((await say(other, "n,,n=alice,r=abc,x=1")).text)?.[1],
    "4096",
  );
});

Deno.test("a password that is changed counts at once", async () => {
  const passwords: Record<string, string> = { alice: "one" };
  await assertLogsIn({ passwords, secret: "s" }, "alice", "one", "alice");
  const records = [{ name: "alice", password: "one" }];
  const setup = { records, options: { mechanisms: ["SCRAM-SHA-256"] } };
  const server = saslServer(setup);
  const tries = async (password: string) => {
    const exchange = scram("SHA-256", false).begin(server);
    const client = new ScramClient("alice", password);
    const { text } = await say(exchange, client.first());
    return (await say(exchange, client.final(text))).step.type;
  };
  assertEquals(await tries("one"), "success");
  records[0]!.password = "two";
  assertEquals(await tries("one"), "rejection");
  assertEquals(await tries("two"), "success");
});

Deno.test("each exchange has a nonce of its own, behind the client's", async () => {
  const nonces = new Set<string>();
  for (let n = 0; n < 50; n++) {
    const exchange = scram("SHA-256", false).begin(saslServer());
    const { text } = await say(exchange, "n,,n=alice,r=abc");
    const nonce = /^r=abc([\x21-\x2b\x2d-\x7e]{18,}),/.exec(text)?.[1];
    assert(nonce !== undefined, text);
    nonces.add(nonce);
  }
  assertEquals(nonces.size, 50);
});

Deno.test("a first message that is none, or names nobody", async () => {
  for (
    const message of [
      "",
      "n,,n=alice",
      "n,,m=x,n=alice,r=abc",
      "n,,n=al\u0007ice,r=abc",
      "n,,n=\u00ad,r=abc",
      "n,,n=\u0627\u0031,r=abc",
    ]
  ) {
    const exchange = scram("SHA-256", false).begin(saslServer());
    const { step } = await say(exchange, message);
    assertEquals(step.type, "failure", message);
  }
});

Deno.test("an optional extension changes nothing", async () => {
  const exchange = scram("SHA-256", false).begin(saslServer());
  const { step } = await say(exchange, "n,,n=alice,r=abc,x=1,Y=z=2");
  assertEquals(step.type, "challenge");
});

Deno.test("to act for another", async () => {
  const as = (authzid: string) =>
    play({}, new ScramClient("alice", "secret", { authzid }));
  assertEquals((await as("bob")).step.type, "refusal");
  assertEquals((await as("alice")).step.type, "success");
});

Deno.test("last messages that prove nothing", async () => {
  const client = () => new ScramClient("alice", "secret");
  const changes: Record<string, (final: string) => string> = {
    "nothing": () => "",
    "a changed nonce": (final) => final.replace(/,r=./, ",r=!"),
    "a cut nonce": (final) => final.replace(/(,r=[^,]+)[^,],p/, "$1,p"),
    "the client's nonce": (final) => final.replace(/,r=[^,]+/, ",r=abc"),
    "another c=": (final) => final.replace("c=biws", "c=eSws"),
    "c= of another user": (final) => final.replace("c=biws", "c=bixhPWJvYiw="),
    "c= without padding": (final) => final.replace("c=biws", "c=biwsAA"),
    "no c=": (final) => final.replace("c=biws,", ""),
    "no proof": (final) => final.replace(/,p=.*/, ""),
    "an empty proof": (final) => final.replace(/,p=.*/, ",p="),
    "half a proof": (final) => final.replace(/,p=.*/, ",p=AAAA"),
    "a long proof": (final) =>
      final.replace(/,p=.*/, `,p=${"AAAA".repeat(99)}`),
    "a proof of zeros": (final) =>
      final.replace(/,p=.*/, `,p=${new Uint8Array(32).toBase64()}`),
    "bad base64": (final) => final.replace(/.$/, "!"),
    "spare bits": (final) => final.replace(/.=$/, "B="),
    "a mandatory extension": (final) => final.replace(",p=", ",m=x,p="),
    "something behind the proof": (final) => `${final},x=1`,
    "an extension that was not proved": (final) =>
      final.replace(",p=", ",x=1,p="),
    "a huge message": (final) =>
      final.replace(",p=", `,x=${"y".repeat(9_000)},p=`),
    "NUL": (final) => `${final}\0`,
  };
  for (const [about, change] of Object.entries(changes)) {
    const exchange = scram("SHA-256", false).begin(saslServer());
    const one = client();
    const final = one.final((await say(exchange, one.first())).text);
    const changed = change(final);
    assertNotEquals(changed, final, about);
    const { step } = await say(exchange, changed);
    assertEquals(step, { type: "rejection", user: "alice" }, about);
  }
});

Deno.test("what was said in another exchange proves nothing", async () => {
  const options: ScramClientOptions = { nonce: "abc" };
  const server = saslServer();
  const mechanism = scram("SHA-256", false);
  const client = new ScramClient("alice", "secret", options);
  const one = mechanism.begin(server);
  const final = client.final((await say(one, client.first())).text);
  assertEquals((await say(one, final)).step.type, "success");
  const two = mechanism.begin(server);
  await say(two, client.first());
  assertEquals((await say(two, final)).step.type, "rejection");
});

Deno.test("-PLUS binds the channel", async () => {
  const plus = scram("SHA-256", true);
  const bound = (
    options: ScramClientOptions,
    mechanism = plus,
    setup: SaslSetup = BOUND,
  ) => play(setup, new ScramClient("alice", "secret", options), mechanism);
  const flag = "p=tls-server-end-point";
  const right = await bound({ flag, binding: BINDING });
  assertEquals(right.step.type, "success");
  assert(right.proved);
  assertEquals((await bound({ flag })).step.type, "rejection");
  const other = new Uint8Array(32);
  assertEquals((await bound({ flag, binding: other })).step.type, "rejection");
  for (const type of ["tls-unique", "tls-exporter", "x", "toString"]) {
    const { step } = await bound({ flag: `p=${type}`, binding: BINDING });
    assertEquals(step, {
      type: "failure",
      text: "unsupported-channel-binding-type",
    });
  }
  // RFC 5802 § 6: p goes with -PLUS, and nothing else does.
  assertEquals((await bound({ flag: "n" })).step.type, "failure");
  assertEquals((await bound({ flag: "y" })).step.type, "failure");
  const bare = scram("SHA-256", false);
  assertEquals(
    (await bound({ flag, binding: BINDING }, bare)).step.type,
    "failure",
  );
  // One that cannot may go on without; one that could has been lied to.
  assertEquals((await bound({ flag: "n" }, bare)).step.type, "success");
  assertEquals((await bound({ flag: "y" }, bare)).step, {
    type: "rejection",
    user: "alice",
  });
  assertEquals((await bound({ flag: "y" }, bare, {})).step.type, "success");
});

Deno.test("what is offered when", () => {
  const names = (setup: SaslSetup) =>
    offeredMechanisms(saslServer(setup)).map(({ name }) => name)
      .filter((name) => name.startsWith("SCRAM"));
  const { bindings, options } = BOUND;
  assertEquals(names({}), ["SCRAM-SHA-256", "SCRAM-SHA-1"]);
  assertEquals(names({ bindings }), ["SCRAM-SHA-256", "SCRAM-SHA-1"]);
  assertEquals(names({ options }), ["SCRAM-SHA-256", "SCRAM-SHA-1"]);
  assertEquals(names(BOUND), [
    "SCRAM-SHA-256-PLUS",
    "SCRAM-SHA-256",
    "SCRAM-SHA-1",
  ]);
  assertEquals(names({ records: [] }), []);
  const named = { mechanisms: ["PLAIN", "scram-sha-256"] };
  assertEquals(names({ records: [], options: named }), ["SCRAM-SHA-256"]);
  assertEquals(names({ options: { mechanisms: ["PLAIN"] } }), []);
});
