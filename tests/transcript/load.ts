/**
 * Finds the transcripts.
 *
 * @module
 */

import { fromFileUrl, join, relative } from "@std/path";
import { binaryString } from "../../testing/responses/bytes.ts";
import { parseScript } from "./parse_script.ts";
import type { Script } from "./script.ts";

const ROOT = fromFileUrl(new URL("../transcripts", import.meta.url));

/**
 * All transcripts whose path contains `filter`, in the order of their paths, once for each of their modes.
 * @throws {Error} when one of them cannot be read
 */
export function loadScripts(filter = ""): Script[] {
  return [...paths(ROOT)]
    .map((path) => [path, relative(ROOT, path)] as const)
    .filter(([, name]) => name.includes(filter))
    .sort(([, a], [, b]) => (a < b ? -1 : 1))
    .flatMap(([path, name]) => {
      const source = binaryString(Deno.readFileSync(path));
      const { modes } = parseScript(source, name);
      return modes.map((mode) => parseScript(source, name, mode));
    });
}

function* paths(folder: string): Generator<string> {
  for (const entry of Deno.readDirSync(folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory) yield* paths(path);
    else if (entry.name.endsWith(".imap")) yield path;
  }
}
