/**
 * Faults by appointment: what is to go wrong, when, and for whom.
 *
 * @module
 */

/** What goes wrong. */
export type Fault =
  | { readonly type: "drop"; readonly executed: boolean }
  | { readonly type: "delay"; readonly time: number }
  | {
    readonly type: "no" | "bad" | "bye";
    readonly text: string;
    readonly code: string | undefined;
  }
  | { readonly type: "cutLiteral" | "cutUpload"; readonly after: number }
  | { readonly type: "silence" };

/**
 * The connection ends without a word.
 *
 * ```ts
 * import { drop, testServer } from "@x/imapd/testing";
 *
 * await using server = await testServer();
 * server.faults.on({ command: "APPEND", nth: 1 }, drop({ executed: true }));
 * ```
 *
 * @param options `executed`: the command is executed first, so that only its answer is lost. Default false.
 */
export function drop(options: { readonly executed?: boolean } = {}): Fault {
  return { type: "drop", executed: options.executed ?? false };
}

/**
 * The command is executed so many milliseconds later.
 *
 * ```ts
 * import { delay, testServer } from "@x/imapd/testing";
 *
 * await using server = await testServer();
 * server.faults.on({ command: "SELECT", times: 3 }, delay(50));
 * ```
 */
export function delay(milliseconds: number): Fault {
  return { type: "delay", time: count(milliseconds) };
}

/**
 * The command is not executed but answered `NO [code] text`.
 *
 * ```ts
 * import { no, testServer } from "@x/imapd/testing";
 *
 * await using server = await testServer();
 * server.faults.on({ command: "APPEND" }, no("Mailbox is full", "OVERQUOTA"));
 * ```
 */
export function no(text = "Refused", code?: string): Fault {
  return { type: "no", text, code };
}

/**
 * The command is not executed but answered `BAD [code] text`.
 *
 * ```ts
 * import { bad, testServer } from "@x/imapd/testing";
 *
 * await using server = await testServer();
 * server.faults.on({ command: "IDLE" }, bad("What is IDLE?"));
 * ```
 */
export function bad(text = "Not understood", code?: string): Fault {
  return { type: "bad", text, code };
}

/**
 * The command is not executed; the server says `* BYE [code] text` and ends the connection.
 *
 * ```ts
 * import { bye, testServer } from "@x/imapd/testing";
 *
 * await using server = await testServer();
 * server.faults.on({ command: "CONNECT" }, bye("Later", "UNAVAILABLE"));
 * ```
 */
export function bye(text = "Going away", code?: string): Fault {
  return { type: "bye", text, code };
}

/**
 * The connection ends after so many bytes of the first literal in the answer.
 *
 * ```ts
 * import { cutLiteral, testServer } from "@x/imapd/testing";
 *
 * await using server = await testServer();
 * server.faults.on({ command: "UID FETCH", nth: 2 }, cutLiteral(100));
 * ```
 */
export function cutLiteral(after = 0): Fault {
  return { type: "cutLiteral", after: count(after) };
}

/**
 * The connection ends when so many bytes of the command's first literal have come, as in APPEND.
 *
 * ```ts
 * import { cutUpload, testServer } from "@x/imapd/testing";
 *
 * await using server = await testServer();
 * server.faults.on({ command: "APPEND", user: "alice" }, cutUpload(512));
 * ```
 */
export function cutUpload(after = 0): Fault {
  return { type: "cutUpload", after: count(after) };
}

/**
 * The command is neither executed nor answered; the connection stays, and is as good as dead.
 *
 * ```ts
 * import { silence, testServer } from "@x/imapd/testing";
 *
 * await using server = await testServer();
 * server.faults.on({ command: "NOOP" }, silence());
 * ```
 */
export function silence(): Fault {
  return { type: "silence" };
}

function count(number: number): number {
  if (!(number >= 0 && number < 2 ** 31)) {
    throw new RangeError(`${number} is no number of bytes or milliseconds`);
  }
  return number;
}

/** When something goes wrong. What is not said fits everything. */
export interface FaultMatch {
  /**
   * The command's name, such as `FETCH` or `UID FETCH`, in any case; `CONNECT` is the beginning of a
   * connection, before its greeting. Default: every command, but not `CONNECT`.
   */
  readonly command?: string;
  /** Who gives it; nobody before login. */
  readonly user?: string;
  /** Only the n-th of those that fit, counted from 1 when the fault was set. */
  readonly nth?: number;
  /** How many times it happens before the fault removes itself. Default 1 with `nth`, else no end. */
  readonly times?: number;
}

/** A fault that has been set. */
export interface FaultHandle extends Disposable {
  /** How many times it has happened. */
  readonly happened: number;
  /** Takes it away; harmless when done twice. */
  remove(): void;
}

/** The faults of a test server. */
export interface Faults {
  /**
   * Sets a fault. Of several that fit, the one set first happens.
   *
   * ```ts
   * import { no, testServer } from "@x/imapd/testing";
   *
   * await using server = await testServer();
   * using fault = server.faults.on({ command: "LOGIN", nth: 2 }, no("Not now"));
   * console.log(fault.happened);
   * ```
   *
   * @throws {TypeError} for a fault that cannot happen there
   */
  on(match: FaultMatch, fault: Fault): FaultHandle;
  /** Takes all of them away. */
  clear(): void;
}
