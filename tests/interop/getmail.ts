/**
 * getmail: collects by POP3, and hands what it has over by LMTP.
 *
 * Its other destinations start a process a message and may miss the end of it, which then takes a minute.
 *
 * @module
 */

import { join } from "@std/path";
import { takeApart } from "./letters.ts";
import { run } from "./process.ts";
import { type MailServer, sources } from "./server.ts";

/** A getmail with a memory of its own. */
export interface Getmail {
  /**
   * Runs it, over TLS from the first byte or without.
   * @param keep whether messages stay on the server
   * @returns the messages that came
   */
  readonly collect: (tls: boolean, keep: boolean) => Promise<string[]>;
}

/** Sets getmail up for a server's user; the messages go to bob, who has an INBOX on the same server. */
export async function makeGetmail(server: MailServer): Promise<Getmail> {
  const home = join(server.directory, "getmail");
  await Deno.mkdir(home);
  let seen = 0;
  const collect = async (tls: boolean, keep: boolean) => {
    const config = join(home, "getmailrc");
    await Deno.writeTextFile(config, configuration(server, tls, keep));
    await run("getmail", ["--getmaildir", home, "--rcfile", config]);
    const all = await sources({ ...server, user: "bob" }, "INBOX");
    const fresh = all.slice(seen);
    seen = all.length;
    return fresh.map((stored) => takeApart(stored, 1).source);
  };
  return { collect };
}

function configuration(
  { doors, user, password, certificate }: MailServer,
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
type = MDA_lmtp
host = 127.0.0.1
port = ${doors.lmtp}
override = bob@example.org

[options]
read_all = ${keep ? "false" : "true"}
delete = ${keep ? "false" : "true"}
delivered_to = false
received = false
verbose = 2
`;
}
