/**
 * Python's poplib.
 *
 * @module
 */

import { assertEquals, assertMatch } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { serve } from "../../mod.ts";
import { inboxArchive } from "./archive.ts";
import { missing, NEEDS } from "./packages.ts";
import { fromBytes, run } from "./process.ts";
import {
  interopTest,
  openSession,
  sameSource,
  sources,
  TRANSPORTS,
} from "./server.ts";

const SCRIPT = fromFileUrl(new URL("poplib_client.py", import.meta.url));
const UTF8_HEADER = "From: me@example.org\r\nSubject: Grüße\r\n\r\nHello\r\n";

for (const transport of TRANSPORTS) {
  await interopTest(`poplib over ${transport}`, {
    needs: [NEEDS.python],
    archives: async (directory) => [await inboxArchive(directory)],
    config: {},
    limit: 30_000,
  }, async (server) => {
    const { doors, user, password, certificate } = server;
    using session = await openSession(server);
    await session.run("ENABLE UTF8=ACCEPT");
    await session.append("INBOX", new TextEncoder().encode(UTF8_HEADER), "()");
    const there = await sources(server, "INBOX");
    const folder = join(server.directory, "messages");
    await Deno.mkdir(folder);
    const port = transport === "tls" ? doors.pop3s : doors.pop3;
    const { output } = await run("python3", [
      ...[SCRIPT, transport, `${port}`, user, password, certificate, folder],
    ]);
    assertEquals(output, "done\n");
    const names = Array.from(Deno.readDirSync(folder), ({ name }) => name);
    assertEquals(names.length, there.length);
    for (const [n, name] of names.sort().entries()) {
      const source = fromBytes(await Deno.readFile(join(folder, name)));
      if (n === there.length - 1) {
        // In place of UTF-8 stands an encoded word (RFC 6858 § 3).
        assertMatch(source, /^Subject: =\?utf-8\?/im);
        continue;
      }
      const same = sameSource(source, there[n] as string);
      assertEquals(same, true, `message ${n + 1}: ${source}`);
    }
    assertEquals(await sources(server, "INBOX"), there.slice(1));
  });
}

const APOP_SCRIPT = `
import poplib, sys
pop = poplib.POP3("localhost", int(sys.argv[1]))
try:
    pop.apop("alice", "wrong")
    raise AssertionError("A wrong password was right")
except poplib.error_proto as error:
    assert b"[AUTH]" in error.args[0], error
pop.apop("alice", "secret")
assert pop.stat() == (0, 0), pop.stat()
pop.quit()
print("done")
`;

const absent = await missing([NEEDS.python, NEEDS.curl, NEEDS.fetchmail]);
const why = absent.map(({ command }) => command).join(", ");
Deno.test({
  name: "poplib, curl and fetchmail log in by APOP" +
    (absent.length === 0 ? "" : `: needs ${why}`),
  ignore: absent.length > 0,
  fn: async () => {
    const logins: string[] = [];
    // APOP is there where passwords are known as they are.
    await using server = serve({
      listeners: [{ kind: "pop3", port: 0 }],
      users: { alice: "secret" },
      limits: { failedLoginDelay: 1 },
      onListen: () => {},
      callbacks: {
        login({ mechanism, user }, next) {
          logins.push(`${mechanism} ${user.name}`);
          return next();
        },
      },
    });
    const { port } = server.addr;
    const python = await run("python3", ["-c", APOP_SCRIPT, `${port}`]);
    assertEquals(python.output, "done\n");
    await run("curl", [
      ...["--silent", "--show-error", "--max-time", "30", "--ipv4"],
      ...["--user", "alice:secret", "--login-options", "AUTH=+APOP"],
      `pop3://localhost:${port}`,
    ]);
    const home = await Deno.makeTempDir({ prefix: "imapd-interop-" });
    try {
      const config = join(home, "fetchmailrc");
      await Deno.writeTextFile(
        config,
        `poll localhost proto APOP service ${port}
user alice password secret sslproto '' keep mda /bin/cat\n`,
        { mode: 0o600 },
      );
      const { code, output, errors } = await run("fetchmail", [
        ...["-f", config, "--pidfile", join(home, "pid"), "--nosyslog"],
      ], { env: { HOME: home, FETCHMAILHOME: home }, mayFail: true });
      assertEquals(code, 1, output + errors); // There was no mail.
    } finally {
      await Deno.remove(home, { recursive: true });
    }
    assertEquals(logins, ["APOP alice", "APOP alice", "APOP alice"]);
  },
});
