import { assertEquals } from "@std/assert";
import type { Step } from "./exchange.ts";
import { kerberosV4 } from "./kerberos_v4.ts";
import { decryptPcbc, encryptDesBlock } from "./kerberos_v4_des.ts";
import type { SaslServer } from "./server.ts";

const KEY = Uint8Array.fromHex("133457799bbcdff1");
const SESSION_KEY = Uint8Array.fromHex("5b5a57676a56676e");
const TIME = 800_000_000;
const encoder = new TextEncoder();

/** A server that has keys of imap.mail@TEST and is asked at TIME. */
function serverWith(realms?: readonly string[]): SaslServer {
  const own = { service: "imap", instance: "mail" };
  return {
    backend: {
      mechanisms: new Set(["KERBEROS_V4"]),
      account: (user) =>
        Promise.resolve(
          ["alice", "ALICE"].includes(user)
            ? { user: "alice" }
            : user === "bob"
            ? { user }
            : undefined,
        ),
      kerberosV4: {
        realms,
        find: (realm, version) =>
          realm !== "TEST" || (version !== 3 && version !== 0) ? [] : [
            { ...own, key: Uint8Array.fromHex("0123456789abcdef") },
            { ...own, key: KEY },
          ],
      },
    },
    ...{ hostname: "localhost", secure: false, mayShowSecrets: false },
    ...{ clientCertificate: undefined, now: () => TIME * 1_000 },
    channelBinding: () => undefined,
  };
}

/** PCBC as it is defined: what is encrypted is the block, and the one before plain and encrypted. */
function encrypt(key: Uint8Array, plain: Uint8Array): Uint8Array {
  const encrypted = new Uint8Array(plain.length);
  let before = key;
  for (let at = 0; at < plain.length; at += 8) {
    const block = plain.slice(at, at + 8);
    const mixed = block.map((octet, index) => octet ^ before[index]!);
    encrypted.set(encryptDesBlock(key, mixed), at);
    before = block.map((octet, index) => octet ^ encrypted[at + index]!);
  }
  return encrypted;
}

const padded = (...octets: number[]) => {
  const bytes = new Uint8Array(Math.ceil(octets.length / 8) * 8);
  bytes.set(octets);
  return bytes;
};
const text = (
  ...texts: string[]
) => [...encoder.encode(texts.join("\0") + "\0")];
const number = (value: number, littleEndian: boolean) => {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, littleEndian);
  return [...bytes];
};

const USUAL = {
  ...{ version: 3, realm: "TEST", client: ["alice", "", "TEST"] },
  ...{ maker: ["alice", "", "TEST"], service: ["imap", "mail"] },
  ...{ begins: TIME - 600, life: 12, time: TIME, littleEndian: true },
  ...{ key: KEY, checksum: (nonce: number) => nonce },
};

/** A client's request, made of what is usual and what is not. */
function request(
  challenge: Uint8Array,
  unusual: Partial<typeof USUAL> = {},
): Uint8Array {
  const it = { ...USUAL, ...unusual };
  const nonce = new DataView(challenge.buffer).getUint32(0);
  const ticket = encrypt(
    it.key,
    padded(
      it.littleEndian ? 1 : 0,
      ...text(...it.client),
      ...[127, 0, 0, 1, ...SESSION_KEY, it.life],
      ...number(it.begins, it.littleEndian),
      ...text(...it.service),
    ),
  );
  const authenticator = encrypt(
    SESSION_KEY,
    padded(
      ...text(...it.maker),
      ...number(it.checksum(nonce), it.littleEndian),
      7,
      ...number(it.time, it.littleEndian),
    ),
  );
  return Uint8Array.of(
    ...[4, it.littleEndian ? 7 : 6, it.version, ...text(it.realm)],
    ...[ticket.length, authenticator.length, ...ticket, ...authenticator],
  );
}

/** What the client chooses at last. */
function choice(challenge: Uint8Array, user: string, layer = 1): Uint8Array {
  const octets = [...challenge, layer, 0, 0, 0, ...text(user)];
  return encrypt(SESSION_KEY, padded(...octets));
}

/** Talks up to the answer to a request. */
async function ask(
  make: (challenge: Uint8Array) => Uint8Array,
  realms?: readonly string[],
) {
  const exchange = kerberosV4.begin(serverWith(realms));
  const first = await exchange.next(undefined);
  const challenge = (first as { bytes: Uint8Array }).bytes;
  return { exchange, challenge, step: await exchange.next(make(challenge)) };
}

const SUCCESS: Step = { type: "success", identity: { user: "alice" } };

Deno.test("it is offered where it is switched on and there are keys", () => {
  const server = serverWith();
  const { kerberosV4: _, ...without } = server.backend!;
  const backend = { ...server.backend!, mechanisms: new Set(["PLAIN"]) };
  assertEquals(kerberosV4.isOffered(server), true);
  assertEquals(kerberosV4.isOffered({ ...server, backend: without }), false);
  assertEquals(kerberosV4.isOffered({ ...server, backend }), false);
});

Deno.test("RFC 1731 § 2: the server begins, proves itself, and lets the client in", async () => {
  for (const littleEndian of [true, false]) {
    for (const version of [3, 0]) {
      const { exchange, challenge, step } = await ask((challenge) =>
        request(challenge, { littleEndian, version })
      );
      assertEquals(challenge.length, 4);
      // One block in PCBC is what it is in any other mode, but for the vector.
      const proof = decryptPcbc(
        SESSION_KEY,
        (step as { bytes: Uint8Array }).bytes,
      )
        .map((octet, index) => octet ^ SESSION_KEY[index]!);
      const nonce = new DataView(challenge.buffer).getUint32(0);
      assertEquals([...proof], [...number(nonce + 1, false), 1, 0, 0, 0]);
      assertEquals(await exchange.next(choice(challenge, "alice")), SUCCESS);
    }
  }
});

Deno.test("two challenges are not the same", async () => {
  const challenges = await Promise.all(
    [1, 2, 3].map(async () => (await ask(request)).challenge.toHex()),
  );
  assertEquals(new Set(challenges).size, 3);
});

Deno.test("the number asked for may stand in the order of the network whatever the client's is", async () => {
  const { step } = await ask((challenge) =>
    request(challenge, {
      checksum: (nonce) =>
        new DataView(Uint8Array.from(number(nonce, true)).buffer).getUint32(0),
    })
  );
  assertEquals(step.type, "challenge");
});

for (
  const [what, unusual] of Object.entries<Partial<typeof USUAL>>({
    "the key of another service": { key: SESSION_KEY },
    "a version of the key that there is not": { version: 4 },
    "another realm": { realm: "ELSEWHERE" },
    "a ticket for another service": { service: ["smtp", "mail"] },
    "a ticket for another machine": { service: ["imap", "other"] },
    "an authenticator of somebody else's": { maker: ["bob", "", "TEST"] },
    "an authenticator of another instance": {
      maker: ["alice", "root", "TEST"],
    },
    "an authenticator of another realm": { maker: ["alice", "", "ELSEWHERE"] },
    "another number": { checksum: (nonce) => nonce ^ 1 },
    "a clock that is slow": { time: TIME - 301 },
    "a clock that is fast": { time: TIME + 301 },
    "a ticket that is not good yet": { begins: TIME + 301 },
    "a ticket that is not good any more": { begins: TIME - 3_601 },
    "a ticket of no length": { begins: TIME - 1, life: 0 },
  })
) {
  Deno.test(`${what} is rejected`, async () => {
    const { step } = await ask((challenge) => request(challenge, unusual));
    assertEquals(step.type, "rejection");
  });
}

for (
  const [what, unusual] of Object.entries<Partial<typeof USUAL>>({
    "a clock nearly too slow": { time: TIME - 300 },
    "a ticket nearly too old": { begins: TIME - 3_600 },
    "a ticket of 30 days": { begins: TIME - 2_592_000, life: 191 },
    "a ticket without end": { begins: 0, life: 255 },
    "a ticket of the service's realm, unnamed": { client: ["alice", "", ""] },
  })
) {
  Deno.test(`${what} is good`, async () => {
    const { step, exchange, challenge } = await ask((challenge) =>
      request(challenge, unusual)
    );
    assertEquals(step.type, "challenge");
    assertEquals(await exchange.next(choice(challenge, "")), SUCCESS);
  });
}

Deno.test("a request is good for its own challenge alone", async () => {
  const old = await ask(request);
  const { step } = await ask(() => request(old.challenge));
  assertEquals(step.type, "rejection");
});

Deno.test("one may name oneself and nobody else", async () => {
  for (
    const [user, type] of [
      ["", "success"],
      ["alice", "success"],
      ["ALICE", "success"],
      ["bob", "refusal"],
      ["nobody", "refusal"],
    ]
  ) {
    const { exchange, challenge } = await ask(request);
    const step = await exchange.next(choice(challenge, user!));
    assertEquals(step.type, type, user);
  }
});

Deno.test("principals with an instance, of another realm or without account are no users", async () => {
  for (
    const [client, realms] of [
      [["alice", "root", "TEST"]],
      [["alice", "", "ELSEWHERE"]],
      [["alice", "", "TEST"], ["ELSEWHERE"]],
      [["carol", "", "TEST"]],
    ] as [string[], string[]?][]
  ) {
    const { exchange, challenge } = await ask(
      (challenge) => request(challenge, { client, maker: client }),
      realms,
    );
    const step = await exchange.next(choice(challenge, "alice"));
    const [name, instance, realm] = client;
    const user = `${name}${instance && `.${instance}`}@${realm}`;
    assertEquals(step, { type: "rejection", user });
  }
  const { exchange, challenge } = await ask(
    (challenge) =>
      request(challenge, {
        client: ["alice", "", "ELSEWHERE"],
        maker: ["alice", "", "ELSEWHERE"],
      }),
    ["ELSEWHERE"],
  );
  assertEquals(await exchange.next(choice(challenge, "")), SUCCESS);
});

Deno.test("a choice without the session key, of protection, or malformed does not do", async () => {
  const outcome = async (make: (challenge: Uint8Array) => Uint8Array) => {
    const { exchange, challenge } = await ask(request);
    return (await exchange.next(make(challenge))).type;
  };
  assertEquals(await outcome(() => new Uint8Array(16)), "rejection");
  assertEquals(
    await outcome((challenge) => choice(challenge.map((o) => o ^ 1), "")),
    "rejection",
  );
  for (const layer of [0, 2, 4, 3, 5]) {
    const type = await outcome((challenge) => choice(challenge, "", layer));
    assertEquals(type, "failure");
  }
  for (const length of [0, 8, 15, 17, 520]) {
    assertEquals(await outcome(() => new Uint8Array(length)), "failure");
  }
  const unended = await outcome((challenge) =>
    encrypt(
      SESSION_KEY,
      Uint8Array.of(
        ...challenge,
        1,
        0,
        0,
        0,
        ...encoder.encode("alicealice".slice(0, 8)),
      ),
    )
  );
  assertEquals(unended, "failure");
});

Deno.test("what is no request is a failure, as is to begin with one", async () => {
  for (
    const bytes of [new Uint8Array(0), new Uint8Array(100), encoder.encode("*")]
  ) {
    assertEquals((await ask(() => bytes)).step.type, "failure");
  }
  const exchange = kerberosV4.begin(serverWith());
  const step = await exchange.next(request(new Uint8Array(4)));
  assertEquals(step.type, "failure");
});
