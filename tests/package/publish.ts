/**
 * Publishes the project.
 *
 * @module
 */

import { fromFileUrl } from "@std/path";
import project from "../../deno.json" with { type: "json" };
import type { Outcome } from "../cli/run.ts";
import { type PublishedPackage, Registry } from "./registry.ts";

/** The project's folder. */
export const ROOT: string = fromFileUrl(new URL("../..", import.meta.url));

/** What a user writes to get the package. */
export const PACKAGE: string = `jsr:${project.name}`;

/** Runs a command to its end. */
export async function run(
  command: string,
  args: readonly string[],
  options: Pick<Deno.CommandOptions, "cwd" | "env" | "signal"> = {},
): Promise<Outcome> {
  const { code, stdout, stderr } = await new Deno.Command(command, {
    ...options,
    args: [...args],
    env: { NO_COLOR: "1", ...options.env },
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  return {
    status: code,
    out: decoder.decode(stdout),
    err: decoder.decode(stderr),
  };
}

let published: Promise<PublishedPackage> | undefined;

/**
 * The package as a registry gets it: the files that are published, with imports that need no import map. Made
 * once a process.
 */
export function publishedPackage(): Promise<PublishedPackage> {
  return published ??= publish();
}

async function publish(): Promise<PublishedPackage> {
  await using registry = new Registry();
  const { status, err } = await run(Deno.execPath(), [
    ...["publish", "--token", "any", "--no-provenance"],
    // Types are looked at where that is the test.
    ...["--allow-dirty", "--no-check"],
  ], { cwd: ROOT, env: { JSR_URL: registry.url } });
  const result = registry.package(project.name);
  if (status !== 0 || result === undefined) throw new Error(err);
  return result;
}
