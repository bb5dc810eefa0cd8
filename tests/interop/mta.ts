/**
 * Mail servers that deliver to imapd by LMTP, each with a configuration, a queue and a port of its own.
 *
 * @module
 */

import { eventually, fromBytes } from "./process.ts";

/** The domain that a mail server hands on to imapd; it takes no mail for others. */
export const DOMAIN = "example.org";

/** Where a mail server delivers to. */
export type Route =
  /** A port of 127.0.0.1. */
  | { readonly port: number; readonly tls: boolean }
  /** A socket in the file system. */
  | { readonly socket: string };

/** A mail server that can be started. */
export interface MtaProgram {
  /** Its name. */
  readonly name: string;
  /** Why it cannot be started; undefined when it can. */
  readonly skip: string | undefined;
  /** Starts it; the directory is its own, and made. */
  start(directory: string, route: Route): Promise<Mta>;
}

/** A running mail server. It tries every second to deliver what is queued. */
export interface Mta extends AsyncDisposable {
  /** The port of SMTP, on 127.0.0.1. */
  readonly port: number;
  /** Whether it hands over messages for addresses in UTF-8 (RFC 6531). */
  readonly smtpUtf8: boolean;
  /** How many messages are queued. */
  queued(): Promise<number>;
  /** Hands a message over on the command line, lines ended by LF, as programs on the same machine do. */
  sendmail(
    sender: string,
    recipients: readonly string[],
    source: string,
  ): Promise<void>;
  /** What it has logged. */
  log(): Promise<string>;
}

/** Waits until a mail server has nothing to deliver any more. */
export async function untilDelivered(mta: Mta): Promise<void> {
  try {
    await eventually(
      "an empty queue",
      async () => await mta.queued() === 0 ? true : undefined,
    );
  } catch (error) {
    const tail = (await mta.log()).split("\n").slice(-40).join("\n");
    throw new Error(`${(error as Error).message}\n${tail}`);
  }
}

/** Waits until something is in the log. */
export async function untilLogged(mta: Mta, pattern: RegExp): Promise<void> {
  await eventually(
    `${pattern} in the log`,
    async () => pattern.test(await mta.log()) ? true : undefined,
  );
}

/** Reads a log file; empty before there is one. */
export async function readLog(path: string): Promise<string> {
  try {
    return fromBytes(await Deno.readFile(path));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}
