/**
 * `imapd version`.
 *
 * @module
 */

import project from "../../deno.json" with { type: "json" };
import type { CliCommand } from "./arguments.ts";
import { print } from "./terminal.ts";

/** See the module's text. */
export const versionCommand: CliCommand = {
  name: "version",
  summary: "print the version",
  usage: ["version"],
  about: ["Prints the versions of imapd and of what it runs on."],
  options: [],
  needsKv: false,
  readsInput: false,
  run() {
    const { deno, v8 } = Deno.version;
    print(`imapd ${project.version} (deno ${deno}, v8 ${v8})`);
    return Promise.resolve(0);
  },
};
