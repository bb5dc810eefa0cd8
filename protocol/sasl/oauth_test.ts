import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Step } from "./exchange.ts";
import { oauthbearer } from "./oauthbearer.ts";
import type { Mechanism, SaslServer, TokenRefusal } from "./server.ts";
import { xoauth2 } from "./xoauth2.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

const REFUSAL: TokenRefusal = {
  status: "invalid_token",
  scope: "example_scope",
  configuration: "https://example.com/.well-known/openid-configuration",
};

interface Told extends SaslServer {
  /** What the backend was asked. */
  readonly asked: [token: string, user: string | undefined][];
}

/** A server where the token `good` is alice's. */
function serverWith(refusal: TokenRefusal = REFUSAL, more = {}): Told {
  const asked: Told["asked"] = [];
  return {
    asked,
    backend: {
      mechanisms: new Set(["OAUTHBEARER", "XOAUTH2"]),
      account: () => Promise.resolve(undefined),
      token(token, user) {
        asked.push([token, user]);
        return Promise.resolve(token === "good" ? { user: "alice" } : refusal);
      },
    },
    hostname: "localhost",
    secure: true,
    mayShowSecrets: true,
    clientCertificate: undefined,
    now: Date.now,
    channelBinding: () => undefined,
    ...more,
  };
}

function begin(mechanism: Mechanism, server: SaslServer, text: string) {
  return mechanism.begin(server).next(encoder.encode(text));
}

/** What an error says, and of whom. */
function errorIn(step: Step): [user: string | undefined, error: unknown] {
  assert(step.type === "rejection" && step.bytes !== undefined);
  return [step.user, JSON.parse(decoder.decode(step.bytes))];
}

Deno.test("the message of RFC 7628 § 4.1", async () => {
  const server = serverWith();
  const message = Uint8Array.fromBase64(
    "bixhPXVzZXJAZXhhbXBsZS5jb20sAWhvc3Q9c2VydmVyLmV4YW1wbGUuY29tAXBvcnQ9MTQzAWF1dGg9QmVhcmVyI" +
      "HZGOWRmdDRxbVRjMk52YjNSbGNrQmhiSFJoZG1semRHRXVZMjl0Q2c9PQEB",
  );
  await oauthbearer.begin(server).next(message);
  assertEquals(server.asked, [
    ["vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==", "user@example.com"],
  ]);
});

Deno.test("the error of RFC 7628 § 4.3", async () => {
  const message = Uint8Array.fromBase64(
    "bixhPXVzZXJAZXhhbXBsZS5jb20sAWhvc3Q9c2VydmVyLmV4YW1wbGUuY29tAXBvcnQ9MTQzAWF1dGg9AQE=",
  );
  const step = await oauthbearer.begin(serverWith()).next(message);
  assertEquals(errorIn(step), ["user@example.com", {
    status: "invalid_token",
    scope: "example_scope",
    "openid-configuration":
      "https://example.com/.well-known/openid-configuration",
  }]);
});

Deno.test("a client that sends nothing along is asked to begin", async () => {
  for (const mechanism of [oauthbearer, xoauth2]) {
    const exchange = mechanism.begin(serverWith());
    assertEquals(await exchange.next(undefined), {
      type: "challenge",
      bytes: new Uint8Array(0),
    });
    const text = "n,a=alice,\x01auth=Bearer good\x01\x01";
    const own = "user=alice\x01auth=Bearer good\x01\x01";
    const step = await exchange.next(
      encoder.encode(mechanism === oauthbearer ? text : own),
    );
    assertEquals(step, { type: "success", identity: { user: "alice" } });
  }
});

Deno.test("the scheme in any case, names escaped or none, and keys that nobody knows", async () => {
  const messages: [text: string, user: string | undefined][] = [
    ["n,,\x01auth=Bearer good\x01\x01", undefined],
    ["y,a=alice,\x01auth=bearer good\x01\x01", "alice"],
    ["n,a=a=2Cb=3Dc,\x01auth=BEARER   good\x01\x01", "a,b=c"],
    ["n,a=Ölaf,\x01auth=BeArEr good\x01Zz=a=b\x01mthd=\x01\x01", "Ölaf"],
    ["n,a=bob,\x01host=h\x01port=993\x01auth=Bearer good\x01\x01", "bob"],
  ];
  for (const [text, user] of messages) {
    const server = serverWith();
    assertEquals((await begin(oauthbearer, server, text)).type, "success");
    assertEquals(server.asked, [["good", user]]);
  }
});

Deno.test("what is no OAUTHBEARER is refused before a token is looked at", async () => {
  const server = serverWith();
  for (
    const text of [
      "",
      "\x01",
      "n,a=alice,",
      "n,a=alice,\x01",
      "n,a=alice,\x01\x01",
      "n,a=alice,\x01auth=Bearer good\x01",
      "n,a=alice,\x01auth=Bearer good",
      "n,a=alice,\x01auth=Bearer good\x01\x01\x01",
      "n,a=alice,\x01auth=Bearer good\x01\x01x",
      "n,a=alice,\x01auth=Bearer good\x01auth=Bearer good\x01\x01",
      "n,a=alice,\x01host=x\x01\x01",
      "n,a=alice\x01auth=Bearer good\x01\x01",
      "n,user=alice,\x01auth=Bearer good\x01\x01",
      "n,a=,\x01auth=Bearer good\x01\x01",
      "n,a=a=b,\x01auth=Bearer good\x01\x01",
      "n,a=a\0b,\x01auth=Bearer good\x01\x01",
      "p=tls-exporter,a=alice,\x01auth=Bearer good\x01\x01",
      "F,n,a=alice,\x01auth=Bearer good\x01\x01",
      "x,,\x01auth=Bearer good\x01\x01",
      "n,,\x01=x\x01auth=Bearer good\x01\x01",
      "n,,\x01a1=x\x01auth=Bearer good\x01\x01",
      "n,,\x01auth\x01\x01",
      "n,,\x01auth=Bearer good\x01host=\xe9\x01\x01",
      "n,,\x01auth=Bearer good\x01host=a\0\x01\x01",
      `n,,\x01auth=Bearer ${"x".repeat(40_000)}\x01\x01`,
    ]
  ) {
    const step = await begin(oauthbearer, server, text);
    assertEquals(step.type, "failure", JSON.stringify(text));
  }
  const invalid = Uint8Array.of(0x6e, 0x2c, 0xff, 0x2c, 1, 1);
  const step = await oauthbearer.begin(server).next(invalid);
  assertEquals(step.type, "failure");
  assertEquals(server.asked, []);
});

Deno.test("what is no bearer token is asked about as none", async () => {
  for (const auth of ["", "Bearer", "Bearer ", "OAuth x", "Bearer a b", "x"]) {
    const server = serverWith();
    const text = `n,a=alice,\x01auth=${auth}\x01\x01`;
    const [user] = errorIn(await begin(oauthbearer, server, text));
    assertEquals([user, server.asked], ["alice", [["", "alice"]]]);
  }
});

Deno.test("XOAUTH2 as its documents have it", async () => {
  const server = serverWith();
  const message = Uint8Array.fromBase64(
    "dXNlcj1zb21ldXNlckBleGFtcGxlLmNvbQFhdXRoPUJlYXJlciB5YTI5LnZGOWRmdDRxbVRjMk52YjNSbGNrQmhkSFJoZG1semRHRXVZMjl0Q2cBAQ==",
  );
  const step = await xoauth2.begin(server).next(message);
  assertEquals(server.asked, [
    ["ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg", "someuser@example.com"],
  ]);
  assertEquals(errorIn(step), [
    "someuser@example.com",
    { status: "401", schemes: "bearer", scope: "example_scope" },
  ]);
});

Deno.test("XOAUTH2 tells other refusals by their status", async () => {
  const text = "user=alice\x01auth=Bearer bad\x01\x01";
  for (
    const [status, code] of [
      ["insufficient_scope", "403"],
      ["temporarily_unavailable", "400"],
    ] as const
  ) {
    const step = await begin(xoauth2, serverWith({ status }), text);
    assertEquals(errorIn(step)[1], { status: code, schemes: "bearer" });
  }
});

Deno.test("what is no XOAUTH2 is refused before a token is looked at", async () => {
  const server = serverWith();
  for (
    const text of [
      "",
      "\x01",
      "\x01\x01",
      "user=alice\x01auth=Bearer good\x01",
      "user=alice\x01\x01",
      "user=\x01auth=Bearer good\x01\x01",
      "auth=Bearer good\x01\x01",
      "user=a\0b\x01auth=Bearer good\x01\x01",
      "user=a\nb\x01auth=Bearer good\x01\x01",
      "user=alice\x01user=bob\x01auth=Bearer good\x01\x01",
      "n,a=alice,\x01auth=Bearer good\x01\x01",
    ]
  ) {
    const step = await begin(xoauth2, server, text);
    assertEquals(step.type, "failure", JSON.stringify(text));
  }
  assertEquals(server.asked, []);
});

Deno.test("offered where a token can be checked and may cross", () => {
  for (const mechanism of [oauthbearer, xoauth2]) {
    const offered = (more: object) =>
      mechanism.isOffered(serverWith(REFUSAL, more));
    const { backend } = serverWith();
    assertEquals(offered({}), true);
    assertEquals(offered({ mayShowSecrets: false }), false);
    assertEquals(offered({ backend: undefined }), false);
    const others = new Set(["PLAIN"]);
    assertEquals(
      offered({ backend: { ...backend, mechanisms: others } }),
      false,
    );
    assertEquals(offered({ backend: { ...backend, token: undefined } }), false);
  }
});

Deno.test("whatever bytes come, they are taken for a token or refused", async () => {
  const piece = fc.oneof(
    fc.constantFrom("n,", "a=", ",", "\x01", "auth=", "Bearer ", "user=", "="),
    fc.string({ unit: "binary", maxLength: 8 }),
  );
  const text = fc.array(piece, { maxLength: 12 }).map((all) => all.join(""));
  await fc.assert(fc.asyncProperty(text, async (text) => {
    for (const mechanism of [oauthbearer, xoauth2]) {
      const step = await begin(mechanism, serverWith(), text);
      assert(["failure", "rejection", "success"].includes(step.type));
    }
  }));
});
