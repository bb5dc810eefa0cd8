/**
 * Runs the command line in processes of its own.
 *
 * @module
 */

import { fromFileUrl } from "@std/path";

const MAIN = fromFileUrl(new URL("../../mod.ts", import.meta.url));

/** What a command did. */
export interface Outcome {
  /** Its exit status. */
  readonly status: number;
  /** What it wrote to standard output. */
  readonly out: string;
  /** What it wrote to standard error. */
  readonly err: string;
}

/** What a command reads from standard input. */
export interface Input {
  /** The text. */
  readonly input: string;
}

/** Runs a command to its end. */
export async function imapd(
  ...args: readonly (string | Input)[]
): Promise<Outcome> {
  const input = args.find((arg) => typeof arg !== "string")?.input;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", MAIN, ...args.filter((arg) => typeof arg === "string")],
    stdin: input === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  if (input !== undefined) {
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(input));
    await writer.close();
  }
  const { code, stdout, stderr } = await child.output();
  const decoder = new TextDecoder();
  return {
    status: code,
    out: decoder.decode(stdout),
    err: decoder.decode(stderr),
  };
}

/** A server in a process of its own. */
export interface RunningServer extends AsyncDisposable {
  /** The number of its process. */
  readonly pid: number;
  /** The port of IMAP. */
  readonly port: number;
  /** The lines that it wrote to standard output. */
  readonly listening: readonly string[];
  /** What it has written to standard error. */
  readonly err: string;
  /** Sends a signal and waits for the end; returns the exit status. */
  stop(signal: Deno.Signal): Promise<number>;
  /** Sends a signal. */
  signal(signal: Deno.Signal): void;
  /** Waits until standard error has a text. */
  logged(text: string): Promise<void>;
}

/** Starts `imapd serve` on free ports and waits until it listens. */
export function startServer(
  ...args: readonly string[]
): Promise<RunningServer> {
  return startWith(["run", "-A", MAIN], args);
}

/** Where and by what a program is run, where that is not as usual. */
export interface Surroundings
  extends Pick<Deno.CommandOptions, "cwd" | "env" | "clearEnv"> {
  /** The program's file. Default: that of `deno`. */
  readonly command?: string;
}

/** As {@linkcode startServer}, with other arguments of `deno`, or by another program. */
export async function startWith(
  runtime: readonly string[],
  args: readonly string[],
  { command = Deno.execPath(), ...surroundings }: Surroundings = {},
): Promise<RunningServer> {
  const child = new Deno.Command(command, {
    ...surroundings,
    args: [...runtime, "serve", "--port", "0", "--tls-port", "0", ...args],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let err = "";
  let wake = () => {};
  const errDone = (async () => {
    const text = child.stderr.pipeThrough(new TextDecoderStream());
    for await (const chunk of text) {
      err += chunk;
      wake();
    }
  })();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let out = "";
  const doors = args.filter((arg) => /^--(pop3|lmtp)/.test(arg));
  while (out.split("\n").length < 3 + doors.length) {
    const { done, value } = await reader.read();
    if (done) break;
    out += value;
  }
  const end = async () => {
    const { code } = await child.status;
    await reader.cancel();
    await errDone;
    return code;
  };
  const port = Number(/^listening imap 127\.0\.0\.1:(\d+)$/m.exec(out)?.[1]);
  if (Number.isNaN(port)) throw new Error(`Status ${await end()}: ${err}`);
  let stopped: Promise<number> | undefined;
  const signal = (signal: Deno.Signal) => child.kill(signal);
  const stop = (name: Deno.Signal): Promise<number> => {
    if (stopped === undefined) signal(name);
    return stopped ??= end();
  };
  return {
    pid: child.pid,
    port,
    listening: out.trimEnd().split("\n"),
    get err() {
      return err;
    },
    signal,
    stop,
    async logged(text) {
      while (!err.includes(text)) {
        await new Promise<void>((resolve) => wake = resolve);
      }
    },
    async [Symbol.asyncDispose]() {
      await stop("SIGTERM");
    },
  };
}

/** Whether a name and a password log in. */
export async function login(
  server: { readonly port: number },
  user: string,
  password: string,
): Promise<boolean> {
  using conn = await Deno.connect({ port: server.port, hostname: "127.0.0.1" });
  await conn.write(
    new TextEncoder().encode(`a LOGIN ${user} ${password}\r\nb LOGOUT\r\n`),
  );
  let text = "";
  for await (
    const chunk of conn.readable.pipeThrough(new TextDecoderStream())
  ) {
    text += chunk;
    if (/^b /m.test(text)) break;
  }
  return /^a OK/m.test(text);
}

/** Calls back with a temporary folder. */
export async function withFolder(
  body: (dir: string) => Promise<void>,
): Promise<void> {
  const dir = await Deno.makeTempDir();
  try {
    await body(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}
