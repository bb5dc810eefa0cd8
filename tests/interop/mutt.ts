/**
 * mutt and NeoMutt in a terminal.
 *
 * @module
 */

import { join } from "@std/path";
import type { MailServer, Transport } from "./server.ts";
import { openTerminal, type Terminal } from "./tmux.ts";

/** Either program; both read the same configuration. */
export type MuttProgram = "mutt" | "neomutt";

/** Writes a configuration file and returns the arguments that make the program read it alone. */
export async function muttArguments(
  server: MailServer,
  transport: Transport,
): Promise<string[]> {
  const scheme = transport === "tls" ? "imaps" : "imap";
  const port = transport === "tls" ? server.tlsPort : server.port;
  const host = `${encodeURIComponent(server.user)}@localhost:${port}`;
  const tls = transport === "plain" ? "no" : "yes";
  const cache = join(server.directory, "mutt-headers");
  const config = join(server.directory, `muttrc-${transport}`);
  await Deno.mkdir(cache, { recursive: true });
  await Deno.writeTextFile(
    config,
    `set folder="${scheme}://${host}/"
set spoolfile=+INBOX
set record=+Sent
set imap_pass=${server.password}
set ssl_starttls=${tls}
set ssl_force_tls=${tls}
set certificate_file=${server.certificate}
set header_cache=${cache}
set imap_condstore=yes
set imap_qresync=yes
set imap_idle=yes
set imap_poll_timeout=20
set mail_check=1
set timeout=2
set sleep_time=0
set quit=yes
set delete=yes
set move=no
set confirmappend=no
set confirmcreate=no
set mark_old=no
set wait_key=no
set use_from=yes
set from=me@example.org
set hostname=example.org
set sendmail=/bin/true
set status_format="%f holds %m."
`,
  );
  return ["-n", "-F", config];
}

/** What the status line says of INBOX. */
export function holds(messages: number): RegExp {
  return new RegExp(`INBOX holds ${messages}\\.`);
}

/** Opens INBOX and waits until the list of its messages is there. */
export async function openMutt(
  program: MuttProgram,
  server: MailServer,
  transport: Transport,
  messages: number,
): Promise<Terminal> {
  const args = await muttArguments(server, transport);
  const terminal = await openTerminal(server.directory, [program, ...args]);
  try {
    await terminal.see(holds(messages));
  } catch (error) {
    await terminal[Symbol.asyncDispose]();
    throw error;
  }
  return terminal;
}
