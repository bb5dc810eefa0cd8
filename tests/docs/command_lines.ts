/**
 * Command lines in examples of the shell.
 *
 * @module
 */

import { fromFileUrl } from "@std/path";

/** A use of the program. */
export interface CommandLine {
  /** The command; `serve` when none is named. */
  readonly command: string;
  /** The options, without their dashes. */
  readonly options: readonly string[];
}

/** The ways in which an example calls the program. */
const PROGRAM =
  /^\s*(?:sudo (?:-u \S+ )?)?(?:imapd|deno run [^\n]*?(?:jsr:@x\/imapd|mod\.ts))(?=\s|$)/;

/** The uses of the program in a text for the shell. */
export function commandLines(text: string): CommandLine[] {
  return text.replace(/\\\n/g, " ").split("\n")
    .map((line) => line.replace(/(^|\s)#.*$/, ""))
    .flatMap((line) => line.split(/\s*(?:\||&&|;|\bdo\b)\s*/))
    .flatMap((part) => {
      const called = PROGRAM.exec(part);
      if (called === null) return [];
      const words = part.slice(called.index + called[0].length).trim()
        .split(/\s+/);
      const [first = ""] = words;
      const options = words.flatMap((word) =>
        /^--([a-z0-9-]+)/.exec(word)?.[1] ?? []
      );
      return [{ command: /^[a-z]/.test(first) ? first : "serve", options }];
    });
}

const MAIN = fromFileUrl(new URL("../../mod.ts", import.meta.url));

/** The help pages of commands; those that there are not are missing. */
export async function knownCommands(
  names: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const pages = await Promise.all(
    [...new Set(names)].map(async (name): Promise<[string, string][]> => {
      const { success, stdout } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--no-check", MAIN, "help", name],
        stderr: "null",
      }).output();
      return success ? [[name, new TextDecoder().decode(stdout)]] : [];
    }),
  );
  return new Map(pages.flat());
}
