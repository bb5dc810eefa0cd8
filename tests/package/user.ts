/**
 * Somebody who has Deno, and nothing of this project but its name.
 *
 * @module
 */

import { dirname, join } from "@std/path";
import project from "../../deno.json" with { type: "json" };
import { type Outcome, type RunningServer, startWith } from "../cli/run.ts";
import { PACKAGE, publishedPackage, ROOT, run } from "./publish.ts";
import { Registry } from "./registry.ts";

/**
 * A folder, a cache of modules with nothing of the package in it, and a registry that has it. Packages of npm
 * come from the cache that runs the test, as far as it has them: they are not what is tested.
 */
export class User implements AsyncDisposable {
  /** The folder in which all commands run. */
  readonly dir: string;
  readonly #registry: Registry;
  readonly #env: Record<string, string>;
  readonly #imports: Record<string, string> = {};

  private constructor(dir: string, registry: Registry) {
    this.dir = dir;
    this.#registry = registry;
    this.#env = {
      DENO_DIR: join(dir, ".cache"),
      DENO_NO_UPDATE_CHECK: "1",
      JSR_URL: registry.url,
      NO_COLOR: "1",
      PATH: `${dirname(Deno.execPath())}:${Deno.env.get("PATH")}`,
    };
  }

  /** A new one. */
  static async create(): Promise<User> {
    const registry = new Registry([await publishedPackage()]);
    const user = new User(await Deno.makeTempDir(), registry);
    await Deno.mkdir(user.#env.DENO_DIR!);
    const { out } = await run(Deno.execPath(), ["info", "--json"]);
    const { npmCache } = JSON.parse(out) as { npmCache: string };
    await Deno.symlink(npmCache, join(user.#env.DENO_DIR!, "npm"));
    await user.addImports({ [project.name]: PACKAGE });
    return user;
  }

  /** Adds to the import map, as `deno add` does. */
  async addImports(more: Readonly<Record<string, string>>): Promise<void> {
    Object.assign(this.#imports, more);
    await this.write("deno.json", JSON.stringify({ imports: this.#imports }));
  }

  /** Writes a file into the folder. */
  async write(path: string, text: string): Promise<void> {
    await Deno.mkdir(dirname(join(this.dir, path)), { recursive: true });
    await Deno.writeTextFile(join(this.dir, path), text);
  }

  /** Copies files of the project into the folder. */
  async copy(from: string, ...names: string[]): Promise<void> {
    for (const name of names) {
      const text = await Deno.readTextFile(join(ROOT, from, name));
      await this.write(name, text);
    }
  }

  /** Runs `deno` to its end. */
  deno(...args: string[]): Promise<Outcome> {
    return this.run(Deno.execPath(), args);
  }

  /** Runs a command to its end, with more in its environment if that is wanted. */
  run(
    command: string,
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<Outcome> {
    const options = { cwd: this.dir, env: { ...this.#env, ...env } };
    return run(command, args, options);
  }

  /** Starts the program's `serve`, by `deno` or by another command, and waits until it listens. */
  serve(
    runtime: readonly string[],
    args: readonly string[],
    command: string = Deno.execPath(),
  ): Promise<RunningServer> {
    return startWith(runtime, args, {
      command,
      cwd: this.dir,
      env: this.#env,
    });
  }

  /** From here on there is no registry. */
  async goOffline(): Promise<void> {
    await this.#registry[Symbol.asyncDispose]();
  }

  /** Leaves nothing behind. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.goOffline();
    await Deno.remove(this.dir, { recursive: true });
  }
}
