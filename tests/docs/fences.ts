/**
 * The examples of the documentation: fenced blocks in Markdown files and in JSDoc.
 *
 * @module
 */

import { fromFileUrl, join } from "@std/path";

/** The project's folder. */
export const ROOT = fromFileUrl(new URL("../../", import.meta.url));

/** A fenced block. */
export interface Fence {
  /** The file, relative to the project. */
  readonly file: string;
  /** The line of the opening fence, from 1 on. */
  readonly line: number;
  /** What stands behind the opening fence: a language, then attributes such as `ignore`. */
  readonly info: readonly string[];
  /** What is between the fences. */
  readonly text: string;
}

/** The project's Markdown files that have examples: what readers are sent to. */
export async function guides(): Promise<string[]> {
  const files = ["README.md"];
  for await (const { name } of Deno.readDir(join(ROOT, "docs"))) {
    if (name.endsWith(".md")) files.push(`docs/${name}`);
  }
  return files.sort();
}

/** The modules that are published. */
export async function modules(): Promise<string[]> {
  const files = ["mod.ts", "testing.ts"];
  const folders = ["protocol", "server", "storage", "testing"];
  for (let folder = folders.pop(); folder; folder = folders.pop()) {
    for await (
      const { name, isDirectory } of Deno.readDir(join(ROOT, folder))
    ) {
      const path = `${folder}/${name}`;
      if (isDirectory) folders.push(path);
      else if (/(?<!_test)\.ts$/.test(name)) files.push(path);
    }
  }
  return files.sort();
}

/** The fenced blocks of a file: all of a Markdown file, those in comments of a module. */
export async function fencesOf(file: string): Promise<Fence[]> {
  const source = await Deno.readTextFile(join(ROOT, file));
  const margin = file.endsWith(".md") ? "" : String.raw`[ \t]*\* ?`;
  const opening = new RegExp(`^${margin}(\`{3,})([^\`]*)$`);
  const fences: Fence[] = [];
  const lines = source.split("\n");
  for (let at = 0; at < lines.length; at++) {
    const [, ticks, info] = opening.exec(lines[at]!) ?? [];
    if (ticks === undefined || info === undefined) continue;
    const strip = new RegExp(`^${margin}`);
    const text: string[] = [];
    const line = at + 1;
    for (at++; at < lines.length; at++) {
      const content = lines[at]!.replace(strip, "");
      if (content.trimEnd() === ticks) break;
      text.push(content);
    }
    const words = info.split(/[\s,]+/).filter((word) => word !== "");
    fences.push({ file, line, info: words, text: text.join("\n") });
  }
  return fences;
}

/** All fenced blocks of the documentation whose language is one of these. */
export async function examplesIn(
  ...languages: readonly string[]
): Promise<Fence[]> {
  const files = [...await guides(), ...await modules()];
  const fences = (await Promise.all(files.map(fencesOf))).flat();
  return fences.filter(({ info }) => languages.includes(info[0] ?? ""));
}
