/**
 * Checks that folders depend one way: server → protocol → storage.
 *
 * Reads the module graph of `deno info --json` and names every import that goes against an arrow.
 *
 * @module
 */

interface Info {
  readonly modules: readonly {
    readonly specifier: string;
    readonly dependencies?: readonly {
      readonly code?: { readonly specifier?: string };
      readonly type?: { readonly specifier?: string };
    }[];
  }[];
}

/** A folder, and what it may import; a folder may always import from itself. */
const ARROWS: readonly [folder: string, may: readonly string[]][] = [
  ["storage/kv/", ["storage/", "deps/"]],
  ["storage/memory/", ["storage/", "deps/"]],
  ["storage/", ["deps/"]],
  ["protocol/wire/", ["deps/"]],
  ["protocol/mime/", ["deps/"]],
  ["protocol/sasl/", ["deps/"]],
  ["protocol/imap/commands/", [
    "protocol/imap/fetch/",
    "protocol/imap/search/",
    "protocol/imap/*",
    "protocol/*",
    "protocol/wire/",
    "protocol/mime/",
    "protocol/sasl/",
    "storage/*",
  ]],
  ["protocol/imap/", ["protocol/", "storage/*", "deps/"]],
  ["protocol/", ["storage/*", "deps/"]],
  ["server/cli/", ["server/", "protocol/", "storage/", "deps/", "deno.json"]],
  ["server/cli.ts", ["server/", "protocol/", "storage/", "deps/"]],
  ["server/", ["protocol/", "storage/*", "storage/memory/", "deps/"]],
];

/** `folder/*` means the files right in the folder. */
function allowed(target: string, rule: string): boolean {
  if (!rule.endsWith("*")) return target.startsWith(rule);
  const folder = rule.slice(0, -1);
  return target.startsWith(folder) &&
    !target.slice(folder.length).includes("/");
}

const root = new URL("../", import.meta.url).href;
const { stdout, success } = await new Deno.Command(Deno.execPath(), {
  args: ["info", "--json", new URL("mod.ts", root).href],
  stderr: "inherit",
}).output();
if (!success) Deno.exit(1);

const { modules } = JSON.parse(new TextDecoder().decode(stdout)) as Info;
let wrong = 0;
for (const module of modules) {
  if (!module.specifier.startsWith(root)) continue;
  const from = module.specifier.slice(root.length);
  const arrow = ARROWS.find(([folder]) => from.startsWith(folder));
  if (arrow === undefined) continue;
  const [folder, rules] = arrow;
  for (const dependency of module.dependencies ?? []) {
    const specifier = dependency.code?.specifier ?? dependency.type?.specifier;
    if (specifier === undefined || !specifier.startsWith(root)) continue;
    const to = specifier.slice(root.length);
    if (to.startsWith(folder) || rules.some((rule) => allowed(to, rule))) {
      continue;
    }
    console.error(`${from} must not import ${to}`);
    wrong++;
  }
}
console.log(
  wrong === 0 ? "All arrows point one way" : `${wrong} wrong imports`,
);
Deno.exit(wrong === 0 ? 0 : 1);
