/**
 * Debian packages that are unpacked for one run of the tests and not installed: mail servers, of which a
 * system can have only one.
 *
 * @module
 */

import { join } from "@std/path";
import { aptGet } from "./packages.ts";
import { eventually, run } from "./process.ts";

/** What is to be unpacked. */
export interface Unpacking {
  /** The packages. */
  readonly packages: readonly string[];
  /** Programs whose libraries have to be there, as paths in the packages. */
  readonly programs: readonly string[];
  /** Where the packages have libraries of their own, as a path in them. */
  readonly libraryPath?: string;
  /** Packages of the other libraries; they are installed where one is missing. */
  readonly libraries: readonly string[];
}

/** Where the packages are, or why they cannot be used. */
export type Unpacked =
  | { readonly root: string; readonly skip?: undefined }
  | { readonly root?: undefined; readonly skip: string };

/** Unpacks packages of programs that need root; they are removed when the tests have ended. */
export async function unpack(what: Unpacking): Promise<Unpacked> {
  if (Deno.uid() !== 0) return { skip: "needs root" };
  const directory = await Deno.makeTempDir({ prefix: "imapd-interop-deb-" });
  const remove = () => Deno.removeSync(directory, { recursive: true });
  addEventListener("unload", remove);
  await Deno.chmod(directory, 0o755);
  if (!await download(what.packages, directory)) {
    return { skip: `needs the packages ${what.packages.join(", ")}` };
  }
  const root = join(directory, "root");
  for (const { name } of [...Deno.readDirSync(directory)]) {
    if (!name.endsWith(".deb")) continue;
    await run("dpkg", ["-x", join(directory, name), root]);
  }
  if (await lacksLibraries(root, what)) {
    await aptGet(["install", ...what.libraries]);
    if (await lacksLibraries(root, what)) {
      return { skip: `needs the packages ${what.libraries.join(", ")}` };
    }
  }
  return { root };
}

async function download(
  packages: readonly string[],
  directory: string,
): Promise<boolean> {
  // The directory is not open to the user that apt-get would become.
  const args = ["-o", "APT::Sandbox::User=root", "download", ...packages];
  if (await aptGet(args, directory)) return true;
  await aptGet(["update"]);
  return await aptGet(args, directory);
}

async function lacksLibraries(
  root: string,
  { programs, libraryPath = "" }: Unpacking,
): Promise<boolean> {
  const env = { LD_LIBRARY_PATH: join(root, libraryPath) };
  const paths = programs.map((program) => join(root, program));
  const { output } = await run("ldd", paths, { env, mayFail: true });
  return output.includes("not found");
}

/** Ends a program of unpacked packages, and all processes that run programs of the same packages. */
export async function endPrograms(
  main: Deno.ChildProcess,
  root: string,
): Promise<void> {
  signal(main.pid, "SIGTERM");
  const deadline = Date.now() + 5_000;
  await eventually("the end of the mail server", () => {
    const left = processesOf(root);
    if (Date.now() > deadline) {
      for (const pid of left) signal(pid, "SIGKILL");
    }
    return Promise.resolve(left.length === 0 ? true : undefined);
  });
  await main.status;
}

/** The processes that run programs of a directory. */
function processesOf(root: string): number[] {
  return Array.from(Deno.readDirSync("/proc"), ({ name }) => Number(name))
    .filter((pid) => {
      if (!Number.isInteger(pid)) return false;
      try {
        return Deno.readLinkSync(`/proc/${pid}/exe`).startsWith(`${root}/`);
      } catch {
        return false; // It has ended, or is a thread of the system's own.
      }
    });
}

function signal(pid: number, name: Deno.Signal): void {
  try {
    Deno.kill(pid, name);
  } catch { /* it has ended */ }
}
