/**
 * Writes the table of capabilities in the README from the list of extensions; with `--check` it says whether the
 * table is as it would write it.
 *
 * @module
 */

import { DEFAULT_LIMITS } from "../protocol/limits.ts";
import { extensions } from "../protocol/imap/extensions/mod.ts";

const BEGIN = "<!-- capabilities: made by tools/capability_table.ts -->\n";
const END = "<!-- end of capabilities -->\n";

/** What is offered where everything is there. */
function offered(): string[] {
  const context = {
    mayLogin: false,
    mechanisms: ["PLAIN"],
    canStartTls: true,
    limits: DEFAULT_LIMITS,
  };
  const names = [true, false].flatMap((authenticated) =>
    extensions.flatMap((extension) =>
      [true, false].flatMap((utf8Only) =>
        extension.capabilities?.({ ...context, authenticated, utf8Only }) ?? []
      )
    )
  );
  return [...new Set(names)];
}

const documents = new Map(
  extensions.flatMap(({ documents = {} }) => Object.entries(documents)),
);

/** The row of a capability: its name and where it is defined. */
function row(capability: string): [string, string] {
  for (const [name, rfc] of documents) {
    if (capability === name) return [name, `RFC ${rfc}`];
    const isPrefix = name.endsWith("=") && capability.startsWith(name);
    if (isPrefix) return [`${name}…`, `RFC ${rfc}`];
  }
  throw new Error(`${capability}: its extension names no document`);
}

function table(): string {
  const rows = [["capability", "defined in"], ...offered().sort().map(row)];
  const widths = [0, 1].map((column) =>
    Math.max(...rows.map((cells) => cells[column]!.length))
  );
  const lines = rows.map((cells) =>
    `| ${cells.map((cell, at) => cell.padEnd(widths[at]!)).join(" | ")} |`
  );
  const rule = `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`;
  return [lines[0], rule, ...lines.slice(1)].join("\n");
}

const readme = new URL("../README.md", import.meta.url);
const text = await Deno.readTextFile(readme);
const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)];
if (begin < 0 || end < begin) {
  throw new Error("README.md has no place for the table of capabilities");
}
const written = `${text.slice(0, begin)}${BEGIN}\n${table()}\n\n${
  text.slice(end)
}`;
if (!Deno.args.includes("--check")) {
  await Deno.writeTextFile(readme, written);
} else if (written !== text) {
  console.error("The table of capabilities is old: deno task table");
  Deno.exit(1);
}
