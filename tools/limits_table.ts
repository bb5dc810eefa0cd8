/**
 * Writes the table of limits in the README from where they are defined; with `--check` it says whether the table
 * is as it would write it.
 *
 * @module
 */

import { DEFAULT_LIMITS } from "../protocol/limits.ts";
import { MIME_LIMITS } from "../protocol/mime/limits.ts";
import { DEFAULTS } from "../server/options.ts";
import { SETTINGS } from "../server/settings.ts";
import { DEFAULT_STORAGE_LIMITS } from "../storage/limits.ts";
import { markdownTable, putSection } from "./readme_section.ts";

/** Settings of the server itself that bound what clients can take of it. */
const SERVER = [
  "maxConnections",
  "maxConnectionsBeforeLogin",
  "maxConnectionsPerUser",
  "maxConnectionsPerAddress",
  "handshakeTime",
  "batchSize",
] as const;

/** What the members of an interface say of themselves, without their defaults. */
async function documented(
  file: string,
  name: string,
): Promise<Map<string, string>> {
  const source = await Deno.readTextFile(new URL(file, import.meta.url));
  const [, body = ""] =
    new RegExp(`^export interface ${name} {\n(.*?)^}`, "ms").exec(source) ?? [];
  const members = body.matchAll(
    /\/\*\*((?:(?!\*\/)[^])*)\*\/\s*readonly (\w+)\??:/g,
  );
  return new Map(
    [...members].map(([, comment, member]) => [
      member!,
      comment!.replace(/^\s*\* ?/gm, "").replace(/\s+/g, " ")
        .replace(/ Default .*$/, "").replace(", in milliseconds", "").trim(),
    ]),
  );
}

/** A default with the unit in which it is read best. */
function shown(name: string, value: number): string {
  if (value === 0) return "none";
  if (/(Time|Delay|Wait|Wait\w+)$/.test(name)) {
    if (value % 60_000 === 0 && value > 60_000) return `${value / 60_000} min`;
    return value % 1_000 === 0 ? `${value / 1_000} s` : `${value} ms`;
  }
  for (const [unit, size] of [["MiB", 1_048_576], ["KiB", 1_024]] as const) {
    if (value % size === 0) return `${value / size} ${unit}`;
  }
  return value.toLocaleString("en");
}

async function rows(
  prefix: string,
  file: string,
  name: string,
  values: Readonly<Record<string, number>>,
): Promise<string[][]> {
  const texts = await documented(file, name);
  return Object.entries(values).map(([key, value]) => {
    const text = texts.get(key);
    if (text === undefined) throw new Error(`${name}.${key} says nothing`);
    const limit = prefix === "fixed" ? `${key} (fixed)` : `\`${prefix}${key}\``;
    return [limit, shown(key, value), text];
  });
}

const server = Object.fromEntries(SERVER.map((key) => {
  if (!SETTINGS.some((setting) => setting.key === key)) {
    throw new Error(`${key} is no setting`);
  }
  return [key, DEFAULTS[key]];
}));

await putSection(
  "limits",
  markdownTable([
    ["limit", "default", "what"],
    ...await rows("", "../server/options.ts", "ServeOptions", server),
    ...await rows(
      "limits.",
      "../protocol/limits.ts",
      "Limits",
      { ...DEFAULT_LIMITS },
    ),
    ...await rows(
      "storageLimits.",
      "../storage/limits.ts",
      "StorageLimits",
      { ...DEFAULT_STORAGE_LIMITS },
    ),
    ...await rows("fixed", "../protocol/mime/limits.ts", "MimeLimits", {
      ...MIME_LIMITS,
    }),
  ]),
);
