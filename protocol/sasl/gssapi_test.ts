import { assertEquals } from "@std/assert";
import type { Step } from "./exchange.ts";
import { gssapi } from "./gssapi.ts";
import type { GssContext, SaslServer } from "./server.ts";

const encoder = new TextEncoder();

/** A server with a context that is established by the token `ticket`, or by `more` and `ticket`. */
function serverWith(context: Partial<GssContext> = {}, reply = "") {
  const made: string[] = [];
  const server: SaslServer = {
    backend: {
      mechanisms: new Set(["GSSAPI"]),
      account: (user) =>
        Promise.resolve(
          ["alice", "ALICE"].includes(user)
            ? { user: "alice" }
            : user === "bob"
            ? { user }
            : undefined,
        ),
      gssapi: () => {
        made.push("begin");
        return {
          accept: (token) => {
            const text = new TextDecoder().decode(token);
            if (text === "forged") return Promise.reject(new Error(text));
            const established = text === "ticket";
            const answer = established ? reply : "continue";
            return Promise.resolve({
              token: encoder.encode(answer),
              established,
            });
          },
          ...{ principal: "alice@TEST", user: "alice" },
          wrap: (message) => Uint8Array.of(0x77, ...message),
          unwrap: (message) => {
            if (message[0] !== 0x77) throw new Error("Forged");
            return message.subarray(1);
          },
          close: () => made.push("close"),
          ...context,
        };
      },
    },
    ...{ hostname: "localhost", secure: false, mayShowSecrets: false },
    ...{ clientCertificate: undefined, now: () => 0 },
    channelBinding: () => undefined,
  };
  return { server, made };
}

type Response = string | Uint8Array | undefined;

/** Runs an exchange with these responses; gives all steps. */
async function talk(
  server: SaslServer,
  ...responses: readonly Response[]
): Promise<Step[]> {
  const exchange = gssapi.begin(server);
  const steps: Step[] = [];
  for (const response of responses) {
    steps.push(
      await exchange.next(
        typeof response === "string" ? encoder.encode(response) : response,
      ),
    );
  }
  exchange.close?.();
  return steps;
}

const challenge = (bytes: string | Uint8Array): Step => ({
  type: "challenge",
  bytes: typeof bytes === "string" ? encoder.encode(bytes) : bytes,
});

/** What the client chooses at last, wrapped. */
const choice = (authzid: string, ...layer: number[]) =>
  Uint8Array.of(
    0x77,
    ...(layer.length > 0 ? layer : [1, 0, 0, 0]),
    ...encoder.encode(authzid),
  );

const OFFER = challenge(Uint8Array.of(0x77, 1, 0, 0, 0));
const SUCCESS: Step = { type: "success", identity: { user: "alice" } };

Deno.test("it is offered where it is switched on and there is a keytab", () => {
  const { server } = serverWith();
  const { gssapi: _, ...without } = server.backend!;
  const backend = { ...server.backend!, mechanisms: new Set(["PLAIN"]) };
  assertEquals(gssapi.isOffered(server), true);
  assertEquals(gssapi.isOffered({ ...server, backend: without }), false);
  assertEquals(gssapi.isOffered({ ...server, backend: undefined }), false);
  assertEquals(gssapi.isOffered({ ...server, backend }), false);
});

Deno.test("RFC 4752 § 3.2: what comes with the last token is acknowledged before the layers", async () => {
  const { server, made } = serverWith({}, "mutual");
  assertEquals(
    await talk(server, undefined, "more", "ticket", "", choice("alice")),
    [challenge(""), challenge("continue"), challenge("mutual"), OFFER, SUCCESS],
  );
  assertEquals(made, ["begin", "close"]);
  assertEquals(
    (await talk(server, "ticket", "something")).at(-1)?.type,
    "failure",
  );
});

Deno.test("RFC 4752 § 3.2: without such, the layers come at once", async () => {
  const { server } = serverWith();
  assertEquals(await talk(server, "ticket", choice("")), [OFFER, SUCCESS]);
});

Deno.test("a client may name itself, however it is written, with the NUL of C or without", async () => {
  const { server } = serverWith();
  for (const authzid of ["alice", "ALICE", "alice\0"]) {
    assertEquals(
      (await talk(server, "ticket", choice(authzid))).at(-1),
      SUCCESS,
    );
  }
  for (const authzid of ["bob", "nobody", "alice\0\0", "alice\0bob", "\0\0"]) {
    const [, step] = await talk(server, "ticket", choice(authzid));
    assertEquals(step?.type, "refusal", authzid);
  }
});

Deno.test("a layer that was not offered, and a size without a layer, are failures", async () => {
  const { server } = serverWith();
  for (
    const layer of [
      [2, 0, 0, 0],
      [3, 0, 0, 0],
      [0, 0, 0, 0],
      [1, 0, 0, 1],
      [1, 255, 255, 255],
      [1, 0, 0],
    ]
  ) {
    const [, step] = await talk(server, "ticket", choice("", ...layer));
    assertEquals(step?.type, "failure", String(layer));
  }
});

Deno.test("a forged token and a forged choice are rejected", async () => {
  const { server } = serverWith();
  const rejection = (user: string | undefined): Step => ({
    type: "rejection",
    user,
  });
  assertEquals(await talk(server, "forged"), [rejection(undefined)]);
  assertEquals(
    (await talk(server, "ticket", "forged")).at(-1),
    rejection("alice@TEST"),
  );
  const latin1 = Uint8Array.of(...choice(""), 0xe9);
  assertEquals(
    (await talk(server, "ticket", latin1)).at(-1),
    rejection("alice@TEST"),
  );
});

Deno.test("principals who are no users here are rejected, whomever they want to be", async () => {
  for (
    const context of [
      { principal: "alice@ELSEWHERE", user: undefined },
      { principal: "carol@TEST", user: "carol" },
    ]
  ) {
    const { server } = serverWith(context);
    for (const authzid of ["", "alice"]) {
      assertEquals((await talk(server, "ticket", choice(authzid))).at(-1), {
        type: "rejection",
        user: context.principal,
      });
    }
  }
});

Deno.test("tokens have an end: empty ones, huge ones, and more and more", async () => {
  const { server, made } = serverWith();
  assertEquals((await talk(server, undefined, ""))[1]?.type, "failure");
  const huge = new Uint8Array(65_537);
  assertEquals((await talk(server, huge))[0]?.type, "failure");
  assertEquals(made, []);
  const steps = await talk(server, ...Array(6).fill("more"));
  assertEquals(
    steps.map(({ type }) => type),
    [...Array(5).fill("challenge"), "failure"],
  );
});
