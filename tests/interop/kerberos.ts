/**
 * A realm of Kerberos 5 of the tests' own: its database, its key distribution center on loopback, a keytab for the
 * server, and tickets for users.
 *
 * @module
 */

import { join } from "@std/path";
import { freePort } from "../../bench/target.ts";
import { eventually, run } from "./process.ts";

/** The name of the realm. */
export const REALM = "IMAPD.TEST";

/** What {@linkcode startRealm} needs. */
export const KERBEROS_NEEDS = [
  { command: "krb5kdc", package: "krb5-kdc" },
  { command: "kadmin.local", package: "krb5-admin-server" },
  { command: "kinit", package: "krb5-user" },
];

/** A running realm. */
export interface Realm extends AsyncDisposable {
  /** Keys of `imap/localhost`, `pop/localhost` and `smtp/localhost`. */
  readonly keytab: string;
  /** What clients and the server need in their environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Gets a user's tickets by the password `secret`, and returns the environment in which they are used. */
  logIn(user: string): Promise<Record<string, string>>;
}

/**
 * Starts a realm with the users alice, bob, `alice/admin` and carol, who is not known to the server.
 * @param directory a directory for its files
 */
export async function startRealm(directory: string): Promise<Realm> {
  const port = freePort();
  const at = (name: string) => join(directory, name);
  await Deno.writeTextFile(at("krb5.conf"), configuration(port));
  await Deno.writeTextFile(at("kdc.conf"), kdcConfiguration(directory, port));
  await Deno.writeTextFile(at("kadm5.acl"), "");
  const env = {
    KRB5_CONFIG: at("krb5.conf"),
    KRB5_KDC_PROFILE: at("kdc.conf"),
    KRB5RCACHEDIR: directory,
    KRB5CCNAME: at("nobody"),
  };
  const sbin = "/usr/sbin";
  await run(
    `${sbin}/kdb5_util`,
    ["create", "-s", "-P", "master", "-r", REALM],
    {
      env,
    },
  );
  const keytab = at("imapd.keytab");
  const services = ["imap", "pop", "smtp"].map((name) => `${name}/localhost`);
  const orders = [
    ...["alice", "bob", "carol", "alice/admin"]
      .map((name) => `addprinc -pw secret ${name}`),
    ...services.map((name) => `addprinc -randkey ${name}`),
    `ktadd -k ${keytab} ${services.join(" ")}`,
  ];
  await run(`${sbin}/kadmin.local`, [], {
    env,
    input: orders.join("\n") + "\n",
  });
  const kdc = new Deno.Command(`${sbin}/krb5kdc`, {
    args: ["-n"],
    env,
    ...{ stdin: "null", stdout: "null", stderr: "null" },
  }).spawn();
  const stop = async () => {
    kdc.kill("SIGTERM");
    await kdc.status;
  };
  try {
    await eventually("the key distribution center", () => connects(port));
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    keytab,
    env,
    async logIn(user) {
      const own = {
        ...env,
        KRB5CCNAME: at(`tickets-${user.replace("/", "-")}`),
      };
      await run("kinit", [user], { env: own, input: "secret\n" });
      return own;
    },
    [Symbol.asyncDispose]: stop,
  };
}

async function connects(port: number): Promise<true | undefined> {
  try {
    (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    return true;
  } catch {
    return undefined;
  }
}

function configuration(port: number): string {
  return `[libdefaults]
  default_realm = ${REALM}
  dns_lookup_kdc = false
  dns_lookup_realm = false
  dns_canonicalize_hostname = false
  rdns = false
  udp_preference_limit = 1
[realms]
  ${REALM} = {
    kdc = 127.0.0.1:${port}
  }
[domain_realm]
  localhost = ${REALM}
`;
}

function kdcConfiguration(directory: string, port: number): string {
  return `[kdcdefaults]
  kdc_listen = 127.0.0.1:${port}
  kdc_tcp_listen = 127.0.0.1:${port}
[realms]
  ${REALM} = {
    database_name = ${join(directory, "principals")}
    key_stash_file = ${join(directory, "stash")}
    acl_file = ${join(directory, "kadm5.acl")}
    max_life = 1h
  }
[logging]
  kdc = FILE:${join(directory, "kdc.log")}
`;
}
