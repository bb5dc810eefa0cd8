/**
 * Exim, unpacked, with a daemon of its own in the foreground.
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

const EXIM = "usr/sbin/exim4";

/** Whom Exim becomes, who is there in every Debian: under the name that it was built for, an alias. */
const OWNER = "mail";
const BUILT_FOR = "Debian-exim";

/** Unpacks Exim. */
export async function exim(): Promise<MtaProgram> {
  const { root = "", skip } = await unpack({
    packages: ["exim4-daemon-light", "libnss-wrapper"],
    programs: [EXIM],
    libraries: [
      ...["libdb5.3", "libgnutls-dane0", "libgnutls30", "libidn12"],
      ...["libidn2-0", "libnsl2", "libpcre2-8-0"],
    ],
  });
  // Without the bit it keeps its environment, and needs none of root's rights but those that it has.
  if (skip === undefined) await Deno.chmod(join(root, EXIM), 0o755);
  return {
    name: "Exim",
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
  const command = join(root, EXIM);
  const config = join(directory, "exim.conf");
  const log = join(directory, "log", "main");
  await Deno.writeTextFile(
    config,
    configuration(command, directory, port, route),
  );
  const env = await environment(root, directory);
  const daemon = new Deno.Command(command, {
    args: ["-C", config, "-bdf", "-q1s"],
    env,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const stop = () => endPrograms(daemon, root);
  try {
    await untilListening(port);
  } catch (error) {
    await stop();
    throw new Error(`Exim did not start:\n${await readLog(log)}`, {
      cause: error,
    });
  }
  return {
    port,
    // Its LMTP over a socket does not know it.
    smtpUtf8: "port" in route,
    log: () => readLog(log),
    async queued() {
      const { output } = await run(command, ["-C", config, "-bpc"], { env });
      return Number(output);
    },
    async sendmail(sender, recipients, source) {
      const args = ["-C", config, "-i", "-f", sender, "--", ...recipients];
      await run(command, args, { env, input: source });
    },
    [Symbol.asyncDispose]: stop,
  };
}

/** Makes the directories and the lists of users and groups; returns what has Exim look there. */
async function environment(
  root: string,
  directory: string,
): Promise<Record<string, string>> {
  const { output: user } = await run("getent", ["passwd", OWNER]);
  const [, , uid = "", gid = ""] = user.split(":");
  for (const name of ["spool", "log"]) {
    await Deno.mkdir(join(directory, name));
    await Deno.chown(join(directory, name), Number(uid), Number(gid));
  }
  const passwd = join(directory, "passwd");
  const group = join(directory, "group");
  await Deno.writeTextFile(
    passwd,
    await entries("/etc/passwd") +
      `${BUILT_FOR}:x:${uid}:${gid}::/nonexistent:/usr/sbin/nologin\n`,
  );
  await Deno.writeTextFile(
    group,
    `${await entries("/etc/group")}${BUILT_FOR}:x:${gid}:\n`,
  );
  return {
    LD_PRELOAD: await wrapper(root),
    NSS_WRAPPER_PASSWD: passwd,
    NSS_WRAPPER_GROUP: group,
  };
}

/** The lines of a list but for its own: a system that has had Exim has one, which would be found first. */
async function entries(path: string): Promise<string> {
  const lines = (await Deno.readTextFile(path)).split("\n");
  return lines.filter((line) => !line.startsWith(`${BUILT_FOR}:`)).join("\n");
}

/** The library by which users are looked up in another file; its folder has the machine's name. */
async function wrapper(root: string): Promise<string> {
  const folder = join(root, "usr/lib");
  for await (const { name } of Deno.readDir(folder)) {
    const path = join(folder, name, "libnss_wrapper.so");
    try {
      await Deno.stat(path);
      return path;
    } catch { /* it is in another folder */ }
  }
  throw new Error(`There is no libnss_wrapper.so in ${folder}`);
}

function configuration(
  command: string,
  directory: string,
  port: number,
  route: Route,
): string {
  const router = "port" in route
    ? `driver = manualroute
  route_list = * 127.0.0.1
  self = send`
    : "driver = accept";
  const transport = "port" in route
    ? `driver = smtp
  protocol = lmtp
  port = ${route.port}
  allow_localhost
  hosts_require_tls = ${route.tls ? "*" : ""}
  hosts_avoid_tls = ${route.tls ? "" : "*"}
  message_linelength_limit = 1000000
  max_rcpt = 1000`
    : `driver = lmtp
  socket = ${route.socket}
  batch_max = 1000`;
  return `exim_path = ${command}
primary_hostname = mta.example.net
qualify_domain = ${DOMAIN}
spool_directory = ${directory}/spool
log_file_path = ${directory}/log/%s
pid_file_path = ${directory}/exim.pid
keep_environment = LD_PRELOAD : NSS_WRAPPER_PASSWD : NSS_WRAPPER_GROUP
deliver_drop_privilege
local_interfaces = 127.0.0.1
daemon_smtp_ports = ${port}
domainlist local_domains = ${DOMAIN}
envelope_to_remove = false
delivery_date_remove = false
host_lookup =
tls_advertise_hosts =
acl_smtp_rcpt = acl_rcpt
remote_max_parallel = 4
smtp_accept_queue_per_connection = 0
begin acl
acl_rcpt:
  accept domains = +local_domains
  deny
begin routers
imapd:
  domains = +local_domains
  transport = imapd
  ${router}
begin transports
imapd:
  ${transport}
begin retry
* * F,1h,1s
`;
}
