/** `imapd serve` as a process: its lines, its lock, its signals, its restart for Deno KV. */

import {
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { makeCertificate } from "../../../server/tls/self_signed.ts";
import { Wire } from "../../hostile/wire.ts";
import {
  imapd,
  login,
  startServer,
  startWith,
  withFolder,
} from "../../cli/run.ts";

const ROOT = fromFileUrl(new URL("../../..", import.meta.url));

Deno.test("it tells where it listens, makes a first user, and stops on SIGTERM", () =>
  withFolder(async (dir) => {
    const kv = ["--kv", join(dir, "imapd.kv")];
    const server = await startServer(...kv);
    assertMatch(server.listening[0]!, /^listening imap 127\.0\.0\.1:\d+$/);
    assertMatch(server.listening[1]!, /^listening imaps 127\.0\.0\.1:\d+$/);
    assertEquals(server.listening.length, 2);
    const password = /password: +(\S+)/.exec(server.err)![1]!;
    assertEquals(await login(server, "user", password), true);
    for (const name of ["imapd.kv", "imapd.key"]) {
      const { mode } = await Deno.stat(join(dir, name));
      assertEquals(mode! & 0o777, 0o600, name);
    }
    assertEquals(await server.stop("SIGTERM"), 0);
    const again = await startServer(...kv);
    assertEquals(await login(again, "user", password), true);
    assertEquals(await again.stop("SIGINT"), 0);
    assertEquals(again.err.includes("password:"), false);
  }));

Deno.test("a database has one process, also after one was killed", () =>
  withFolder(async (dir) => {
    const kv = ["--kv", join(dir, "imapd.kv")];
    const server = await startServer(...kv, "--user", "alice:secret");
    const { status, err } = await imapd("user", "list", ...kv);
    assertEquals(status, 1);
    assertStringIncludes(err, "stop the server that runs on it first");
    await server.stop("SIGKILL");
    await using again = await startServer(...kv, "--user", "alice:secret");
    assertEquals(await login(again, "alice", "secret"), true);
  }));

Deno.test("SIGHUP reads users and certificate again; what is wrong changes nothing", () =>
  withFolder(async (dir) => {
    const file = join(dir, "imapd.yaml");
    const write = (users: string) =>
      Deno.writeTextFile(
        file,
        'kv: ":memory:"\nstorageLimits: { maxMailboxes: 2 }\n' +
          `users: ${users}\n`,
      );
    await write("{ alice: secret }");
    await using server = await startServer("--config", file);
    assertEquals(await login(server, "bob", "secret"), false);
    {
      using wire = await Wire.open(server.port);
      await wire.ask("a LOGIN alice secret");
      assertMatch(await wire.ask("b CREATE one"), /^b OK/m);
      assertMatch(await wire.ask("c CREATE two"), /^c NO \[LIMIT\]/m);
    }
    await write("{ bob: secret }\nquirks: [{ match: {}, greeting: changed }]");
    server.signal("SIGHUP");
    await server.logged("reloaded");
    assertEquals(await login(server, "alice", "secret"), false);
    assertEquals(await login(server, "bob", "secret"), true);
    assertMatch(await greeting(server), /^\* OK .*changed\r\n/);
    await write("{ carol: [] }");
    server.signal("SIGHUP");
    await server.logged("users.carol: Expected text");
    assertEquals(await login(server, "bob", "secret"), true);
  }));

Deno.test("certificates whose files change are read again, and sessions stay", () =>
  withFolder(async (dir) => {
    const pairs = [await makeCertificate(), await makeCertificate()];
    const put = async (name: string, text: string) => {
      await Deno.writeTextFile(join(dir, "new"), text);
      await Deno.rename(join(dir, "new"), join(dir, name));
    };
    await put("a.crt", pairs[0]!.cert);
    await put("a.key", pairs[0]!.key);
    await put("imapd.yaml", 'kv: ":memory:"\ncert: a.crt\nkey: a.key\n');
    const args = [
      "--config",
      join(dir, "imapd.yaml"),
      "--user",
      "alice:secret",
    ];
    await using server = await startServer(...args);
    const port = Number(/imaps .*:(\d+)$/.exec(server.listening[1]!)![1]);
    const open = async (cert: string) => {
      const options = { hostname: "localhost", port, caCerts: [cert] };
      const conn = await Deno.connectTls(options);
      await conn.handshake();
      return conn;
    };
    using session = await open(pairs[0]!.cert);
    await put("a.crt", "none");
    await server.logged("The certificate cannot be read");
    (await open(pairs[0]!.cert)).close();
    await put("a.crt", pairs[1]!.cert);
    await put("a.key", pairs[1]!.key);
    await server.logged("certificates reloaded");
    (await open(pairs[1]!.cert)).close();
    await assertRejects(() => open(pairs[0]!.cert));
    await session.write(new TextEncoder().encode("a LOGOUT\r\n"));
    const heard = await new Response(session.readable).text();
    assertMatch(heard, /^\* OK [^]*^a OK /m);
  }));

/** The first line that a server says. */
async function greeting({ port }: { readonly port: number }): Promise<string> {
  using conn = await Deno.connect({ port, hostname: "127.0.0.1" });
  const buffer = new Uint8Array(1024);
  const count = await conn.read(buffer);
  return new TextDecoder().decode(buffer.subarray(0, count ?? 0));
}

Deno.test("a port that is taken is told", async () => {
  using taken = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const { port } = taken.addr as Deno.NetAddr;
  const { status, err } = await imapd(
    ...["--port", `${port}`, "--tls-port", "off", "--kv", ":memory:"],
    ...["--user", "a:b"],
  );
  assertEquals(status, 1);
  assertStringIncludes(err, `A port is in use already: ${port}`);
});

/** Arguments of `deno` that run the program without the project's configuration, and so without Deno KV. */
async function withoutKv(dir: string): Promise<string[]> {
  const config = JSON.parse(await Deno.readTextFile(join(ROOT, "deno.json")));
  const imports = Object.entries<string>(config.imports).map(([name, to]) => [
    name,
    to.startsWith("./") ? `file://${join(ROOT, to)}` : to,
  ]);
  const map = join(dir, "imports.json");
  const text = JSON.stringify({ imports: Object.fromEntries(imports) });
  await Deno.writeTextFile(map, text);
  return [
    "run",
    "-A",
    "--no-config",
    "--import-map",
    map,
    join(ROOT, "mod.ts"),
  ];
}

Deno.test("without --unstable-kv it runs itself again, and both end together", () =>
  withFolder(async (dir) => {
    const runtime = await withoutKv(dir);
    const args = ["--kv", join(dir, "imapd.kv"), "--user", "alice:secret"];
    const first = await startWith(runtime, args);
    assertEquals(await login(first, "alice", "secret"), true);
    assertEquals(await first.stop("SIGTERM"), 0);
    const second = await startWith(runtime, args);
    await second.stop("SIGKILL");
    // The child hears of it at once, but not in the same instant.
    for (;;) {
      try {
        (await Deno.connect({ port: second.port, hostname: "127.0.0.1" }))
          .close();
      } catch (error) {
        if (error instanceof Deno.errors.ConnectionRefused) break;
        throw error;
      }
    }
  }));
