/**
 * SCRAM: RFC 5802, with SHA-256 RFC 7677. The client proves that it knows the password and the server that it knows
 * something of it, and neither learns it from what is said. `-PLUS` binds the proof to the TLS beneath (RFC 5929,
 * RFC 9266).
 *
 * A failure has no server-final-message (RFC 5802 § 5.1 leaves that to the server): clients get on best with the
 * answer that every failed login has.
 *
 * @module
 */

import { timingSafeEqual } from "node:crypto";
import type { Exchange, Step } from "./exchange.ts";
import { saslPrepared } from "./saslprep.ts";
import { digest, HASH_LENGTH, hmac, xor } from "./scram_keys.ts";
import {
  type ClientFirst,
  parseClientFinal,
  parseClientFirst,
} from "./scram_message.ts";
import type {
  ChannelBinding,
  Mechanism,
  SaslServer,
  ScramCredentials,
  ScramHash,
} from "./server.ts";

const encoder = new TextEncoder();

/** Channel bindings that a client may choose. */
const BINDINGS: readonly ChannelBinding[] = [
  "tls-server-end-point",
  "tls-exporter",
];

/** A mechanism with its particulars. */
interface Variant {
  readonly hash: ScramHash;
  /** Whether it binds the channel. */
  readonly plus: boolean;
  /** Makes the server's part of a nonce. */
  readonly makeNonce: () => string;
}

/** What has been said before the client's last message. */
interface Conversation {
  readonly user: string;
  readonly credentials: ScramCredentials;
  /** The nonce of both. */
  readonly nonce: string;
  /** What `c=` has to be. */
  readonly binding: string;
  /** client-first-message-bare and server-first-message. */
  readonly said: string;
}

/**
 * A mechanism of the family.
 * @param hash its hash function
 * @param plus whether it binds the channel
 * @param makeNonce makes the server's part of a nonce: printable ASCII without comma, another each time
 */
export function scram(
  hash: ScramHash,
  plus: boolean,
  makeNonce: () => string = randomNonce,
): Mechanism {
  const name = `SCRAM-${hash}${plus ? "-PLUS" : ""}`;
  return {
    name,
    isOffered: (server) =>
      server.backend?.scram !== undefined &&
      server.backend.mechanisms.has(name) && (!plus || canBind(server)),
    begin: (server) => begin(server, { hash, plus, makeNonce }),
  };
}

function begin(server: SaslServer, variant: Variant): Exchange {
  let conversation: Conversation | undefined;
  return {
    async next(response): Promise<Step> {
      if (response === undefined) return challenge("");
      if (conversation !== undefined) {
        return finish(variant, conversation, response);
      }
      const first = parseClientFirst(response);
      if (first === undefined) {
        return failure("The message is not that of SCRAM");
      }
      const user = await saslPrepared(first.user);
      if (user === undefined) return failure("The user name cannot be one");
      const refused = await refusalOf(server, variant, first, user);
      if (refused !== undefined) return refused;
      const credentials = await server.backend!.scram!(user, variant.hash);
      const nonce = first.nonce + variant.makeNonce();
      const { salt, iterations } = credentials;
      // server-first-message = nonce "," salt "," iteration-count
      const message = `r=${nonce},s=${salt.toBase64()},i=${iterations}`;
      conversation = {
        user,
        credentials,
        nonce,
        binding: bindingOf(server, first),
        said: `${first.bare},${message}`,
      };
      return challenge(message);
    },
  };
}

/** Why an exchange cannot go on after its first message; undefined when it can. */
async function refusalOf(
  server: SaslServer,
  { plus }: Variant,
  { flag, binding, authzid }: ClientFirst,
  user: string,
): Promise<Step | undefined> {
  if (plus !== (flag === "p")) {
    return failure(
      plus
        ? "This mechanism binds the channel"
        : "This mechanism does not bind the channel",
    );
  }
  // RFC 5802 § 6: somebody has taken -PLUS out of what the client was offered.
  if (flag === "y" && canBind(server)) return { type: "rejection", user };
  if (binding !== undefined && dataOf(server, binding) === undefined) {
    return failure("unsupported-channel-binding-type");
  }
  // To act for another needs a right that nobody has here.
  if (authzid !== undefined && await saslPrepared(authzid) !== user) {
    return { type: "refusal", text: "You cannot act for another user" };
  }
  return undefined;
}

/** Once there is a name, whatever is not the proof is a failed login. */
function finish(
  { hash }: Variant,
  { user, credentials, nonce, binding, said }: Conversation,
  response: Uint8Array,
): Step {
  const final = parseClientFinal(response);
  if (
    final === undefined || final.nonce !== nonce ||
    final.binding !== binding || final.proof.length !== HASH_LENGTH[hash]
  ) return { type: "rejection", user };
  const { identity, storedKey, serverKey } = credentials;
  const authMessage = `${said},${final.withoutProof}`;
  const clientKey = xor(final.proof, hmac(hash, storedKey, authMessage));
  const proved = timingSafeEqual(digest(hash, clientKey), storedKey);
  if (!proved || identity === undefined) return { type: "rejection", user };
  const signature = hmac(hash, serverKey, authMessage);
  const bytes = encoder.encode(`v=${signature.toBase64()}`);
  return { type: "success", identity, bytes };
}

// cbind-input = gs2-header [ cbind-data ]
function bindingOf(server: SaslServer, first: ClientFirst): string {
  const header = encoder.encode(first.header);
  const data = first.binding === undefined
    ? undefined
    : dataOf(server, first.binding);
  const input = new Uint8Array(header.length + (data?.length ?? 0));
  input.set(header);
  if (data !== undefined) input.set(data, header.length);
  return input.toBase64();
}

/** Whether a -PLUS is switched on, and there is something to bind to. */
function canBind(server: SaslServer): boolean {
  const mechanisms = [...server.backend?.mechanisms ?? []];
  return mechanisms.some((name) => /^SCRAM-.*-PLUS$/.test(name)) &&
    BINDINGS.some((name) => dataOf(server, name) !== undefined);
}

function dataOf(server: SaslServer, name: string): Uint8Array | undefined {
  const binding = BINDINGS.find((known) => known === name);
  return binding && server.channelBinding(binding);
}

function randomNonce(): string {
  return crypto.getRandomValues(new Uint8Array(18)).toBase64();
}

function challenge(text: string): Step {
  return { type: "challenge", bytes: encoder.encode(text) };
}

function failure(text: string): Step {
  return { type: "failure", text };
}
