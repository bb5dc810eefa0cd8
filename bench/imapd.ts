/**
 * This project's own server, started through its command line as a user would.
 *
 * @module
 */

import { fromFileUrl, join } from "@std/path";
import { type OwnTarget, processTree } from "./target.ts";

const MAIN = fromFileUrl(new URL("../mod.ts", import.meta.url));

/** What it speaks, as the lines name it that say where it listens. */
export type DoorKind = "imap" | "imaps" | "pop3" | "pop3s" | "lmtp";

const PORT_OPTIONS: Readonly<Record<DoorKind, string>> = {
  imap: "--port",
  imaps: "--tls-port",
  pop3: "--pop3-port",
  pop3s: "--pop3s-port",
  lmtp: "--lmtp-port",
};

/** How imapd is set up. */
export interface ImapdOptions {
  /** A directory of its own; made if absent. The database is `imapd.kv` in it. */
  readonly directory: string;
  /** What the table calls it. Default `imapd`. */
  readonly name?: string;
  /** Login name. */
  readonly user: string;
  /** Password. */
  readonly password: string;
  /** Certificate and key for STARTTLS and implicit TLS, PEM files; without them it makes its own. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** What it speaks beside `imap` and `imaps`; each gets a port. Default: nothing. */
  readonly doors?: readonly DoorKind[];
  /** More arguments of `serve`. */
  readonly arguments?: readonly string[];
}

/** A running imapd. */
export type Imapd = OwnTarget & {
  /** Port of IMAP over TLS. */
  readonly tlsPort: number;
  /** All ports, by what is spoken there; they stay when it is restarted. */
  readonly ports: ReadonlyMap<DoorKind, number>;
  /** Stops and starts it on the same data; what is given happens while it is down. */
  readonly restart: (meanwhile?: () => Promise<void>) => Promise<void>;
};

/** The arguments of `deno` that run imapd's command line. */
export function imapdArguments(...rest: readonly string[]): string[] {
  return ["run", "-A", "--unstable-kv", "--unstable-net", MAIN, ...rest];
}

/** Returns the arguments that name the database of a directory. */
export function databaseIn(directory: string): string[] {
  return ["--kv", join(directory, "imapd.kv")];
}

/** Starts imapd and waits until it says where it listens. */
export async function startImapd(options: ImapdOptions): Promise<Imapd> {
  const { directory, user, password } = options;
  await Deno.mkdir(directory, { recursive: true });
  const log = join(directory, "imapd.log");
  let server = await launch(options, log, new Map());
  const { ports } = server;
  const stop = async (): Promise<void> => {
    const tree = processTree(server.child.pid);
    tryTo(() => server.child.kill("SIGTERM"));
    await within(10_000, server.child.status);
    tryTo(() => server.child.kill("SIGKILL"));
    for (const pid of tree.slice(1)) tryTo(() => Deno.kill(pid, "SIGKILL"));
    await server.child.status;
    await server.logged;
  };
  return {
    name: options.name ?? "imapd",
    note: `imapd on Deno ${Deno.version.deno}, a fresh Deno KV file`,
    hostname: "127.0.0.1",
    mayBlock: true,
    port: ports.get("imap") ?? 0,
    tlsPort: ports.get("imaps") ?? 0,
    ports,
    user,
    password,
    log,
    restart: async (meanwhile?: () => Promise<void>) => {
      await stop();
      await meanwhile?.();
      server = await launch(options, log, ports);
    },
    processes: () => processTree(server.child.pid),
    [Symbol.asyncDispose]: stop,
  };
}

interface Running {
  readonly child: Deno.ChildProcess;
  readonly ports: ReadonlyMap<DoorKind, number>;
  /** Settles when all that it wrote is in the log. */
  readonly logged: Promise<unknown>;
}

async function launch(
  options: ImapdOptions,
  log: string,
  wanted: ReadonlyMap<DoorKind, number>,
): Promise<Running> {
  const { directory, user, password, tls } = options;
  const kinds: DoorKind[] = ["imap", "imaps", ...options.doors ?? []];
  const child = new Deno.Command(Deno.execPath(), {
    args: imapdArguments(
      "serve",
      ...kinds.flatMap((kind) => [
        PORT_OPTIONS[kind],
        `${wanted.get(kind) ?? 0}`,
      ]),
      ...databaseIn(directory),
      ...["--user", `${user}:${password}`],
      ...(tls === undefined ? [] : ["--cert", tls.cert, "--key", tls.key]),
      ...(options.arguments ?? []),
    ),
    cwd: directory,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const file = await Deno.open(log, { create: true, append: true });
  const logged = copy(child.stderr, file);
  const ports = new Map<DoorKind, number>();
  const [lines, rest] = child.stdout.tee();
  const drained = rest.pipeTo(new WritableStream());
  if (!await within(30_000, readPorts(lines, kinds, ports))) {
    tryTo(() => child.kill("SIGKILL"));
    await logged;
    throw new Error(`imapd did not start:\n${await Deno.readTextFile(log)}`);
  }
  return { child, ports, logged: Promise.all([logged, drained]) };
}

/** Copies all bytes and closes the file; unlike `pipeTo`, it does not gather them first. */
async function copy(
  from: ReadableStream<Uint8Array<ArrayBuffer>>,
  file: Deno.FsFile,
): Promise<void> {
  using to = file;
  for await (const chunk of from) {
    for (let at = 0; at < chunk.length;) {
      at += await to.write(chunk.subarray(at));
    }
  }
}

/** Reads `listening KIND HOST:PORT` lines until all kinds are there; false when the output ends first. */
async function readPorts(
  output: ReadableStream<Uint8Array<ArrayBuffer>>,
  kinds: readonly DoorKind[],
  ports: Map<DoorKind, number>,
): Promise<boolean> {
  let text = "";
  for await (const chunk of output.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    for (const match of text.matchAll(/^listening (\S+) \S*:(\d+)\n/gm)) {
      ports.set(match[1] as DoorKind, Number(match[2]));
    }
    if (kinds.every((kind) => ports.has(kind))) return true;
  }
  return false;
}

/** Waits for the promise, but no longer than so many milliseconds; then the answer is undefined. */
async function within<T>(
  milliseconds: number,
  promise: Promise<T>,
): Promise<T | undefined> {
  const { promise: over, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(resolve, milliseconds, undefined);
  try {
    return await Promise.race([promise, over]);
  } finally {
    clearTimeout(timer);
  }
}

/** Runs what ends a process; it may have ended by itself. */
function tryTo(kill: () => void): void {
  try {
    kill();
  } catch { /* there is no such process any more */ }
}
