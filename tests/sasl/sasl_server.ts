/**
 * A server as mechanisms see it, for tests of exchanges without a connection.
 *
 * @module
 */

import type { Exchange, Step } from "../../protocol/sasl/exchange.ts";
import type {
  ChannelBinding,
  SaslBackend,
  SaslServer,
} from "../../protocol/sasl/server.ts";
import { saslBackend, type SaslOptions } from "../../server/sasl/mod.ts";
import {
  inlineUsers,
  type KnownUser,
  prepareUserName,
  SCRAM_HASHES,
} from "../../server/users.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** What a {@linkcode saslServer} is made of. */
export interface SaslSetup {
  /** Passwords by name; default alice's, `secret`. */
  readonly passwords?: Readonly<Record<string, string>>;
  /** Users with records, in place of the passwords. */
  readonly records?: readonly KnownUser[];
  /** Options of SASL. */
  readonly options?: SaslOptions;
  /** What comes again at each start. */
  readonly secret?: string;
  /** Whether names compare without case. */
  readonly caseInsensitive?: boolean;
  /** What the backend is, in place of the server's own. */
  readonly backend?: SaslBackend;
  /** Data of channel bindings. */
  readonly bindings?: Partial<Record<ChannelBinding, Uint8Array>>;
  /** The name of the machine; default `localhost`. */
  readonly hostname?: string;
  /** The time; default now. */
  readonly now?: () => number;
}

/** A server whose users are alice, or those that are given. */
export function saslServer(setup: SaslSetup = {}): SaslServer {
  return {
    backend: setup.backend ?? backendOf(setup),
    hostname: setup.hostname ?? "localhost",
    secure: true,
    mayShowSecrets: true,
    clientCertificate: undefined,
    now: setup.now ?? Date.now,
    channelBinding: (type) => setup.bindings?.[type],
  };
}

function backendOf(setup: SaslSetup): SaslBackend {
  const { records, caseInsensitive = false } = setup;
  const { passwords = { alice: "secret" } } = setup;
  const store = inlineUsers(passwords, caseInsensitive);
  const prepare = (name: string) => prepareUserName(name, caseInsensitive);
  return saslBackend(
    setup.options ?? {},
    {
      lookedUp: true,
      knowsPasswords: records === undefined,
      scram: records === undefined ? SCRAM_HASHES : new Set(),
      prepare,
      async user(given) {
        const name = prepare(given);
        if (name === undefined) return undefined;
        return records === undefined
          ? await store.get(name)
          : records.find((user) => user.name === name);
      },
    },
    setup.secret,
  );
}

/** Says something, and what the server says to it is text: a challenge, or what comes with success. */
export async function say(
  exchange: Exchange,
  text: string | undefined,
): Promise<{ readonly step: Step; readonly text: string }> {
  const response = text === undefined ? undefined : encoder.encode(text);
  const step = await exchange.next(response);
  const bytes = "bytes" in step ? step.bytes : undefined;
  return { step, text: decoder.decode(bytes) };
}
