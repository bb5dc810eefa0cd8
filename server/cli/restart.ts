/**
 * What Deno has behind flags: the program runs itself again with them.
 *
 * The parent does nothing but pass signals on and wait. The child hears of the parent's end, however it
 * came about, through its standard input, which the parent holds open; so killing the one ends the other.
 *
 * @module
 */

/** Set for a child whose standard input means its parent. */
const SUPERVISED = "IMAPD_SUPERVISED";
/** Set for every child, so that it does not start another. */
const RESTARTED = "IMAPD_RESTARTED";

const PERMISSIONS = [
  "env",
  "ffi",
  "import",
  "net",
  "read",
  "run",
  "sys",
  "write",
] as const;

/** Deno KV, and sockets that share a port. */
const FLAGS = ["--unstable-kv", "--unstable-net"];

/**
 * Runs the program again with the flags.
 * @param readsInput whether standard input is the command's own
 * @returns the exit status; undefined when the program may not, or it would not help
 */
export async function restart(
  args: readonly string[],
  readsInput: boolean,
): Promise<number | undefined> {
  // A compiled program is no runtime that takes flags. A child gets what its parent has only where that is
  // everything: permissions in part cannot be told.
  if (Deno.build.standalone || !await hasAllPermissions()) return undefined;
  if (Deno.env.has(RESTARTED)) return undefined;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", ...FLAGS, Deno.mainModule, ...args],
    stdin: readsInput ? "inherit" : "piped",
    stdout: "inherit",
    stderr: "inherit",
    env: { [RESTARTED]: "1", ...(readsInput ? {} : { [SUPERVISED]: "1" }) },
  }).spawn();
  const stopListening = onSignals(
    ["SIGINT", "SIGTERM", "SIGHUP"],
    (signal) => {
      try {
        child.kill(signal);
      } catch {
        // It has ended by itself.
      }
    },
  );
  const status = await child.status;
  stopListening();
  return status.code;
}

async function hasAllPermissions(): Promise<boolean> {
  for (const name of PERMISSIONS) {
    const { state } = await Deno.permissions.query(
      { name } as Deno.PermissionDescriptor,
    );
    if (state !== "granted") return false;
  }
  return true;
}

/** Whether a parent passes signals on: one that went to the whole process group then comes twice. */
export function isSupervised(): boolean {
  const env = Deno.permissions.querySync({ name: "env", variable: SUPERVISED });
  return env.state === "granted" && Deno.env.has(SUPERVISED);
}

/** Ends the process as soon as its parent has. */
export async function endWithParent(): Promise<never> {
  const byte = new Uint8Array(1);
  while (await Deno.stdin.read(byte) !== null);
  Deno.exit(1);
}

/** Listens to those signals that the system has; returns what ends that. */
export function onSignals(
  signals: readonly Deno.Signal[],
  listener: (signal: Deno.Signal) => void,
): () => void {
  const added = signals.filter((signal) =>
    Deno.build.os !== "windows" || signal === "SIGINT" || signal === "SIGHUP"
  ).map((signal) => ({ signal, listen: () => listener(signal) }));
  for (const { signal, listen } of added) {
    Deno.addSignalListener(signal, listen);
  }
  return () => {
    for (const { signal, listen } of added) {
      Deno.removeSignalListener(signal, listen);
    }
  };
}
