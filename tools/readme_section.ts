/**
 * Parts of the README that are made from the code.
 *
 * @module
 */

const README = new URL("../README.md", import.meta.url);

/** A table in Markdown, formatted as `deno fmt` does it; the first row is its head. */
export function markdownTable(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) =>
    Math.max(...rows.map((cells) => cells[column]!.length))
  );
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, at) => cell.padEnd(widths[at]!)).join(" | ")} |`;
  const [head, ...body] = rows.map(line);
  return [head, line(widths.map((width) => "-".repeat(width))), ...body]
    .join("\n");
}

/**
 * Puts text between two comments of the README; with `--check` it says whether it stands there.
 * @param name of what stands there, as its comments have it
 */
export async function putSection(name: string, text: string): Promise<void> {
  const readme = await Deno.readTextFile(README);
  const [begin, end] = [
    new RegExp(`^<!-- ${name}: .* -->\n`, "m"),
    new RegExp(`^<!-- end of ${name} -->\n`, "m"),
  ].map((comment) => comment.exec(readme));
  if (!begin || !end || end.index < begin.index) {
    throw new Error(`README.md has no place for the ${name}`);
  }
  const head = readme.slice(0, begin.index + begin[0].length);
  const written = `${head}\n${text}\n\n${readme.slice(end.index)}`;
  if (!Deno.args.includes("--check")) {
    await Deno.writeTextFile(README, written);
  } else if (written !== readme) {
    console.error(`README.md has old ${name}: deno task table`);
    Deno.exit(1);
  }
}
