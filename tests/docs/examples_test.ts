/**
 * The examples of the documentation are complete, and right where nobody runs them.
 *
 * `deno test --doc` runs every block of TypeScript and JavaScript as a test of its own. Here is what it does
 * not see to: that there are examples where users look for them, that those left out say why, and that
 * commands, configurations and links are what there is.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { dirname, join } from "@std/path";
import { parseConfig } from "../../server/config.ts";
import { commandLines, knownCommands } from "./command_lines.ts";
import { examplesIn, type Fence, fencesOf, guides, ROOT } from "./fences.ts";

const CODE = ["ts", "tsx", "typescript", "js", "javascript", "mts", "mjs"];

/** The blocks of code that cannot run here, by the comment in their first line. */
const LEFT_OUT = [
  "README.md: Runs until it is stopped, and keeps its mail in ./mail.",
  "docs/testing.md: For `node --test`, which has imapd in a process of its own.",
];

Deno.test("documentation: every example runs, but for those that say why not", async () => {
  const ignored = (await examplesIn(...CODE)).filter(({ info }) =>
    info.includes("ignore")
  );
  const reasons = ignored.map(({ file, text }) => {
    const reason = /^\/\/ (.+)$/m.exec(text.split("\n", 1)[0]!)?.[1];
    return `${file}: ${reason}`;
  });
  assertEquals(reasons, LEFT_OUT);
});

Deno.test("documentation: no code in a fence without a language", async () => {
  const bare = (await Promise.all((await guides()).map(fencesOf))).flat()
    .filter(({ info, text }) =>
      info.length === 0 && /^(import|export|const|await) /m.test(text)
    );
  assertEquals(bare.map(where), []);
});

Deno.test("documentation: every function and class of the package has an example", async () => {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--json", "mod.ts", "testing.ts"],
    cwd: ROOT,
    stderr: "null",
  }).output();
  const { nodes }: Documentation = JSON.parse(new TextDecoder().decode(stdout));
  const entries = Object.values(nodes);
  assertEquals(entries.length, 2);
  const without = entries.flatMap(({ symbols }) => symbols)
    .filter(({ declarations }) =>
      declarations.some(({ kind, jsDoc }) =>
        ["function", "class"].includes(kind) && !hasExample(jsDoc)
      )
    );
  assertEquals(without.map(({ name }) => name), []);
  for (const { module_doc } of entries) assert(hasExample(module_doc));
});

/** What of `deno doc --json` is looked at here. */
interface Documentation {
  readonly nodes: Readonly<
    Record<string, {
      readonly module_doc?: JsDoc;
      readonly symbols: readonly {
        readonly name: string;
        readonly declarations: readonly {
          readonly kind: string;
          readonly jsDoc?: JsDoc;
        }[];
      }[];
    }>
  >;
}

interface JsDoc {
  readonly doc?: string;
  readonly tags?: readonly { readonly kind: string; readonly doc?: string }[];
}

function hasExample(jsDoc: JsDoc | undefined): boolean {
  const texts = [jsDoc?.doc, ...(jsDoc?.tags ?? []).map(({ doc }) => doc)];
  return texts.some((text) => /^```ts$/m.test(text ?? ""));
}

Deno.test("documentation: configurations are read without complaint", async () => {
  const configurations = await examplesIn("yaml");
  assert(configurations.length > 0);
  for (const fence of configurations) parseConfig(fence.text, where(fence));
});

Deno.test("documentation: commands and their options exist", async () => {
  const lines = (await examplesIn("sh")).flatMap((fence) =>
    commandLines(fence.text).map((line) => ({ ...line, at: where(fence) }))
  );
  assert(lines.length > 0);
  const known = await knownCommands(lines.map(({ command }) => command));
  for (const { at, command, options } of lines) {
    const page = known.get(command);
    assert(page, `${at}: there is no command ${command}`);
    for (const option of options) {
      assertMatch(page, new RegExp(`--${option}\\b`), `${at}: ${command}`);
    }
  }
});

Deno.test("documentation: links between documents lead somewhere", async () => {
  const broken: string[] = [];
  for (const file of await guides()) {
    const text = await Deno.readTextFile(join(ROOT, file));
    for (const [, target] of text.matchAll(/\]\((?!https?:)([^)\s]+)\)/g)) {
      const [path = "", anchor] = target!.split("#");
      const to = path === "" ? file : join(dirname(file), path);
      if (!await leads(to, anchor)) broken.push(`${file}: ${target}`);
    }
  }
  assertEquals(broken, []);
});

async function leads(path: string, anchor?: string): Promise<boolean> {
  try {
    const { isFile } = await Deno.stat(join(ROOT, path));
    if (anchor === undefined || !isFile) return true;
  } catch {
    return false;
  }
  const text = await Deno.readTextFile(join(ROOT, path));
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    heading!.toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, "").replaceAll(
      " ",
      "-",
    )
  );
  return headings.includes(anchor);
}

function where({ file, line }: Fence): string {
  return `${file}:${line}`;
}
