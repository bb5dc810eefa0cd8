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
  ["protocol/mime/", ["storage/join_bytes.ts", "deps/"]],
  ["protocol/sasl/", ["protocol/identity.ts", "deps/"]],
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
  ["testing/", ["server/", "protocol/", "storage/", "deps/"]],
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

/** The modules of the project that an entry leads to. */
async function modulesOf(entry: string): Promise<Info["modules"]> {
  const { stdout, success } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", new URL(entry, root).href],
    stderr: "inherit",
  }).output();
  if (!success) Deno.exit(1);
  const info = JSON.parse(new TextDecoder().decode(stdout)) as Info;
  return info.modules.filter(({ specifier }) => specifier.startsWith(root));
}

const wrong = new Set<string>();
for (const entry of ["mod.ts", "testing.ts"]) {
  for (const module of await modulesOf(entry)) {
    const from = module.specifier.slice(root.length);
    const arrow = ARROWS.find(([folder]) => from.startsWith(folder));
    if (arrow === undefined) continue;
    const [folder, rules] = arrow;
    for (const { code, type } of module.dependencies ?? []) {
      const specifier = code?.specifier ?? type?.specifier;
      if (specifier === undefined || !specifier.startsWith(root)) continue;
      const to = specifier.slice(root.length);
      if (to.startsWith(folder) || rules.some((rule) => allowed(to, rule))) {
        continue;
      }
      wrong.add(`${from} must not import ${to}`);
    }
  }
}
for (const line of wrong) console.error(line);
console.log(
  wrong.size === 0 ? "All arrows point one way" : `${wrong.size} wrong imports`,
);
Deno.exit(wrong.size === 0 ? 0 : 1);
