/**
 * The program is all that its imports lead to. Nothing else is in the cache of one who fetches it, in a lock
 * file or in a compiled program; so nothing else may be loaded when it runs.
 */

import { assertEquals } from "@std/assert";
import { fromFileUrl, join, toFileUrl } from "@std/path";
import project from "../../deno.json" with { type: "json" };
import { type ModuleGraph, readGraph } from "./module_graph.ts";
import { ROOT, run } from "./publish.ts";

const HERE = toFileUrl(ROOT).href;

async function graphOf(entry: string): Promise<ModuleGraph> {
  const args = ["info", "--json", entry];
  return readGraph((await run(Deno.execPath(), args, { cwd: ROOT })).out);
}

/** Says of each import that is computed, and of each file that is named by the place of its module. */
const placesPlugin: Deno.lint.Plugin = {
  name: "places",
  rules: {
    named: {
      create(context) {
        return {
          ImportExpression(node) {
            if (node.source.type === "Literal") return;
            context.report({ node, message: "computed import" });
          },
          MetaProperty(node) {
            const [use, property] = context.sourceCode.getAncestors(node)
              .slice(-2);
            const text = property === undefined
              ? ""
              : context.sourceCode.getText(property);
            if (text === "import.meta.main") return;
            const [file] = use?.type === "NewExpression" &&
                context.sourceCode.getText(use.callee) === "URL"
              ? use.arguments
              : [];
            const literal = text === "import.meta.url" &&
              file?.type === "Literal";
            const message = literal ? `file ${file.value}` : text;
            context.report({ node, message });
          },
        };
      },
    },
  },
};

for (const entry of Object.values(project.exports)) {
  Deno.test(`${entry}: whatever it loads is imported by name`, async () => {
    const { modules } = await graphOf(entry);
    const wrong: string[] = [];
    let named = 0;
    for (const specifier of modules.keys()) {
      if (!specifier.startsWith(HERE) || !specifier.endsWith(".ts")) continue;
      const source = await Deno.readTextFile(fromFileUrl(specifier));
      const found = Deno.lint.runPlugin(placesPlugin, specifier, source);
      for (const { message } of found) {
        const [, file] = /^file (.*)/.exec(message) ?? [];
        const isImported = file !== undefined &&
          modules.has(new URL(file, specifier).href);
        if (isImported) named++;
        else wrong.push(`${specifier.slice(HERE.length)}: ${message}`);
      }
    }
    assertEquals(wrong, []);
    // What `new Worker` loads: to hash passwords, and to serve sessions of the program.
    assertEquals(named, entry === "./mod.ts" ? 2 : 1);
  });

  Deno.test(`${entry}: no native code but that of npm:@deno/kv, which is loaded where it is wanted`, async () => {
    const { modules, npmPackages } = await graphOf(entry);
    const native: string[] = [];
    for (const { name, localPath } of npmPackages) {
      if (await hasNativeCode(localPath)) native.push(name);
    }
    assertEquals(native.filter((name) => !name.startsWith("@deno/kv-")), []);
    const eager = [...modules.values()].flat().filter((
      { specifier, isDynamic = false },
    ) => specifier === "@deno/kv" && !isDynamic);
    assertEquals(eager, []);
  });
}

/** Whether a folder has an addon in it, made or to be made. */
async function hasNativeCode(folder: string): Promise<boolean> {
  try {
    for await (const { name, isDirectory } of Deno.readDir(folder)) {
      if (/\.node$|^binding\.gyp$/.test(name)) return true;
      if (isDirectory && await hasNativeCode(join(folder, name))) return true;
    }
  } catch (error) {
    // That of another system, which was not installed.
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return false;
}
