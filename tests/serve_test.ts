import { assert, assertEquals, assertMatch, assertNotMatch } from "@std/assert";
import { makeCertificate } from "../server/tls/self_signed.ts";
import { type ImapServer, serve, type ServeOptions } from "../server/mod.ts";

const tls = await makeCertificate();
const users = { alice: "secret", bob: "geheim" };

function start(options: ServeOptions = {}): ImapServer {
  return serve({ port: 0, users, onListen: () => {}, ...options });
}

/** A client that sends lines and waits for the end of what it asked for. */
class Client implements Disposable {
  #conn: Deno.TcpConn | Deno.TlsConn;
  #text = "";
  #tag = 0;

  private constructor(conn: Deno.TcpConn | Deno.TlsConn) {
    this.#conn = conn;
  }

  static async open(server: ImapServer): Promise<Client> {
    const { hostname, port } = server.addr;
    const client = new Client(await Deno.connect({ hostname, port }));
    assertMatch(await client.until(/^\* .*\r\n/), /^\* OK /);
    return client;
  }

  /** What came until it matches, or until the connection ended. */
  async until(pattern: RegExp): Promise<string> {
    const buffer = new Uint8Array(4096);
    while (!pattern.test(this.#text)) {
      const count = await this.#conn.read(buffer).catch(() => null);
      if (count === null) break;
      this.#text += new TextDecoder().decode(buffer.subarray(0, count));
    }
    const text = this.#text;
    this.#text = "";
    return text;
  }

  async send(text: string): Promise<void> {
    await this.#conn.write(new TextEncoder().encode(text));
  }

  async ask(command: string): Promise<string> {
    const tag = `t${++this.#tag}`;
    await this.send(`${tag} ${command}\r\n`);
    return await this.until(new RegExp(`^${tag} .*\r\n`, "m"));
  }

  async startTls(): Promise<void> {
    this.#conn = await Deno.startTls(this.#conn as Deno.TcpConn, {
      hostname: "localhost",
      caCerts: [tls.cert],
    });
  }

  [Symbol.dispose](): void {
    this.#conn.close();
  }
}

Deno.test("a user logs in and finds an INBOX", async () => {
  await using server = start();
  using client = await Client.open(server);
  assertMatch(await client.ask("LOGIN alice secret"), /^t1 OK/m);
  assertMatch(await client.ask("SELECT INBOX"), /\* 0 EXISTS[^]*OK/);
  assertMatch(await client.ask("LOGOUT"), /\* BYE[^]*OK/);
  assertEquals(await client.until(/./), "");
});

Deno.test("two users have mailboxes of their own", async () => {
  await using server = start();
  using alice = await Client.open(server);
  using bob = await Client.open(server);
  await alice.ask("LOGIN alice secret");
  await bob.ask("LOGIN bob geheim");
  await alice.ask("CREATE hers");
  assertMatch(await alice.ask('LIST "" *'), /hers/);
  assertNotMatch(await bob.ask('LIST "" *'), /hers/);
});

Deno.test("STARTTLS: the session goes on under TLS, which cannot start twice", async () => {
  await using server = start({ tls });
  using client = await Client.open(server);
  assertMatch(await client.ask("CAPABILITY"), /STARTTLS/);
  assertMatch(await client.ask("STARTTLS"), /OK/);
  await client.startTls();
  assertNotMatch(await client.ask("CAPABILITY"), /STARTTLS/);
  assertMatch(await client.ask("STARTTLS"), /BAD/);
  assertMatch(await client.ask("LOGIN alice secret"), /OK/);
});

Deno.test("STARTTLS: what came before the handshake is never answered", async () => {
  await using server = start({ tls });
  using client = await Client.open(server);
  await client.send("a STARTTLS\r\nb NOOP\r\n");
  const heard = await client.until(/^b /m);
  assertNotMatch(heard, /^b /m);
});

Deno.test("shutdown says BYE to sessions", async () => {
  const server = start();
  using client = await Client.open(server);
  await client.ask("LOGIN alice secret");
  const stopped = server.shutdown();
  assertMatch(await client.until(/^\* BYE.*\r\n/m), /^\* BYE/m);
  await stopped;
});

Deno.test("a user with too many sessions is refused, others are not", async () => {
  await using server = start({ maxConnectionsPerUser: 1 });
  using first = await Client.open(server);
  assertMatch(await first.ask("LOGIN alice secret"), /^t1 OK/m);
  using second = await Client.open(server);
  assertNotMatch(await second.ask("LOGIN alice secret"), /^t1 OK/m);
  using third = await Client.open(server);
  assertMatch(await third.ask("LOGIN bob geheim"), /^t1 OK/m);
  assertMatch(await first.ask("NOOP"), /^t2 OK/m);
});

Deno.test("a capability that is disabled is neither offered nor there", async () => {
  await using server = start({ capabilities: { disable: ["idle"] } });
  using client = await Client.open(server);
  await client.ask("LOGIN alice secret");
  assertNotMatch(await client.ask("CAPABILITY"), /\bIDLE\b/);
  assertMatch(await client.ask("IDLE"), /BAD/);
});

Deno.test("a trace shows the lines and no password", async () => {
  const lines: string[] = [];
  await using server = start({
    trace: (_, direction, line) => lines.push(`${direction} ${line}`),
  });
  using client = await Client.open(server);
  await client.ask("LOGIN alice secret");
  assert(lines.some((line) => line.startsWith("S * OK")));
  assert(lines.some((line) => line.startsWith("C t1 LOGIN")));
  assert(!lines.some((line) => line.includes("secret")));
});
