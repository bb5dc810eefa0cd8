/**
 * getmail: collects by POP3 into a Maildir.
 *
 * @module
 */

import { join } from "@std/path";
import { fromBytes, run } from "./process.ts";
import type { MailServer } from "./server.ts";

/** Whom mail is delivered as: root is refused. */
const OWNER = Deno.uid() === 0 ? "nobody" : undefined;

/** A getmail with a memory of its own. */
export interface Getmail {
  /**
   * Runs it, over TLS from the first byte or without.
   * @param keep whether messages stay on the server
   * @returns the messages that came, in any order, lines ended by CRLF
   */
  readonly collect: (tls: boolean, keep: boolean) => Promise<string[]>;
}

/** Sets getmail up for a server's user. */
export async function makeGetmail(server: MailServer): Promise<Getmail> {
  const home = join(server.directory, "getmail");
  const maildir = join(home, "maildir");
  await Deno.mkdir(home);
  for (const path of ["", "cur", "new", "tmp"]) {
    await Deno.mkdir(join(maildir, path));
    if (OWNER === undefined) continue;
    const { output } = await run("getent", ["passwd", OWNER]);
    const [uid, gid] = output.split(":").slice(2).map(Number);
    await Deno.chown(join(maildir, path), uid ?? null, gid ?? null);
  }
  const collect = async (tls: boolean, keep: boolean) => {
    const config = join(home, "getmailrc");
    await Deno.writeTextFile(
      config,
      configuration(server, maildir, tls, keep),
    );
    await run("getmail", ["--getmaildir", home, "--rcfile", config]);
    return await takeAll(join(maildir, "new"));
  };
  return { collect };
}

/** Reads and removes what is in a folder. */
async function takeAll(folder: string): Promise<string[]> {
  const sources: string[] = [];
  for (const { name } of [...Deno.readDirSync(folder)]) {
    const path = join(folder, name);
    const text = fromBytes(await Deno.readFile(path));
    sources.push(text.replaceAll("\n", "\r\n"));
    await Deno.remove(path);
  }
  return sources;
}

function configuration(
  { doors, user, password, certificate }: MailServer,
  maildir: string,
  tls: boolean,
  keep: boolean,
): string {
  return `[retriever]
type = SimplePOP3${tls ? "SSL" : ""}Retriever
server = localhost
port = ${tls ? doors.pop3s : doors.pop3}
username = ${user}
password = ${password}
${tls ? `ca_certs = ${certificate}` : ""}

[destination]
type = Maildir
path = ${maildir}/
${OWNER === undefined ? "" : `user = ${OWNER}`}

[options]
read_all = ${keep ? "false" : "true"}
delete = ${keep ? "false" : "true"}
delivered_to = false
received = false
verbose = 2
`;
}
