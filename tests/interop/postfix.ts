/**
 * Postfix, unpacked, with a master process of its own in the foreground.
 *
 * @module
 */

import { join } from "@std/path";
import { freePort, untilListening } from "../../bench/target.ts";
import {
  DOMAIN,
  type Mta,
  type MtaProgram,
  readLog,
  type Route,
} from "./mta.ts";
import { run } from "./process.ts";
import { endPrograms, unpack } from "./unpacked.ts";

const LIBRARIES = "usr/lib/postfix";

/** A user and a group that every Debian has, in place of those that an installation makes. */
const OWNER = "mail";
const GROUP = "operator";

/** Unpacks Postfix. */
export async function postfix(): Promise<MtaProgram> {
  const { root = "", skip } = await unpack({
    packages: ["postfix"],
    programs: [`${LIBRARIES}/sbin/smtpd`],
    libraryPath: LIBRARIES,
    libraries: ["libdb5.3", "libicu72", "libnsl2", "libsasl2-2", "libssl3"],
  });
  return {
    name: "Postfix",
    skip,
    start: (directory, route) => start(root, directory, route),
  };
}

async function start(
  root: string,
  directory: string,
  route: Route,
): Promise<Mta> {
  const port = freePort();
  const config = join(directory, "config");
  const log = join(directory, "postfix.log");
  await Deno.mkdir(config);
  await Deno.writeTextFile(
    join(config, "main.cf"),
    mainConfiguration(root, directory, log, route),
  );
  await Deno.writeTextFile(join(config, "master.cf"), services(port));
  await makeQueue(directory);
  const env = { LD_LIBRARY_PATH: join(root, LIBRARIES), MAIL_CONFIG: config };
  const master = new Deno.Command(join(root, LIBRARIES, "sbin/master"), {
    args: ["-c", config, "-s"],
    env,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const stop = () => endPrograms(master, root);
  try {
    await untilListening(port);
  } catch (error) {
    await stop();
    throw new Error(`Postfix did not start:\n${await readLog(log)}`, {
      cause: error,
    });
  }
  return {
    port,
    smtpUtf8: true,
    log: () => readLog(log),
    async queued() {
      const command = join(root, "usr/sbin/postqueue");
      const { output } = await run(command, ["-j"], { env });
      return output.split("\n").length - 1;
    },
    async sendmail(sender, recipients, source) {
      const command = join(root, "usr/sbin/sendmail");
      const args = ["-i", "-f", sender, "--", ...recipients];
      await run(command, args, { env, input: source });
    },
    [Symbol.asyncDispose]: stop,
  };
}

function mainConfiguration(
  root: string,
  directory: string,
  log: string,
  route: Route,
): string {
  const transport = "port" in route
    ? `inet:127.0.0.1:${route.port}`
    : `unix:${route.socket}`;
  const tls = "port" in route && route.tls ? "encrypt" : "none";
  return `compatibility_level = 3.6
daemon_directory = ${root}/${LIBRARIES}/sbin
command_directory = ${root}/usr/sbin
shlib_directory = ${root}/${LIBRARIES}
meta_directory = ${root}/etc/postfix
queue_directory = ${directory}/queue
data_directory = ${directory}/data
maillog_file = ${log}
maillog_file_prefixes = ${directory}
import_environment = LD_LIBRARY_PATH MAIL_CONFIG
export_environment = LD_LIBRARY_PATH MAIL_CONFIG
mail_owner = ${OWNER}
setgid_group = ${GROUP}
myhostname = mta.example.net
myorigin = ${DOMAIN}
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.1/32
smtpd_relay_restrictions = reject_unauth_destination
virtual_mailbox_domains = ${DOMAIN}
virtual_transport = lmtp:${transport}
default_transport = error:nothing leaves this machine
disable_dns_lookups = yes
alias_maps =
lmtp_tls_security_level = ${tls}
lmtp_destination_recipient_limit = 1000
queue_run_delay = 1s
minimal_backoff_time = 1s
maximal_backoff_time = 1s
transport_retry_time = 1s
# Messages go through as they are.
local_header_rewrite_clients =
message_drop_headers =
lmtp_line_length_limit = 0
`;
}

function services(port: number): string {
  return `127.0.0.1:${port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 1 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
showq unix n - n - - showq
postlog unix-dgram n - n - 1 postlogd
`;
}

/** Makes the directories that an installation has. */
async function makeQueue(directory: string): Promise<void> {
  const owners = {
    user: await idOf("passwd", OWNER),
    group: await idOf("group", GROUP),
  };
  const make = async (path: string, mode: number) => {
    await Deno.mkdir(join(directory, path));
    await Deno.chmod(join(directory, path), mode);
  };
  const own = async (path: string, uid: number, gid: number | null) =>
    await Deno.chown(join(directory, path), uid, gid);
  await make("data", 0o700);
  await own("data", owners.user, null);
  await make("queue", 0o755);
  await make("queue/pid", 0o755);
  for (const name of ["public", "maildrop"]) {
    await make(`queue/${name}`, name === "public" ? 0o710 : 0o730);
    await own(`queue/${name}`, owners.user, owners.group);
  }
  for (
    const name of [
      ...["active", "bounce", "corrupt", "defer", "deferred", "flush"],
      ...["hold", "incoming", "private", "saved", "trace"],
    ]
  ) {
    await make(`queue/${name}`, 0o700);
    await own(`queue/${name}`, owners.user, null);
  }
}

async function idOf(database: string, name: string): Promise<number> {
  const { output } = await run("getent", [database, name]);
  return Number(output.split(":")[2]);
}
