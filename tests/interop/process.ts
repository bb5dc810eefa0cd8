/**
 * Child processes of the tests: bounded in time, and never left behind.
 *
 * @module
 */

/** How a command is run. */
export interface RunOptions {
  /** What it reads from standard input. */
  readonly input?: string;
  /** Environment variables beside those of the test. */
  readonly env?: Readonly<Record<string, string>>;
  /** The longest it may take, in milliseconds; 60,000 unless told. */
  readonly limit?: number;
  /** Whether another exit status than 0 is an answer and not a failure. */
  readonly mayFail?: boolean;
}

/** What a command wrote, and how it ended. */
export interface RunResult {
  /** Exit status. */
  readonly code: number;
  /** Standard output, its bytes as ISO 8859-1. */
  readonly output: string;
  /** Standard error, its bytes as ISO 8859-1. */
  readonly errors: string;
}

/** Runs a command to its end; throws with its output when it fails or takes too long. */
export async function run(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<RunResult> {
  const limit = options.limit ?? 60_000;
  const child = new Deno.Command(command, {
    args: [...args],
    env: { LC_ALL: "C.UTF-8", ...options.env },
    stdin: options.input === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    child.kill("SIGKILL");
  }, limit);
  try {
    const feeding = options.input === undefined
      ? Promise.resolve()
      : feed(child.stdin, options.input);
    const { code, stdout, stderr } = await child.output();
    await feeding;
    const output = fromBytes(stdout);
    const errors = fromBytes(stderr);
    if (late || (code !== 0 && options.mayFail !== true)) {
      const end = late ? `took more than ${limit} ms` : `ended with ${code}`;
      throw new Error(
        `${command} ${args.join(" ")} ${end}\n${output}\n${errors}`,
      );
    }
    return { code, output, errors };
  } finally {
    clearTimeout(timer);
  }
}

/** Ends what still runs with a file of the directory on its command line, after a test that did not end. */
export function endAllOf(directory: string): void {
  for (const { name } of [...Deno.readDirSync("/proc")]) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === Deno.pid) continue;
    try {
      const words = Deno.readTextFileSync(`/proc/${pid}/cmdline`);
      if (words.includes(`${directory}/`)) Deno.kill(pid, "SIGKILL");
    } catch { /* it has ended */ }
  }
}

async function feed(
  stream: WritableStream<Uint8Array<ArrayBuffer>>,
  input: string,
): Promise<void> {
  const writer = stream.getWriter();
  try {
    await writer.write(new TextEncoder().encode(input));
    await writer.close();
  } catch { /* it ended before it had read all */ }
}

/** Makes a string of bytes, one character a byte; what the tests compare. */
export function fromBytes(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 8_192) {
    text += String.fromCharCode(...bytes.subarray(at, at + 8_192));
  }
  return text;
}

/** Makes bytes of a string of which each character is a byte. */
export function toBytes(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** Calls `probe` until it returns something, at most for so many milliseconds. */
export async function eventually<T>(
  what: string,
  probe: () => Promise<T | undefined>,
  limit = 20_000,
): Promise<T> {
  const deadline = Date.now() + limit;
  for (;;) {
    const value = await probe();
    if (value !== undefined) return value;
    if (Date.now() > deadline) throw new Error(`In vain waited for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
