/**
 * The clients' packages: installed from Debian when they are missing and we are root.
 *
 * @module
 */

/** A command that a test needs, and the Debian package that has it. */
export interface Need {
  /** The command. */
  readonly command: string;
  /** The Debian package. */
  readonly package: string;
}

/** The clients, and what the harness itself needs. */
export const NEEDS = {
  mbsync: { command: "mbsync", package: "isync" },
  interimap: { command: "interimap", package: "interimap" },
  mutt: { command: "mutt", package: "mutt" },
  neomutt: { command: "neomutt", package: "neomutt" },
  tmux: { command: "tmux", package: "tmux" },
  curl: { command: "curl", package: "curl" },
  python: { command: "python3", package: "python3" },
  openssl: { command: "openssl", package: "openssl" },
  haproxy: { command: "haproxy", package: "haproxy" },
  fetchmail: { command: "fetchmail", package: "fetchmail" },
  getmail: { command: "getmail", package: "getmail6" },
  gsasl: { command: "gsasl", package: "gsasl" },
  mpop: { command: "mpop", package: "mpop" },
  swaks: { command: "swaks", package: "swaks" },
  dovecot: { command: "dovecot", package: "dovecot-imapd" },
} satisfies Record<string, Need>;

/** Returns the needs that stay unmet after what can be installed has been. */
export async function missing(needs: readonly Need[]): Promise<Need[]> {
  const absent = needs.filter((need) => !isThere(need.command));
  if (Deno.uid() !== 0) return absent;
  const packages = absent.map((need) => need.package)
    .filter((name) => !tried.has(name));
  if (packages.length === 0) return absent;
  for (const name of packages) tried.add(name);
  if (!await aptGet(["install", ...packages])) {
    await aptGet(["update"]);
    await aptGet(["install", ...packages]);
  }
  return needs.filter((need) => !isThere(need.command));
}

/** Packages that are not asked for again. */
const tried = new Set<string>();

function isThere(command: string): boolean {
  const path = `${Deno.env.get("PATH") ?? ""}:/usr/sbin:/usr/local/sbin`;
  return path.split(":").some((directory) => {
    try {
      const { isFile, mode } = Deno.statSync(`${directory}/${command}`);
      return isFile && ((mode ?? 0) & 0o111) !== 0;
    } catch {
      return false;
    }
  });
}

/** Runs apt-get, in a directory if one is given; false when it fails. */
export async function aptGet(
  args: readonly string[],
  directory?: string,
): Promise<boolean> {
  const options = ["-y", "--no-install-recommends"];
  try {
    const { success } = await new Deno.Command("apt-get", {
      args: ["-o", "DPkg::Lock::Timeout=120", ...options, ...args],
      ...(directory === undefined ? {} : { cwd: directory }),
      // At run level 1 a package's scripts start no service.
      env: { DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" },
      stdin: "null",
      stdout: "null",
      stderr: "inherit",
      signal: AbortSignal.timeout(300_000),
    }).output();
    return success;
  } catch {
    return false;
  }
}
