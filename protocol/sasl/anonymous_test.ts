import { assertEquals } from "@std/assert";
import { anonymous } from "./anonymous.ts";
import type { SaslServer } from "./server.ts";

const encoder = new TextEncoder();

function serverWith(more: Partial<SaslServer> = {}): SaslServer {
  return {
    backend: {
      mechanisms: new Set(["ANONYMOUS"]),
      account: () => Promise.resolve(undefined),
      anonymous: () => Promise.resolve({ user: "public" }),
    },
    hostname: "localhost",
    secure: false,
    mayShowSecrets: false,
    clientCertificate: undefined,
    now: Date.now,
    channelBinding: () => undefined,
    ...more,
  };
}

const say = (text: string) =>
  anonymous.begin(serverWith()).next(encoder.encode(text));

const identity = { user: "public", anonymous: true };

Deno.test("the example of RFC 4505 § 4", async () => {
  const exchange = anonymous.begin(serverWith());
  const empty = new Uint8Array(0);
  assertEquals(await exchange.next(undefined), {
    type: "challenge",
    bytes: empty,
  });
  assertEquals(await exchange.next(Uint8Array.fromBase64("c2lyaGM=")), {
    type: "success",
    identity,
    trace: "sirhc",
  });
});

Deno.test("a trace of up to 255 characters, whatever their bytes, or none", async () => {
  assertEquals(await say(""), { type: "success", identity });
  for (const trace of ["𝒳".repeat(255), "a@example.org", "Zoë B."]) {
    assertEquals(await say(trace), { type: "success", identity, trace });
  }
});

Deno.test("a trace that forges lines, turns text around or has no end is refused", async () => {
  const wrong = [
    "a\r\nb",
    "a\0",
    "\x7f",
    "\x85",
    "a\u2028b",
    "\u202egro",
    "\u2066x",
    "\u200f",
    "\ufeffa",
    "\ue000",
    "\ufdd0",
    "\u{1ffff}",
    "\u{e0041}",
    "\ufffd",
    "a".repeat(256),
    "é".repeat(256),
    "a".repeat(100_000),
  ];
  for (const trace of wrong) {
    assertEquals((await say(trace)).type, "failure", JSON.stringify(trace));
  }
  const step = await anonymous.begin(serverWith()).next(Uint8Array.of(0xff));
  assertEquals(step.type, "failure");
});

Deno.test("no account, no login", async () => {
  const backend = {
    ...serverWith().backend!,
    anonymous: () => Promise.resolve(undefined),
  };
  const exchange = anonymous.begin(serverWith({ backend }));
  assertEquals(await exchange.next(new Uint8Array(0)), {
    type: "rejection",
    user: undefined,
  });
});

Deno.test("offered only where there is an account for it", () => {
  const { backend } = serverWith();
  const offered = (more: Partial<SaslServer>) =>
    anonymous.isOffered(serverWith(more));
  assertEquals(offered({}), true);
  assertEquals(offered({ backend: undefined }), false);
  assertEquals(
    offered({ backend: { ...backend!, anonymous: undefined } }),
    false,
  );
  const off = { ...backend!, mechanisms: new Set<string>() };
  assertEquals(offered({ backend: off }), false);
});
