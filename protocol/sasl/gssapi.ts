/**
 * GSSAPI: RFC 4752, which took the place of RFC 1731 § 3: Kerberos 5.
 *
 * No security layer is offered: TLS protects what follows.
 *
 * @module
 */

import type { Exchange, Step } from "./exchange.ts";
import type {
  GssContext,
  Mechanism,
  SaslBackend,
  SaslServer,
} from "./server.ts";

const UTF8 = new TextDecoder("utf-8", { fatal: true });

/** A ticket with the groups of an active directory takes 48 KiB at the most there. */
const MAX_TOKEN = 65_536;
/** More tokens than Kerberos needs, which needs one. */
const MAX_TOKENS = 5;

/** The bit of "No security layer", and a maximum size of zero, as has to be then (RFC 4752 § 3.3). */
const NO_LAYER = 1;
const LAYERS = Uint8Array.of(NO_LAYER, 0, 0, 0);

/** GSSAPI. */
export const gssapi: Mechanism = {
  name: "GSSAPI",
  isOffered: ({ backend }) =>
    backend?.gssapi !== undefined && backend.mechanisms.has("GSSAPI"),
  begin: ({ backend }: SaslServer) => new GssapiExchange(backend!),
};

class GssapiExchange implements Exchange {
  readonly #backend: SaslBackend;
  #context: GssContext | undefined;
  #tokens = 0;
  /** What the next response is: a token of the context, nothing, or the layer that the client chooses. */
  #expected: "token" | "nothing" | "layer" = "token";

  constructor(backend: SaslBackend) {
    this.#backend = backend;
  }

  next(response: Uint8Array | undefined): Step | Promise<Step> {
    if (response === undefined) return challenge(new Uint8Array(0));
    switch (this.#expected) {
      case "token":
        return this.#accept(response);
      case "nothing":
        return response.length === 0 ? this.#offerLayers() : BAD;
      case "layer":
        return this.#finish(response);
    }
  }

  close(): void {
    this.#context?.close();
  }

  async #accept(token: Uint8Array): Promise<Step> {
    if (
      token.length === 0 || token.length > MAX_TOKEN ||
      ++this.#tokens > MAX_TOKENS
    ) return BAD;
    this.#context ??= this.#backend.gssapi!();
    let answer: Awaited<ReturnType<GssContext["accept"]>>;
    try {
      answer = await this.#context.accept(token);
    } catch {
      return { type: "rejection", user: undefined };
    }
    if (!answer.established) return challenge(answer.token);
    // "If the last call to GSS_Accept_sec_context returned an output_token, the server returns it to the client in
    // a challenge and expects a reply from the client with no data": RFC 4752 § 3.2
    if (answer.token.length === 0) return this.#offerLayers();
    this.#expected = "nothing";
    return challenge(answer.token);
  }

  #offerLayers(): Step {
    this.#expected = "layer";
    return challenge(this.#context!.wrap(LAYERS));
  }

  async #finish(response: Uint8Array): Promise<Step> {
    const { principal, user } = this.#context!;
    let message: Uint8Array;
    let authzid: string;
    try {
      message = this.#context!.unwrap(response);
      // Some clients end it as a string of C, which "is not terminated with the zero-valued octet".
      authzid = UTF8.decode(message.subarray(4)).replace(/\0$/, "");
    } catch {
      return { type: "rejection", user: principal };
    }
    // "verifies that the client has selected a security layer that was offered and that the client maximum buffer
    // is 0 if no security layer was chosen"
    if (message.length < 4 || !LAYERS.every((o, at) => o === message[at])) {
      return BAD;
    }
    const identity = user && await this.#backend.account(user);
    if (!identity) return { type: "rejection", user: principal };
    if (authzid === "") return { type: "success", identity };
    const other = await this.#backend.account(authzid);
    // To act for another needs a right that nobody has here.
    return other?.user === identity.user
      ? { type: "success", identity }
      : { type: "refusal", text: "You cannot act for another user" };
  }
}

const BAD: Step = {
  type: "failure",
  text: "The response is not that of GSSAPI",
};

function challenge(bytes: Uint8Array): Step {
  return { type: "challenge", bytes };
}
