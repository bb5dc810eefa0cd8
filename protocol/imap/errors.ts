/**
 * The three ways in which a command fails on purpose. They are caught in one place, the connection; anything
 * else that is thrown is a fault of ours.
 *
 * @module
 */

import { StorageError } from "../../storage/model.ts";
import { ParseError } from "../wire/decoder.ts";

/**
 * A tagged `NO`: the command was understood and is refused (RFC 9051 § 7.1.2).
 *
 * ```ts
 * import { No, serve } from "@x/imapd";
 *
 * await using server = serve({
 *   port: 0,
 *   callbacks: {
 *     createMailbox({ mailbox }, next) {
 *       if (mailbox.name.includes("/")) throw new No("CANNOT", "One level is enough");
 *       return next();
 *     },
 *   },
 * });
 * console.log(server.addr.port);
 * ```
 */
export class No extends Error {
  /** The response code without its brackets, such as `TRYCREATE`; undefined for none. */
  readonly code: string | undefined;
  /** Refuses with a response code of RFC 5530 or another, and a sentence for people. */
  constructor(code: string | undefined, text: string) {
    super(text);
    this.name = "No";
    this.code = code;
  }
}

/**
 * A tagged `BAD`: the command was not understood (RFC 9051 § 7.1.3).
 *
 * ```ts
 * import { Bad, serve } from "@x/imapd";
 *
 * await using server = serve({
 *   port: 0,
 *   callbacks: {
 *     command({ name }, next) {
 *       if (name === "COPY") throw new Bad("There is no COPY here");
 *       return next();
 *     },
 *   },
 * });
 * console.log(server.addr.port);
 * ```
 */
export class Bad extends Error {
  /** The response code without its brackets, or undefined. */
  readonly code: string | undefined;
  /** Rejects with a sentence for people and perhaps a response code. */
  constructor(text: string, code?: string) {
    super(text);
    this.name = "Bad";
    this.code = code;
  }
}

/** An untagged `BYE` and the end of the connection (RFC 9051 § 7.1.5). */
export class Bye extends Error {
  /** The response code without its brackets, or undefined. */
  readonly code: string | undefined;
  /** Ends with a sentence for people and perhaps a response code. */
  constructor(text: string, code?: string) {
    super(text);
    this.name = "Bye";
    this.code = code;
  }
}

/** What an error thrown by a command means to the client; undefined when it is a fault of ours. */
export function refusalOf(error: unknown): No | Bad | Bye | undefined {
  if (error instanceof No || error instanceof Bad || error instanceof Bye) {
    return error;
  }
  if (error instanceof ParseError) return new Bad(error.message);
  if (error instanceof StorageError) return new No(error.code, error.message);
  return undefined;
}
