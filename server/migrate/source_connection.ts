/**
 * A connection to the server that mail comes from.
 *
 * @module
 */

import type { ImapFlow } from "imapflow";
import { isLoopback, type SourceAddress } from "./source_address.ts";

/** Whether a connection that begins without TLS goes over to it. */
export const STARTTLS_KINDS = ["auto", "always", "never"] as const;
/** See {@linkcode STARTTLS_KINDS}. */
export type StartTlsKind = typeof STARTTLS_KINDS[number];

/** How connections are made. */
export interface SourceConnectOptions {
  /** Where to. */
  readonly address: SourceAddress;
  /** The name to log in with. */
  readonly user: string;
  /** The password. */
  readonly password: string;
  /** `auto` takes STARTTLS where it is offered, and wants it for other machines than this one. */
  readonly starttls: StartTlsKind;
  /** Certificates to trust, PEM; those of the system by default. */
  readonly ca?: string;
  /** Whether any certificate will do. */
  readonly allowUntrusted: boolean;
  /** The largest message that is fetched, in bytes. */
  readonly maxMessageSize: number;
}

/** Room for what stands around a message in an answer. */
const ROOM = 1_048_576;

/** A server that says nothing for so long is not there any more, in milliseconds. */
const SILENCE = 120_000;

/** Connects and logs in. @throws what ImapFlow throws */
export async function connectSource(
  options: SourceConnectOptions,
): Promise<ImapFlow> {
  const { address: { host, port, secure }, user, password } = options;
  // Loaded here: no other command has a use for it.
  const { ImapFlow } = await import("imapflow");
  const client = new ImapFlow({
    host,
    port,
    secure,
    auth: { user, pass: password },
    ...starttlsOf(options),
    tls: {
      ...(options.ca === undefined ? {} : { ca: options.ca }),
      rejectUnauthorized: !options.allowUntrusted,
    },
    logger: false,
    disableAutoIdle: true,
    disableAutoEnable: true,
    disableCompression: true,
    socketTimeout: SILENCE,
    maxLiteralSize: options.maxMessageSize + ROOM,
    maxResponseSize: options.maxMessageSize + 2 * ROOM,
    maxLineLength: 64 * ROOM,
  });
  // Whoever waits for an answer is told too.
  client.on("error", () => {});
  try {
    await client.connect();
  } catch (error) {
    client.close();
    throw error;
  }
  return client;
}

function starttlsOf(
  { address, starttls }: SourceConnectOptions,
): { doSTARTTLS?: boolean } {
  if (address.secure) return {};
  if (starttls === "never") return { doSTARTTLS: false };
  const wanted = starttls === "always" || !isLoopback(address.host);
  return wanted ? { doSTARTTLS: true } : {};
}
