/** AUTH (RFC 4954): mail servers that log in before they deliver. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import {
  type ImapServer,
  MemoryStorage,
  serve,
  type ServeOptions,
} from "../../mod.ts";
import { testCertificate } from "../../testing/certificate.ts";
import { base64 } from "../sasl/talk.ts";
import { LineConnection } from "../sasl/login_lines.ts";
import { ScramClient } from "../sasl/scram_client.ts";
import { sourcesOf } from "./peer.ts";

/** A client of LMTP that has been greeted. */
class Agent implements Disposable {
  readonly #lines: LineConnection;

  private constructor(lines: LineConnection) {
    this.#lines = lines;
  }

  static async begin(conn: Deno.Conn): Promise<Agent> {
    return new Agent(await LineConnection.begin(conn));
  }

  /** Says a line and hears all lines of the reply. */
  async say(line: string): Promise<string> {
    let heard = await this.#lines.hears(line);
    let last = heard;
    while (/^\d{3}-/.test(last)) {
      last = await this.#lines.hear() ?? "";
      heard += `\n${last}`;
    }
    return heard;
  }

  /** What the server says of itself. */
  async hear(): Promise<string> {
    return await this.#lines.hear() ?? "";
  }

  [Symbol.dispose](): void {
    this.#lines[Symbol.dispose]();
  }
}

/** A server to which mx may deliver, and what its trace shows. */
async function withServer(
  body: (scene: {
    connect(): Promise<Agent>;
    socket(): Promise<Agent>;
    traced: string[];
    storage: MemoryStorage;
    server: ImapServer;
  }) => Promise<void>,
  options: Partial<ServeOptions> = {},
): Promise<void> {
  const folder = await Deno.makeTempDir();
  const path = join(folder, "lmtp");
  await using storage = new MemoryStorage();
  const traced: string[] = [];
  const faults: unknown[] = [];
  {
    await using server = serve({
      listeners: [{ kind: "lmtp", port: 0 }, { kind: "lmtp", path }],
      users: { mx: "secret", alice: "other" },
      delivery: { agents: ["mx"] },
      storage,
      limits: { failedLoginDelay: 0, loginWaitByAddress: 0 },
      onError: (error) => faults.push(error),
      onListen() {},
      trace: (_, way, line) => traced.push(`${way}: ${line}`),
      ...options,
    });
    const { port } = server.addr;
    await body({
      connect: async () => await Agent.begin(await Deno.connect({ port })),
      socket: async () =>
        await Agent.begin(await Deno.connect({ transport: "unix", path })),
      traced,
      storage,
      server,
    });
  }
  await Deno.remove(folder, { recursive: true });
  assertEquals(faults, []);
}

const PLAIN = base64("\0mx\0secret");

Deno.test("who delivers over a port logs in, by whatever mechanism there is", () =>
  withServer(async ({ connect, storage, traced }) => {
    {
      using agent = await connect();
      const hello = await agent.say("LHLO mx.example");
      assertMatch(hello, /^250 AUTH SCRAM-SHA-256 SCRAM-SHA-1 PLAIN LOGIN$/m);
      assertMatch(await agent.say("MAIL FROM:<a@b.example>"), /^530 5\.7\.0 /);
      assertMatch(await agent.say(`AUTH PLAIN ${PLAIN}`), /^235 2\.7\.0 /);
      assertMatch(await agent.say(`AUTH PLAIN ${PLAIN}`), /^503 5\.5\.1 /);
      const mail = "MAIL FROM:<a@b.example> AUTH=e+3Dmc2@example.com";
      assertMatch(await agent.say(mail), /^250 /);
      assertMatch(await agent.say("RCPT TO:<alice@b.example>"), /^250 /);
      assertMatch(await agent.say("DATA"), /^354 /);
      assertMatch(await agent.say("Subject: x\r\n\r\nHi\r\n."), /^250 /);
      const [source] = await sourcesOf(storage, "alice");
      assertMatch(new TextDecoder().decode(source), / with LMTPA id /);
      assertMatch(await agent.say("MAIL FROM:<> AUTH=<>"), /^250 /);
      assertMatch(await agent.say("RSET"), /^250 /);
      assertMatch(await agent.say("MAIL FROM:<> AUTH=a+b"), /^501 5\.5\.4 /);
      assertMatch(await agent.say("MAIL FROM:<> AUTH"), /^501 5\.5\.4 /);
    }
    {
      using agent = await connect();
      await agent.say("LHLO mx.example");
      const scram = new ScramClient("mx", "secret");
      assertEquals(await agent.say("auth scram-sha-256"), "334 ");
      const first = await agent.say(base64(scram.first()));
      const final = base64(scram.final(atob(first.slice(4))));
      const proof = await agent.say(final);
      assert(scram.isProved(atob(proof.slice(4))));
      assertMatch(await agent.say(""), /^235 /);
      assertMatch(await agent.say("MAIL FROM:<a@b.example>"), /^250 /);
      const all = traced.join("\n");
      assertMatch(all, /^C: AUTH \*\*\*$/m);
      assertMatch(all, /^C: auth \*\*\*\nS: 334 \nC: \*\*\*\nS: 334 \*\*\*$/m);
      for (const secret of [PLAIN, first.slice(4), final, proof.slice(4)]) {
        assert(!all.includes(secret), secret);
      }
    }
  }));

Deno.test("who does not prove to be one of them does not deliver", () =>
  withServer(async ({ connect, traced }) => {
    using agent = await connect();
    assertMatch(await agent.say(`AUTH PLAIN ${PLAIN}`), /^503 5\.5\.1 /);
    await agent.say("LHLO mx.example");
    const cases: readonly [line: string, reply: RegExp][] = [
      ["AUTH", /^501 5\.5\.4 /],
      [`AUTH PLAIN ${PLAIN} x`, /^501 5\.5\.4 /],
      ["AUTH NOPE", /^504 5\.5\.4 /],
      ["AUTH PLAIN AAA=BBB", /^501 5\.5\.2 /],
      ["AUTH PLAIN =", /^501 5\.5\.2 /],
      [`AUTH PLAIN ${base64("\0mx\0wrong")}`, /^535 5\.7\.8 /],
      [`AUTH PLAIN ${base64("\0nobody\0wrong")}`, /^535 5\.7\.8 /],
      // A user like others has no mail to deliver.
      [`AUTH PLAIN ${base64("\0alice\0other")}`, /^535 5\.7\.8 /],
      [PLAIN, /^500 5\.5\.1 /],
      ["AUTH LOGIN", /^334 VXNlcm5hbWU6$/],
      ["*", /^501 /],
      ["AUTH LOGIN", /^334 /],
      ["x".repeat(70_000), /^500 5\.5\.6 /],
      ["MAIL FROM:<a@b.example>", /^530 5\.7\.0 /],
      [`NOOP ${"x".repeat(5_000)}`, /^500 5\.5\.2 /],
      // A long response is no long command.
      [`AUTH PLAIN ${base64(`\0mx\0${"x".repeat(5_000)}`)}`, /^535 /],
    ];
    for (const [line, reply] of cases) {
      assertMatch(await agent.say(line), reply, line.slice(0, 80));
    }
    assert(!traced.join("\n").includes(PLAIN));
    assertMatch(await agent.say(`AUTH PLAIN ${PLAIN}`), /^235 /);
  }));

Deno.test("a login and its end are told to callbacks, and TLS comes before", async () => {
  const told: string[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  await withServer(async ({ connect }) => {
    {
      using agent = await connect();
      await agent.say("LHLO mx.example");
      assertMatch(await agent.say(`AUTH PLAIN ${PLAIN}`), /^235 /);
      assertMatch(await agent.say("STARTTLS"), /^503 5\.5\.1 /);
    }
    await promise;
  }, {
    tls: await testCertificate(),
    callbacks: {
      async login({ user, mechanism }, next) {
        told.push(`${user.name} ${mechanism}`);
        await next();
      },
      logout({ user }) {
        told.push(`${user.name} gone`);
        resolve();
      },
    },
  });
  assertEquals(told, ["mx PLAIN", "mx gone"]);
});

Deno.test("an agent who is no user any more is let go", () =>
  withServer(async ({ connect, server }) => {
    using agent = await connect();
    await agent.say("LHLO mx.example");
    assertMatch(await agent.say(`AUTH PLAIN ${PLAIN}`), /^235 /);
    assertMatch(await agent.say("NOOP"), /^250 /);
    server.reload({ users: { alice: "other" } });
    assertMatch(await agent.hear(), /^421 4\.7\.0 The user is disabled, gone/);
  }));

Deno.test("too many failures end the connection", () =>
  withServer(async ({ connect }) => {
    using agent = await connect();
    await agent.say("LHLO mx.example");
    const wrong = `AUTH PLAIN ${base64("\0mx\0wrong")}`;
    assertMatch(await agent.say(wrong), /^535 /);
    assertMatch(await agent.say(wrong), /^421 4\.7\.0 /);
  }, { limits: { failedLogins: 2, failedLoginDelay: 0 } }));

Deno.test("a socket in the file system is guarded by its mode, and without agents nobody logs in", async () => {
  await withServer(async ({ socket }) => {
    using agent = await socket();
    await agent.say("LHLO mx.example");
    assertMatch(await agent.say("MAIL FROM:<a@b.example>"), /^250 /);
  });
  await withServer(async ({ connect }) => {
    using agent = await connect();
    const hello = await agent.say("LHLO mx.example");
    assert(!hello.includes("AUTH"));
    assertMatch(await agent.say(`AUTH PLAIN ${PLAIN}`), /^502 5\.5\.1 /);
    assertMatch(await agent.say("MAIL FROM:<> AUTH=<>"), /^555 5\.5\.4 /);
    assertMatch(await agent.say("MAIL FROM:<a@b.example>"), /^250 /);
  }, { delivery: {} });
});
