/**
 * KERBEROS_V4: RFC 1731 § 2.
 *
 * It rests on single DES, of which a key can be found by trying all of them, in a mode that does not protect what it
 * encrypts from being changed. There has been no server for its tickets for years. This is for those who still have
 * one, in a network that nobody listens to.
 *
 * @module
 */

import type { Exchange, Step } from "./exchange.ts";
import { decryptPcbc, DES_BLOCK, encryptDesBlock } from "./kerberos_v4_des.ts";
import {
  type KerberosV4Name,
  type KerberosV4Request,
  type KerberosV4Ticket,
  openAuthenticator,
  openTicket,
  parseRequest,
} from "./kerberos_v4_message.ts";
import type { KerberosV4Keys, Mechanism, SaslServer } from "./server.ts";

/** How far the clocks of clients may be off, in seconds; that of all libraries. */
const CLOCK_SKEW = 300;
/** The longest answer to the second challenge: eight octets, a name, and octets up to the end of a block. */
const MAX_CHOICE = 512;
/** "1 No protection mechanism", and no size of what is protected. */
const NO_PROTECTION = 1;

/** KERBEROS_V4. */
export const kerberosV4: Mechanism = {
  name: "KERBEROS_V4",
  isOffered: ({ backend }) =>
    backend?.kerberosV4 !== undefined && backend.mechanisms.has("KERBEROS_V4"),
  begin: (server) => new KerberosV4Exchange(server),
};

class KerberosV4Exchange implements Exchange {
  readonly #server: SaslServer;
  readonly #keys: KerberosV4Keys;
  readonly #nonce = crypto.getRandomValues(new Uint8Array(4));
  #challenged = false;
  #ticket: KerberosV4Ticket | undefined;
  #realm = "";

  constructor(server: SaslServer) {
    this.#server = server;
    this.#keys = server.backend!.kerberosV4!;
  }

  next(response: Uint8Array | undefined): Step | Promise<Step> {
    if (!this.#challenged) {
      // The server begins: there is nothing to respond to yet.
      if (response !== undefined) return BAD;
      this.#challenged = true;
      return { type: "challenge", bytes: this.#nonce };
    }
    return this.#ticket === undefined
      ? this.#accept(response!)
      : this.#finish(response!, this.#ticket);
  }

  #accept(response: Uint8Array): Step {
    const request = parseRequest(response);
    if (request === undefined) return BAD;
    const ticket = this.#openTicket(request);
    const authenticator = ticket &&
      openAuthenticator(request, ticket.sessionKey);
    if (ticket === undefined || authenticator === undefined) {
      return { type: "rejection", user: undefined };
    }
    const seconds = this.#server.now() / 1_000;
    const { client, checksum, time } = authenticator;
    if (
      !isSame(client, ticket.client, request.realm) ||
      Math.abs(seconds - time) > CLOCK_SKEW ||
      ticket.begins - seconds > CLOCK_SKEW || seconds > ticket.ends ||
      !this.#isNonce(checksum)
    ) return { type: "rejection", user: textOf(ticket.client) };
    this.#ticket = ticket;
    this.#realm = request.realm;
    // "8 octets of data, with the first four octets containing the incremented checksum"
    const proof = new Uint8Array(DES_BLOCK);
    const view = new DataView(proof.buffer);
    view.setUint32(0, new DataView(this.#nonce.buffer).getUint32(0) + 1);
    view.setUint8(4, NO_PROTECTION);
    return {
      type: "challenge",
      bytes: encryptDesBlock(ticket.sessionKey, proof),
    };
  }

  /** Decrypts the ticket by whichever key of ours it is for. */
  #openTicket(request: KerberosV4Request): KerberosV4Ticket | undefined {
    for (const own of this.#keys.find(request.realm, request.keyVersion)) {
      const ticket = openTicket(request.ticket, own.key);
      if (
        ticket?.service === own.service && ticket.instance === own.instance
      ) return ticket;
    }
    return undefined;
  }

  /**
   * "should contain the server provided 32-bit number in network byte order", which it does where the client's
   * numbers are in that order; the others write the number in theirs.
   */
  #isNonce(checksum: Uint8Array): boolean {
    return [checksum, checksum.toReversed()].some((octets) =>
      octets.every((octet, index) => octet === this.#nonce[index])
    );
  }

  async #finish(
    response: Uint8Array,
    { client, sessionKey }: KerberosV4Ticket,
  ): Promise<Step> {
    const { length } = response;
    if (length < 16 || length > MAX_CHOICE || length % DES_BLOCK !== 0) {
      return BAD;
    }
    const choice = decryptPcbc(sessionKey, response);
    const user = textOf(client);
    if (this.#nonce.some((octet, index) => octet !== choice[index])) {
      return { type: "rejection", user };
    }
    const end = choice.indexOf(0, DES_BLOCK);
    if (choice[4] !== NO_PROTECTION || end < 0) return BAD;
    const backend = this.#server.backend!;
    const identity = this.#hasUsers(client)
      ? await backend.account(client.name)
      : undefined;
    if (identity === undefined) return { type: "rejection", user };
    const wanted = decode(choice.subarray(DES_BLOCK, end));
    if (wanted === undefined) return BAD;
    if (wanted === "") return { type: "success", identity };
    const other = await backend.account(wanted);
    // To act for another needs a right that nobody has here.
    return other?.user === identity.user
      ? { type: "success", identity }
      : { type: "refusal", text: "You cannot act for another user" };
  }

  /** alice is a user, alice.root is not, and neither are those of other realms. */
  #hasUsers({ instance, realm }: KerberosV4Name): boolean {
    const realms = this.#keys.realms ?? [this.#realm];
    return instance === "" && realms.includes(realm || this.#realm);
  }
}

const BAD: Step = {
  type: "failure",
  text: "The response is not that of KERBEROS_V4",
};

function isSame(
  a: KerberosV4Name,
  b: KerberosV4Name,
  realm: string,
): boolean {
  return a.name === b.name && a.instance === b.instance &&
    (a.realm || realm) === (b.realm || realm);
}

function textOf({ name, instance, realm }: KerberosV4Name): string {
  return name + (instance && `.${instance}`) + (realm && `@${realm}`);
}

function decode(octets: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(octets);
  } catch {
    return undefined;
  }
}
