/**
 * `imapd init`: what a server needs before it starts.
 *
 * @module
 */

import { dirname, fromFileUrl, relative, resolve } from "@std/path";
import { loadOrMakeCertificate } from "../tls/self_signed_files.ts";
import { type Config, sampleConfig } from "../config.ts";
import {
  type Arguments,
  type CliCommand,
  CommandError,
  UsageError,
} from "./arguments.ts";
import { certificatePaths, hostNames } from "./certificates.ts";
import { databasePath, openDatabase } from "./database.ts";
import { print, printable } from "./terminal.ts";
import { newPassword } from "./new_password.ts";
import { userName } from "./user_name.ts";

/** See the module's text. */
export const initCommand: CliCommand = {
  name: "init",
  summary: "write a commented configuration, keys and a first user",
  usage: ["init [FILE] [OPTIONS]"],
  about: [
    "Writes a configuration with every setting and its default (default: imapd.yaml), makes a " +
    "self-signed certificate with its key, and a first user. A file that is there already is " +
    "left alone.",
    "The user's password is asked for on a terminal. Elsewhere, and with --generate, one is made " +
    "and printed.",
  ],
  options: [
    {
      name: "kv",
      placeholder: "PATH",
      help: "the database (default: ./imapd-data/imapd.kv)",
    },
    {
      name: "user",
      placeholder: "NAME",
      help: "name of the first user (default: user)",
    },
    {
      name: "password-stdin",
      help: "read the password from standard input, the first line of it",
    },
    { name: "generate", help: "make a password and print it" },
  ],
  needsKv: true,
  readsInput: true,
  run,
};

async function run(args: Arguments): Promise<number> {
  if (args.operands.length > 1) throw new UsageError("init takes one file");
  const [file = "imapd.yaml"] = args.operands;
  const kv = args.text("kv");
  const config: Config = kv === undefined ? {} : { kv };
  const path = databasePath(config);
  if (path === ":memory:" || /^https?:/.test(path)) {
    throw new UsageError("init needs a database file: --kv PATH");
  }
  const name = userName(args.text("user") ?? "user", {});
  const fromFile = relative(resolve(dirname(file)), resolve(path));
  await writeNew(file, sampleConfig({ kv: fromFile }));
  print(`wrote ${file}`);
  const [cert, key] = certificatePaths(path);
  await loadOrMakeCertificate(cert, key, hostNames());
  print(`self-signed certificate: ${cert}, key: ${key}`);
  await using database = await openDatabase(config);
  const { users } = database.storage;
  if (await users.get(name) !== undefined) {
    print(`user ${printable(name)} is there already`);
  } else {
    const { records, generated } = await newPassword(name, args, config, false);
    await users.set({
      name,
      ...records,
      disabled: false,
      created: Date.now(),
    });
    print(
      `user: ${printable(name)}` +
        (generated === undefined ? "" : `, password: ${generated}`),
    );
  }
  print("");
  print("Next: look through the configuration, then start the server:");
  print(`  ${program()} serve --config ${file}`);
  return 0;
}

/** How this program was called. */
function program(): string {
  if (Deno.build.standalone) return "imapd";
  const { mainModule } = Deno;
  const main = mainModule.startsWith("file:")
    ? relative(Deno.cwd(), fromFileUrl(mainModule))
    : mainModule;
  return `deno run -A ${main}`;
}

async function writeNew(path: string, text: string): Promise<void> {
  await Deno.mkdir(dirname(path), { recursive: true });
  try {
    await Deno.writeTextFile(path, text, { createNew: true, mode: 0o600 });
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) {
      throw new CommandError(`${path} is there already; it was left alone`);
    }
    throw error;
  }
}
