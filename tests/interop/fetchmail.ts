/**
 * fetchmail: collects by POP3 and hands what it has over to a program, or on by LMTP.
 *
 * @module
 */

import { join } from "@std/path";
import { fromBytes, run } from "./process.ts";
import type { MailServer, Transport } from "./server.ts";

/** What one run is to do. */
export interface FetchmailRun {
  /** How it reaches the server. */
  readonly transport: Transport;
  /** Whether messages stay on the server. */
  readonly keep: boolean;
  /** A user who gets all by LMTP; without one messages become files. */
  readonly forwardTo?: string;
}

/** A fetchmail with a memory of its own. */
export interface Fetchmail {
  /** Runs it; returns the messages that it has fetched in this run, in order, lines ended by CRLF. */
  readonly fetch: (run: FetchmailRun) => Promise<string[]>;
}

/** Sets fetchmail up for a server's user. */
export async function makeFetchmail(server: MailServer): Promise<Fetchmail> {
  const home = join(server.directory, "fetchmail");
  const messages = join(home, "messages");
  await Deno.mkdir(messages, { recursive: true });
  const script = join(home, "deliver");
  await Deno.writeTextFile(
    script,
    `n=$(ls ${messages} | wc -l)\nexec cat >${messages}/$((n + 10000))\n`,
  );
  let seen = 0;
  const fetch = async (what: FetchmailRun) => {
    const config = join(home, "fetchmailrc");
    await Deno.writeTextFile(config, configuration(server, script, what));
    await Deno.chmod(config, 0o600);
    const { code, output, errors } = await run("fetchmail", [
      ...["-f", config, "--idfile", join(home, "ids")],
      ...["--pidfile", join(home, "pid"), "--nosyslog", "-v"],
    ], { env: { HOME: home, FETCHMAILHOME: home }, mayFail: true });
    // 1: there was no mail.
    if (code > 1) throw new Error(`fetchmail: ${code}\n${output}\n${errors}`);
    const names = Array.from(Deno.readDirSync(messages), ({ name }) => name);
    const fresh = names.sort().slice(seen);
    seen = names.length;
    const bytes = fresh.map((name) => Deno.readFile(join(messages, name)));
    return (await Promise.all(bytes)).map((one) =>
      fromBytes(one).replaceAll("\n", "\r\n")
    );
  };
  return { fetch };
}

function configuration(
  { doors, user, password, certificate }: MailServer,
  script: string,
  { transport, keep, forwardTo }: FetchmailRun,
): string {
  const tls = {
    plain: "sslproto ''",
    starttls: `sslproto TLS1.2+ sslcertck sslcertfile ${certificate}`,
    tls: `ssl sslproto TLS1.2+ sslcertck sslcertfile ${certificate}`,
  }[transport];
  const sink = forwardTo === undefined
    ? `mda "/bin/sh ${script}"`
    : `smtphost "127.0.0.1/${doors.lmtp}" lmtp smtpname "${forwardTo}"`;
  return `set invisible
set no bouncemail
poll localhost with proto POP3
  service ${transport === "tls" ? doors.pop3s : doors.pop3} uidl
  user "${user}" password "${password}"
  ${tls} ${sink} ${keep ? "keep" : "nokeep fetchall"}
  no rewrite no mimedecode pass8bits fetchlimit 0
`;
}
