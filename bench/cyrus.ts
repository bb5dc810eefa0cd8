/**
 * A private Cyrus IMAP, unpacked from Debian's packages beside whatever mail server the system has: its own
 * configuration, port and storage, all in one directory.
 *
 * @module
 */

import { join } from "@std/path";
import { endPrograms, unpack } from "../tests/interop/unpacked.ts";
import { temporary } from "../tests/storage/body_folders.ts";
import { Client } from "./client.ts";
import { freePort, type OwnTarget, processTree } from "./target.ts";
import { untilListening } from "./target.ts";

const BIN = "usr/lib/cyrus/bin";
const LIB = "usr/lib/x86_64-linux-gnu";
const ADMIN = "cyrus";

/** How a private Cyrus is set up. */
export interface CyrusOptions {
  /** A directory of its own; made if absent. */
  readonly directory: string;
  /** Login name. */
  readonly user: string;
  /** Password. */
  readonly password: string;
  /** Certificate and key, PEM files. */
  readonly tls: { readonly cert: string; readonly key: string };
}

/** Starts a private Cyrus; a string says why there is none. */
export async function startCyrus(
  options: CyrusOptions,
): Promise<OwnTarget | string> {
  const unpacked = await unpack({
    packages: ["cyrus-imapd", "cyrus-common", "sasl2-bin"],
    programs: [`${BIN}/imapd`, `${BIN}/master`, `${BIN}/idled`],
    libraryPath: LIB,
    libraries: [
      ..."libsasl2-modules libsasl2-modules-db libical3 libclamav12".split(" "),
      ..."libxapian30 libzephyr4 libpq5 libwrap0 libjansson4 libpcre3".split(
        " ",
      ),
    ],
  });
  if (unpacked.root === undefined) return unpacked.skip;
  const { root } = unpacked;
  const [port, tlsPort] = [freePort(), freePort()];
  const { directory, user, password } = options;
  // Locks and the list of processes go there, as into /run/cyrus.
  const volatile = await temporary();
  await configure(options, root, volatile, [port, tlsPort]);
  let child = await launch(directory, root, port);
  await makeAccount(port, user, password);
  return {
    name: "Cyrus",
    note: "Cyrus 3.6, skiplist and twoskip, its defaults but for plaintext " +
      "passwords, two processes that wait for sessions, locks in memory",
    hostname: "127.0.0.1",
    mayBlock: true,
    port,
    tlsPort,
    user,
    password,
    log: join(directory, "cyrus.log"),
    restart: async () => {
      await endPrograms(child, root);
      child = await launch(directory, root, port);
    },
    processes: () => processTree(child.pid),
    [Symbol.asyncDispose]: async () => {
      await endPrograms(child, root);
      await Deno.remove(volatile, { recursive: true });
    },
  };
}

async function launch(
  directory: string,
  root: string,
  port: number,
): Promise<Deno.ChildProcess> {
  const child = new Deno.Command(join(root, BIN, "master"), {
    args: [
      ...["-C", join(directory, "imapd.conf")],
      ...["-M", join(directory, "cyrus.conf")],
      ...["-p", join(directory, "master.pid"), "-D"],
      ...["-L", join(directory, "cyrus.log")],
    ],
    env: { LD_LIBRARY_PATH: join(root, LIB) },
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const ended = child.status.then(({ code }) => {
    throw new Error(`Cyrus ended with status ${code}`);
  });
  await Promise.race([untilListening(port), ended]);
  ended.catch(() => {}); // From now on it may end.
  return child;
}

async function configure(
  { directory, user, password, tls }: CyrusOptions,
  root: string,
  volatile: string,
  [port, tlsPort]: readonly [plain: number, secure: number],
): Promise<void> {
  const inside = (name: string) => join(directory, name);
  for (const name of ["db", "socket", "log", "msg", "user"]) {
    await Deno.mkdir(inside(`conf/${name}`), { recursive: true });
  }
  for (const name of ["proc", "lock"]) await Deno.mkdir(join(volatile, name));
  await Deno.mkdir(inside("conf/quota"));
  await Deno.mkdir(inside("spool"));
  await Deno.copyFile(tls.cert, inside("cert.pem"));
  await Deno.copyFile(tls.key, inside("key.pem"));
  await Deno.writeTextFile(
    inside("imapd.conf"),
    `configdirectory: ${directory}/conf
partition-default: ${directory}/spool
defaultpartition: default
proc_path: ${volatile}/proc
mboxname_lockpath: ${volatile}/lock
cyrus_user: nobody
cyrus_group: nogroup
admins: ${ADMIN}
sasl_pwcheck_method: auxprop
sasl_auxprop_plugin: sasldb
sasl_sasldb_path: ${directory}/sasldb
sasl_mech_list: PLAIN LOGIN
allowplaintext: yes
unixhierarchysep: yes
altnamespace: yes
duplicatesuppression: no
tls_server_cert: ${directory}/cert.pem
tls_server_key: ${directory}/key.pem
`,
  );
  const service = (listen: number, more: string) =>
    `cmd="${root}/${BIN}/imapd ${more}-C ${directory}/imapd.conf" ` +
    `listen="127.0.0.1:${listen}" prefork=2 maxchild=2000`;
  await Deno.writeTextFile(
    inside("cyrus.conf"),
    `START {
}
SERVICES {
  imap ${service(port, "")}
  imaps ${service(tlsPort, "-s ")}
}
EVENTS {
}
DAEMON {
  idled cmd="${root}/${BIN}/idled -C ${directory}/imapd.conf"
}
`,
  );
  for (const name of [user, ADMIN]) {
    const child = new Deno.Command(join(root, "usr/sbin/saslpasswd2"), {
      args: ["-p", "-c", "-f", inside("sasldb"), name],
      stdin: "piped",
    }).spawn();
    const input = child.stdin.getWriter();
    await input.write(new TextEncoder().encode(password));
    await input.close();
    await child.status;
  }
  const owned = ["-R", "nobody:nogroup", directory, volatile];
  await new Deno.Command("chown", { args: owned }).output();
}

async function makeAccount(
  port: number,
  user: string,
  password: string,
): Promise<void> {
  const hostname = "127.0.0.1";
  using admin = await Client.login({ hostname, port, user: ADMIN, password });
  await admin.run(`CREATE user/${user}`);
}
