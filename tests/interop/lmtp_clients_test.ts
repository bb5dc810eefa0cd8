/**
 * Python's smtplib and swaks, by LMTP.
 *
 * @module
 */

import { assertEquals, assertMatch } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import {
  letters,
  mustBeTheSame,
  takeApart,
  withoutReturnPath,
} from "./letters.ts";
import { NEEDS } from "./packages.ts";
import { run, toBytes } from "./process.ts";
import { interopTest, type MailServer, sources } from "./server.ts";

const SCRIPT = fromFileUrl(new URL("smtplib_client.py", import.meta.url));
const KINDS = ["TCP", "TLS", "a Unix socket"] as const;
const CONFIG = {
  users: { bob: "secret", "jürgen": "secret" },
  delivery: { domains: ["example.org"] },
};

/** Writes each message into a file of its own. */
async function writeAll(
  { directory }: MailServer,
  messages: readonly string[],
): Promise<string[]> {
  const folder = join(directory, "letters");
  await Deno.mkdir(folder);
  const paths = messages.map((_, n) => join(folder, `${n}.eml`));
  for (const [n, path] of paths.entries()) {
    await Deno.writeFile(path, toBytes(messages[n] as string));
  }
  return paths;
}

for (const kind of KINDS) {
  await interopTest(`smtplib by LMTP over ${kind}`, {
    ...{ needs: [NEEDS.python], config: CONFIG, limit: 30_000 },
  }, async (server) => {
    const { doors, certificate } = server;
    const sent = await letters(server.directory);
    const { output } = await run("python3", [
      SCRIPT,
      kind === "a Unix socket" ? doors.lmtpSocket : `${doors.lmtp}`,
      kind === "TLS" ? certificate : "",
      ...await writeAll(server, sent),
    ]);
    assertEquals(output, "done\n");
    const bobs = await sources({ ...server, user: "bob" }, "INBOX");
    const last = bobs.pop() ?? "";
    mustBeTheSame(
      bobs.map((stored) => takeApart(stored, 1).source),
      sent.map(withoutReturnPath),
      "bob's INBOX",
    );
    // What went to two says of neither that it was for the other.
    const [first] = await sources(server, "INBOX");
    assertEquals(last, first);
    const { trace, source } = takeApart(last, 1);
    assertEquals(source, "Subject: Note\r\n\r\nHello\r\n");
    assertMatch(trace, /^Return-Path: <sender@example\.net>\r\nReceived: /);
    const [third = ""] = await sources({ ...server, user: "jürgen" }, "INBOX");
    assertMatch(takeApart(third, 1).trace, /with UTF8LMTP/);
  });
}

for (const kind of ["TCP", "a Unix socket"] as const) {
  await interopTest(`swaks by LMTP over ${kind}`, {
    ...{ needs: [NEEDS.swaks], config: CONFIG, limit: 30_000 },
  }, async (server) => {
    const { doors } = server;
    const where = kind === "TCP"
      ? ["--server", "127.0.0.1", "--port", `${doors.lmtp}`]
      : ["--socket", doors.lmtpSocket];
    const source = "Subject: From swaks\r\n\r\n.\r\n..\r\nHello\r\n";
    // It ends the last line itself.
    const [file = ""] = await writeAll(server, [source.trimEnd()]);
    const swaks = (recipients: string) =>
      run("swaks", [
        ...["--protocol", "LMTP", ...where, "--timeout", "10"],
        ...["--ehlo", "client.example.net", "--data", `@${file}`],
        ...["--from", "sender@example.net", "--to", recipients],
      ], { mayFail: true });
    const some = "alice@example.org,bob@example.org,nobody@example.org";
    const { code, output } = await swaks(some);
    assertEquals(code, 0, output);
    assertMatch(output, /^<\*\* 550 5\.1\.1 <nobody@example\.org>/m);
    assertMatch(output, /^<- {2}250 2\.0\.0 <alice@example\.org>/m);
    assertMatch(output, /^<- {2}250 2\.0\.0 <bob@example\.org>/m);
    for (const user of ["alice", "bob"]) {
      const stored = await sources({ ...server, user }, "INBOX");
      const arrived = stored.map((one) => takeApart(one, 1).source);
      assertEquals(arrived, [source], user);
    }
    const nobody = await swaks("nobody@example.org");
    assertEquals(nobody.code, 24, nobody.output); // No recipient was accepted.
  });
}
