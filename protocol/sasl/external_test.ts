import { assertEquals } from "@std/assert";
import { external } from "./external.ts";
import type { ClientCertificate, SaslServer } from "./server.ts";

const encoder = new TextEncoder();
const CERTIFICATE: ClientCertificate = {
  commonNames: ["Alice"],
  emails: ["alice@example.org"],
  fingerprint: "00",
};

/** A server where every certificate is alice's. */
function serverWith(more: Partial<SaslServer> = {}): SaslServer {
  return {
    backend: {
      mechanisms: new Set(["EXTERNAL"]),
      account: () => Promise.resolve(undefined),
      certificate: (certificate, authzid) => {
        assertEquals(certificate, CERTIFICATE);
        const right = authzid === "" || authzid === "alice";
        return Promise.resolve(right ? { user: "alice" } : undefined);
      },
    },
    hostname: "localhost",
    secure: true,
    mayShowSecrets: true,
    clientCertificate: CERTIFICATE,
    now: Date.now,
    channelBinding: () => undefined,
    ...more,
  };
}

Deno.test("the examples of RFC 4422 appendix A.2", async () => {
  const exchange = external.begin(serverWith());
  const empty = new Uint8Array(0);
  assertEquals(await exchange.next(undefined), {
    type: "challenge",
    bytes: empty,
  });
  const success = { type: "success", identity: { user: "alice" } } as const;
  assertEquals(await exchange.next(empty), success);
  const say = (text: string) =>
    external.begin(serverWith()).next(encoder.encode(text));
  assertEquals(await say("alice"), success);
  assertEquals(await say("fred@example.com"), {
    type: "rejection",
    user: "fred@example.com",
  });
});

Deno.test("a name that cannot be is refused", async () => {
  const bytes = [
    encoder.encode("ali\0ce"),
    Uint8Array.of(0x61, 0xff),
    encoder.encode("a".repeat(2_000)),
  ];
  for (const response of bytes) {
    const step = await external.begin(serverWith()).next(response);
    assertEquals(step.type, "failure");
  }
});

Deno.test("nobody's certificate", async () => {
  const backend = {
    ...serverWith().backend!,
    certificate: () => Promise.resolve(undefined),
  };
  const exchange = external.begin(serverWith({ backend }));
  assertEquals(await exchange.next(new Uint8Array(0)), {
    type: "rejection",
    user: undefined,
  });
});

Deno.test("offered to who has shown a certificate, where it can be told whose it is", () => {
  const { backend } = serverWith();
  const offered = (more: Partial<SaslServer>) =>
    external.isOffered(serverWith(more));
  assertEquals(offered({}), true);
  assertEquals(offered({ clientCertificate: undefined }), false);
  assertEquals(offered({ backend: undefined }), false);
  const without = { ...backend!, certificate: undefined };
  assertEquals(offered({ backend: without }), false);
  const off = { ...backend!, mechanisms: new Set<string>() };
  assertEquals(offered({ backend: off }), false);
});
