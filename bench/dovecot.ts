/**
 * A private Dovecot 2.3, as Debian packages it: its own configuration, ports, storage and log, all in
 * one directory; the system's own service is not touched.
 *
 * @module
 */

import { join } from "@std/path";
import {
  freePort,
  type OwnTarget,
  processTree,
  untilListening,
} from "./target.ts";

/** What to say when Dovecot is missing. */
export const INSTALL_DOVECOT = "apt-get install dovecot-imapd";

/** How a private Dovecot is set up. */
export interface DovecotOptions {
  /** A directory of its own; made if absent. */
  readonly directory: string;
  /** Login name; any name will do, there is one password. */
  readonly user: string;
  /** Password. */
  readonly password: string;
  /** Certificate and key for STARTTLS and implicit TLS, PEM files; without them there is no TLS. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

/** A running private Dovecot. */
export type Dovecot = OwnTarget & {
  /** Port of IMAP over TLS; 0 without a certificate. */
  readonly tlsPort: number;
};

/** Returns Dovecot's version, or undefined when it is not installed. */
export async function dovecotVersion(): Promise<string | undefined> {
  try {
    const { stdout } = await new Deno.Command("dovecot", {
      args: ["--version"],
      stdin: "null",
    }).output();
    return new TextDecoder().decode(stdout).split(" ")[0];
  } catch {
    return undefined;
  }
}

/** Starts a private Dovecot and waits until it accepts connections. */
export async function startDovecot(options: DovecotOptions): Promise<Dovecot> {
  const { directory, user, password } = options;
  const port = freePort();
  const tlsPort = options.tls === undefined ? 0 : freePort();
  const config = join(directory, "dovecot.conf");
  const log = join(directory, "dovecot.log");
  const mail = join(directory, "mail");
  await Deno.mkdir(mail, { recursive: true });
  await Deno.writeTextFile(config, configuration(options, port, tlsPort));
  await Deno.writeTextFile(log, "");
  if (Deno.uid() === 0) await openToItsUsers(directory, mail, log);

  let child = await launch(config, port);
  const stop = async (): Promise<void> => {
    const tree = processTree(child.pid);
    try {
      child.kill("SIGTERM");
    } catch { /* it has ended by itself */ }
    await child.status;
    while (tree.some((pid) => isAlive(pid))) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  return {
    name: "Dovecot",
    note: `Dovecot ${await dovecotVersion()}, sdbox, mail_fsync=optimized ` +
      "(its default: new mail is synced, flags are not), " +
      "high-performance login processes, imap processes used again, no hibernation",
    hostname: "127.0.0.1",
    mayBlock: true,
    port,
    tlsPort,
    user,
    password,
    log,
    restart: async () => {
      await stop();
      child = await launch(config, port);
    },
    processes: () => processTree(child.pid),
    [Symbol.asyncDispose]: stop,
  };
}

/** Starts it in the foreground, so that it is ours to end. */
async function launch(
  config: string,
  port: number,
): Promise<Deno.ChildProcess> {
  const child = new Deno.Command("dovecot", {
    args: ["-F", "-c", config],
    stdin: "null",
    stdout: "null",
    stderr: "inherit",
  }).spawn();
  const ended = child.status.then(({ code }) => {
    throw new Error(`Dovecot ended with status ${code}`);
  });
  await Promise.race([untilListening(port), ended]);
  ended.catch(() => {}); // From now on it may end.
  return child;
}

/** Root starts it, other users serve: they must get to their files. */
async function openToItsUsers(
  directory: string,
  mail: string,
  log: string,
): Promise<void> {
  await Deno.chmod(directory, 0o755);
  const { uid, gid } = await nobody();
  await Deno.chown(mail, uid, gid);
  await Deno.chown(log, uid, gid);
}

async function nobody(): Promise<{ uid: number; gid: number }> {
  const passwd = await Deno.readTextFile("/etc/passwd");
  const fields = /^nobody:.*$/m.exec(passwd)?.[0].split(":") ?? [];
  return { uid: Number(fields[2] ?? 65534), gid: Number(fields[3] ?? 65534) };
}

function isAlive(pid: number): boolean {
  try {
    const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
    return !stat.slice(stat.lastIndexOf(")")).startsWith(") Z");
  } catch {
    return false;
  }
}

function configuration(
  options: DovecotOptions,
  port: number,
  tlsPort: number,
): string {
  const { directory, password, tls } = options;
  return `protocols = imap
base_dir = ${directory}/run
state_dir = ${directory}/state
instance_name = imapd-peer
log_path = ${directory}/dovecot.log
listen = 127.0.0.1
disable_plaintext_auth = no
auth_mechanisms = plain login
mail_location = sdbox:${directory}/mail/%u
mail_max_userip_connections = 0
first_valid_uid = 1
passdb {
  driver = static
  args = password=${password}
}
userdb {
  driver = static
  args = home=${directory}/mail/%u ${unixUser()}
}
namespace inbox {
  inbox = yes
  separator = /
}
service imap-login {
  # The "high-performance mode" of Dovecot's own manual.
  service_count = 0
  process_min_avail = 2
  ${Deno.uid() === 0 ? "" : "chroot ="}
  inet_listener imap {
    port = ${port}
  }
  inet_listener imaps {
    port = ${tlsPort}
    ssl = ${tls === undefined ? "no" : "yes"}
  }
}
service imap {
  # Processes serve one session after another, which makes logins several times faster.
  service_count = 1000
  process_limit = 2000
}
${
    tls === undefined
      ? "ssl = no"
      : `ssl = yes\nssl_cert = <${tls.cert}\nssl_key = <${tls.key}`
  }
${Deno.uid() === 0 ? "" : unprivileged()}
`;
}

function unixUser(): string {
  return Deno.uid() === 0
    ? "uid=nobody gid=nogroup"
    : `uid=${Deno.uid()} gid=${Deno.gid()}`;
}

/** All services run as the one user there is, and none changes its root directory. */
function unprivileged(): string {
  return `default_internal_user = ${Deno.env.get("USER") ?? Deno.uid()}
default_login_user = ${Deno.env.get("USER") ?? Deno.uid()}
default_internal_group = ${Deno.gid()}
service anvil {
  chroot =
}
`;
}
