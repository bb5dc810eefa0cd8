/**
 * What the command line says about itself.
 *
 * @module
 */

import type { CliCommand, CliOption } from "./arguments.ts";

/** The width of a terminal that everybody has. */
const WIDTH = 80;

/** The page of all commands. */
export function overview(commands: readonly CliCommand[]): string {
  const width = Math.max(...commands.map(({ name }) => name.length)) + 3;
  return [
    "imapd is an IMAP server.",
    "",
    "Usage: imapd [COMMAND] [OPTIONS]",
    "",
    "Commands:",
    ...commands.map(({ name, summary }) => `  ${name.padEnd(width)}${summary}`),
    "",
    "No command means serve. imapd help COMMAND says more about one.",
    "Exit status: 0 all went well, 1 something failed, 2 wrong use.",
    "",
  ].join("\n");
}

/** The page of a command. */
export function commandHelp(command: CliCommand): string {
  const lines = command.usage.map((usage, index) =>
    `${index === 0 ? "Usage:" : "      "} imapd ${usage}`
  );
  for (const paragraph of command.about) {
    lines.push("", ...wrap(paragraph, WIDTH));
  }
  if (command.options.length > 0) {
    lines.push("", "Options:", ...optionLines(command.options));
  }
  return lines.join("\n") + "\n";
}

function optionLines(options: readonly CliOption[]): string[] {
  return options.flatMap((option) => {
    const value = option.placeholder === undefined
      ? ""
      : ` ${option.placeholder}`;
    const left = `  --${option.name}${value}`;
    const [first = "", ...rest] = wrap(option.help, WIDTH - 30);
    const indented = rest.map((line) => " ".repeat(30) + line);
    return left.length > 28
      ? [left, " ".repeat(30) + first, ...indented]
      : [left.padEnd(30) + first, ...indented];
  });
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
