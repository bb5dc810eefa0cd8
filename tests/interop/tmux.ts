/**
 * A terminal for clients that draw on one: tmux with a server process of its own.
 *
 * @module
 */

import { join } from "@std/path";
import { eventually, run } from "./process.ts";

/** A program in a terminal of 120 columns and 40 lines. */
export interface Terminal extends AsyncDisposable {
  /** Types keys; names such as `Enter` and `C-c` are keys, all else is text. */
  readonly type: (...keys: readonly string[]) => Promise<void>;
  /** What is on the screen now. */
  readonly screen: () => Promise<string>;
  /** Waits until the screen matches; a failure shows what was on it instead. */
  readonly see: (pattern: RegExp) => Promise<string>;
  /** Waits until the program has ended. */
  readonly ended: () => Promise<void>;
}

/** Starts a program in a terminal. */
export async function openTerminal(
  directory: string,
  command: readonly string[],
): Promise<Terminal> {
  const socket = join(directory, `tmux-${crypto.randomUUID().slice(0, 8)}`);
  const tmux = async (...args: readonly string[]): Promise<string> =>
    (await run("tmux", ["-u", "-S", socket, "-f", "/dev/null", ...args]))
      .output;
  await tmux(
    ...["new-session", "-d", "-x", "120", "-y", "40"],
    command.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" "),
  );
  const alive = async (): Promise<boolean> => {
    const args = ["-S", socket, "has-session"];
    return (await run("tmux", args, { mayFail: true })).code === 0;
  };
  const screen = async (): Promise<string> =>
    await alive() ? await tmux("capture-pane", "-p") : "(ended)";
  const see = async (pattern: RegExp): Promise<string> => {
    try {
      return await eventually(`${pattern}`, async () => {
        const text = await screen();
        return pattern.test(text) ? text : undefined;
      });
    } catch (error) {
      const text = (await screen()).trimEnd();
      throw new Error(`${(error as Error).message} on the screen:\n${text}`);
    }
  };
  return {
    type: async (...keys) => void await tmux("send-keys", ...keys),
    screen,
    see,
    ended: () =>
      eventually(
        "the program's end",
        async () => await alive() ? undefined : true,
      ).then(() => {}),
    [Symbol.asyncDispose]: async () => {
      await run("tmux", ["-S", socket, "kill-server"], { mayFail: true });
    },
  };
}

/** Makes a pattern of texts that stand for themselves (first, third ...) and patterns between them. */
export function text(...parts: readonly string[]): RegExp {
  const escaped = parts.map((part, n) =>
    n % 2 === 0 ? part.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&") : part
  );
  return new RegExp(escaped.join(""));
}
