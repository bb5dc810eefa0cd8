/**
 * The server that a client is let loose on: imapd through its command line, or Dovecot when
 * `INTEROP_SERVER=dovecot` is set, which shows whether it is the test that is wrong.
 *
 * @module
 */

import { join } from "@std/path";
import { type Account, appendParts, Client } from "../../bench/client.ts";
import { startDovecot } from "../../bench/dovecot.ts";
import {
  databaseIn,
  type DoorKind,
  imapdArguments,
  startImapd,
} from "../../bench/imapd.ts";
import type { Archive } from "./archive.ts";
import { missing, type Need, NEEDS } from "./packages.ts";
import { endAllOf, fromBytes, run, toBytes } from "./process.ts";

/** Which server the tests run against. */
export const SERVER: string = Deno.env.get("INTEROP_SERVER") ?? "imapd";

/** A running server, empty but for what was imported. */
export interface MailServer {
  /** Host name. */
  readonly hostname: string;
  /** Port of IMAP with STARTTLS. */
  readonly port: number;
  /** Port of IMAP over TLS. */
  readonly tlsPort: number;
  /** Login name. */
  readonly user: string;
  /** Password. */
  readonly password: string;
  /** The certificate that it shows, for 127.0.0.1 and localhost; a PEM file. */
  readonly certificate: string;
  /** A directory for the test's own files; removed afterwards. */
  readonly directory: string;
  /** Where it listens beside IMAP, where the test asked for that; a port, and a path in the directory. */
  readonly doors: Readonly<Record<Door, number>> & {
    readonly lmtpSocket: string;
  };
  /** Stops and starts it on the same data; what is given happens while it is down. */
  readonly restart: (meanwhile?: () => Promise<void>) => Promise<void>;
}

/** What imapd speaks beside IMAP. */
export type Door = Exclude<DoorKind, "imap" | "imaps">;

/** How a client reaches the server. */
export type Transport = "plain" | "starttls" | "tls";

/** All ways to reach the server. */
export const TRANSPORTS: readonly Transport[] = ["plain", "starttls", "tls"];

/** What a test wants before it starts. */
export interface TestOptions {
  /** Commands without which it is skipped. */
  readonly needs: readonly Need[];
  /** Makes what is imported before the client comes. */
  readonly archives?: (directory: string) => Promise<readonly Archive[]>;
  /** The longest it may take, in milliseconds; 120,000 unless told. */
  readonly limit?: number;
  /** Why it is skipped whatever commands there are; undefined for not at all. */
  readonly skip?: string | undefined;
  /**
   * What imapd is told beside the defaults, as its configuration file has it; then POP3 and LMTP are there
   * too, and the test is imapd's alone.
   */
  readonly config?: Readonly<Record<string, unknown>>;
}

/** Defines a test that gets a server of its own; what a failure shows ends with the server's log. */
export async function interopTest(
  name: string,
  options: TestOptions,
  body: (server: MailServer) => Promise<void>,
): Promise<void> {
  const ownNeeds = SERVER === "dovecot" ? [NEEDS.dovecot] : [];
  const absent = await missing([...ownNeeds, NEEDS.openssl, ...options.needs]);
  const why = absent.map((need) => `${need.command} (${need.package})`);
  const reasons = why.length === 0 ? [] : [`needs ${why.join(", ")}`];
  if (options.skip !== undefined) reasons.push(options.skip);
  if (options.config !== undefined && SERVER !== "imapd") {
    reasons.push("is for imapd alone");
  }
  Deno.test({
    name: reasons.length === 0
      ? `${name} with ${SERVER}`
      : `${name}: ${reasons.join("; ")}`,
    ignore: reasons.length > 0,
    fn: () => withServer(options, body),
  });
}

async function withServer(
  options: TestOptions,
  body: (server: MailServer) => Promise<void>,
): Promise<void> {
  const directory = await Deno.makeTempDir({ prefix: "imapd-interop-" });
  try {
    await Deno.chmod(directory, 0o755); // Dovecot's processes change their user.
    const archives = await options.archives?.(directory) ?? [];
    await using server = await start(directory, archives, options.config);
    try {
      await limited(body(server), options.limit ?? 120_000);
    } catch (error) {
      const log = await Deno.readTextFile(server.log);
      const tail = log.split("\n").slice(-80).join("\n");
      console.error(`--- the end of the server's log\n${tail}\n---`);
      throw error;
    }
  } finally {
    endAllOf(directory);
    await Deno.remove(directory, { recursive: true });
  }
}

async function limited(work: Promise<void>, limit: number): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>();
  const late = new Error(`The test took more than ${limit} ms`);
  const timer = setTimeout(() => reject(late), limit);
  try {
    await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}

async function start(
  directory: string,
  archives: readonly Archive[],
  config: TestOptions["config"],
): Promise<MailServer & AsyncDisposable & { log: string }> {
  const certificate = join(directory, "cert.pem");
  const tls = { cert: certificate, key: join(directory, "key.pem") };
  await makeCertificate(tls.cert, tls.key);
  const account = { user: "alice", password: "secret" };
  const own = { directory: join(directory, "server"), tls, ...account };
  if (SERVER === "dovecot") {
    const server = await startDovecot(own);
    for (const archive of archives) await append(server, archive);
    return { ...server, certificate, directory, doors: NO_DOORS };
  }
  for (const archive of archives) await importArchive(own, archive);
  if (config === undefined) {
    const server = await startImapd({ ...own, arguments: ["--trace"] });
    return { ...server, certificate, directory, doors: NO_DOORS };
  }
  const file = join(directory, "imapd.yaml");
  const lmtpSocket = join(directory, "lmtp.sock");
  await Deno.writeTextFile(file, JSON.stringify(config));
  const server = await startImapd({
    ...own,
    doors: ["pop3", "pop3s", "lmtp"],
    arguments: ["--trace", "--config", file, "--lmtp-socket", lmtpSocket],
  });
  // Mail servers deliver as a user of their own.
  const openSocket = () => Deno.chmod(lmtpSocket, 0o666);
  await openSocket();
  const port = (door: Door) => server.ports.get(door) ?? 0;
  return {
    ...server,
    certificate,
    directory,
    doors: {
      ...{ pop3: port("pop3"), pop3s: port("pop3s"), lmtp: port("lmtp") },
      lmtpSocket,
    },
    restart: async (meanwhile) => {
      await server.restart(meanwhile);
      await openSocket();
    },
  };
}

const NO_DOORS = { pop3: 0, pop3s: 0, lmtp: 0, lmtpSocket: "" };

async function makeCertificate(cert: string, key: string): Promise<void> {
  await run("openssl", [
    ...["req", "-x509", "-newkey", "ec", "-pkeyopt"],
    ...["ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-sha256"],
    ...["-subj", "/CN=localhost", "-keyout", key, "-out", cert],
    ...["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"],
    ...["-addext", "basicConstraints=critical,CA:FALSE"],
  ]);
  await Deno.chmod(key, 0o644);
}

async function importArchive(
  own: { readonly directory: string; readonly user: string },
  { mailbox, path }: Archive,
): Promise<void> {
  await Deno.mkdir(own.directory, { recursive: true });
  const options = [
    ...["--user", own.user, "--mailbox", mailbox],
    ...databaseIn(own.directory),
  ];
  await run(Deno.execPath(), imapdArguments("import", path, ...options));
}

async function append(
  server: Parameters<typeof Client.login>[0],
  { mailbox, messages }: Archive,
): Promise<void> {
  using client = await Client.login(server);
  if (mailbox !== "INBOX") await client.run(`CREATE ${mailbox}`);
  await client.pipeline(
    messages.length,
    (n) => appendParts(mailbox, toBytes(messages[n] as string), "()"),
  );
}

/** A session of the tests' own, to look at what a client has done. */
export async function openSession(server: Account): Promise<Client> {
  return await Client.login(server);
}

/** Returns the sources of all messages of a mailbox, in order, one character a byte. */
export async function sources(
  server: Account,
  mailbox: string,
): Promise<string[]> {
  using client = await openSession(server);
  await client.run(`EXAMINE "${mailbox}"`);
  const found: string[] = [];
  await client.run("UID FETCH 1:* BODY.PEEK[]", (response) => {
    const text = fromBytes(response);
    const literal = /^\* \d+ FETCH [^{]*\{(\d+)\}\r\n/.exec(text);
    if (literal === null) return;
    found.push(text.slice(literal[0].length).slice(0, Number(literal[1])));
  });
  return found;
}

/** Returns each message's UID and sorted flags, without `\Recent`, in order. */
export async function flags(
  server: MailServer,
  mailbox: string,
): Promise<Map<number, string>> {
  using client = await openSession(server);
  await client.run(`EXAMINE "${mailbox}"`);
  const found = new Map<number, string>();
  for (const line of await client.lines("UID FETCH 1:* (UID FLAGS)")) {
    const uid = Number(/UID (\d+)/.exec(line)?.[1]);
    const names = /FLAGS \(([^)]*)\)/.exec(line)?.[1]?.split(" ") ?? [];
    const kept = names.filter((flag) => flag !== "" && flag !== "\\Recent");
    if (Number.isInteger(uid)) found.set(uid, kept.sort().join(" "));
  }
  return found;
}

/**
 * Whether what came out is what went in, byte for byte, but for what cannot be asked: no string of IMAP
 * holds NUL (RFC 9051 § 4.3), so servers put 0x80 in its place or leave it out.
 */
export function sameSource(actual: string, expected: string): boolean {
  if (!expected.includes("\0")) return actual === expected;
  const nul = /[\0\x80]/g;
  return actual.replaceAll(nul, "") === expected.replaceAll(nul, "");
}
