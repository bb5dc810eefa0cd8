/**
 * Writes the table of capabilities in the README from the list of extensions; with `--check` it says whether the
 * table is as it would write it.
 *
 * @module
 */

import { DEFAULT_LIMITS } from "../protocol/limits.ts";
import { extensions } from "../protocol/imap/extensions/mod.ts";
import { markdownTable, putSection } from "./readme_section.ts";

/** What is offered where everything is there. */
function offered(): string[] {
  const context = {
    mayLogin: false,
    mechanisms: ["PLAIN"],
    canStartTls: true,
    limits: { ...DEFAULT_LIMITS, messageLimit: 1_000 },
  };
  const contexts = [
    { ...context, authenticated: true, utf8Only: false },
    { ...context, authenticated: true, utf8Only: true },
    { ...context, authenticated: false, utf8Only: false },
    // What only a limit of its own offers.
    {
      ...context,
      authenticated: true,
      utf8Only: false,
      limits: { ...DEFAULT_LIMITS, saveLimit: 1_000 },
    },
  ];
  const names = contexts.flatMap((context) =>
    extensions.flatMap((extension) => extension.capabilities?.(context) ?? [])
  );
  return [...new Set(names)];
}

const documents = new Map(
  extensions.flatMap(({ documents = {} }) => Object.entries(documents)),
);

/** An RFC by its number, a draft by its name. */
function title(document: string): string {
  return document.startsWith("draft-") ? document : `RFC ${document}`;
}

/** The row of a capability: its name and where it is defined. */
function row(capability: string): [string, string] {
  for (const [name, document] of documents) {
    if (capability === name) return [name, title(document)];
    const isPrefix = name.endsWith("=") && capability.startsWith(name);
    if (isPrefix) return [`${name}…`, title(document)];
  }
  throw new Error(`${capability}: its extension names no document`);
}

const rows = [["capability", "defined in"], ...offered().sort().map(row)];
await putSection("capabilities", markdownTable(rows));
