/**
 * A context of the GSS-API, the server's side (RFC 2744).
 *
 * @module
 */

import type { GssContext } from "../../../protocol/sasl/server.ts";
import { type Credential, isKerberos } from "./credential.ts";
import type { Gss } from "./library.ts";
import {
  check,
  type HandleCell,
  handleCell,
  handleIn,
  inputBuffer,
  numberCell,
  OutputBuffer,
} from "./memory.ts";

// RFC 2744 Appendix A
const GSS_S_COMPLETE = 0;
const GSS_S_CONTINUE_NEEDED = 1;
const GSS_C_INTEG_FLAG = 32;

/** Principals of the two sides, such as `alice@EXAMPLE.COM` and `imap/mail.example.com@EXAMPLE.COM`. */
export interface Principals {
  /** Who has logged in. */
  readonly client: string;
  /** For which of the server's names. */
  readonly server: string;
}

/** What becomes of an established context. */
export interface Judge {
  /** The user whom a client's principal is for, or undefined. @throws when the server's is not one to log in to */
  user(principals: Principals): string | undefined;
  /** Told why a context was refused. */
  refused(error: unknown): void;
}

/** See {@linkcode GssContext}. */
export class AcceptedContext implements GssContext {
  readonly #gss: Gss;
  readonly #credential: Credential;
  readonly #judge: Judge;
  readonly #context: HandleCell = handleCell();
  /** What a call in another thread has the addresses of. */
  #call: AcceptCall | undefined;
  #closed = false;
  #principal = "";
  #user: string | undefined;

  constructor(gss: Gss, credential: Credential, judge: Judge) {
    this.#gss = gss;
    this.#credential = credential;
    this.#judge = judge;
  }

  get principal(): string {
    return this.#principal;
  }

  get user(): string | undefined {
    return this.#user;
  }

  async accept(
    token: Uint8Array,
  ): Promise<{ token: Uint8Array; established: boolean }> {
    if (this.#closed || this.#call !== undefined) {
      throw new TypeError("A context takes one token at a time");
    }
    const call = this.#call = new AcceptCall(token);
    try {
      const major = await this.#accept(call);
      const answer = call.output.take(this.#gss);
      check(this.#gss, major, call.minor);
      const established = major === GSS_S_COMPLETE;
      if (established) this.#judgeClient(call);
      else if (major !== GSS_S_CONTINUE_NEEDED) {
        throw new TypeError("The status of a context is neither");
      }
      return { token: answer, established };
    } catch (error) {
      this.#judge.refused(error);
      throw error;
    } finally {
      this.#gss.gss_release_name(numberCell(), call.client);
      this.#call = undefined;
      if (this.#closed) this.#delete();
    }
  }

  wrap(message: Uint8Array): Uint8Array {
    const minor = numberCell();
    const output = new OutputBuffer();
    const major = this.#gss.gss_wrap(
      minor,
      handleIn(this.#context),
      ...[0, 0] as const, // no confidentiality, and the usual quality of protection
      inputBuffer(message),
      null,
      output.descriptor,
    );
    return this.#result(major, minor, output);
  }

  unwrap(message: Uint8Array): Uint8Array {
    const minor = numberCell();
    const output = new OutputBuffer();
    const major = this.#gss.gss_unwrap(
      minor,
      handleIn(this.#context),
      inputBuffer(message),
      output.descriptor,
      null,
      null,
    );
    // Not even a token that comes twice or late will do: RFC 4752 § 3.
    if (major !== GSS_S_COMPLETE) {
      output.take(this.#gss);
      check(this.#gss, major, minor);
      throw new TypeError("The message is not the next one");
    }
    return this.#result(major, minor, output);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#call === undefined) this.#delete();
  }

  #result(
    major: number,
    minor: Uint32Array,
    output: OutputBuffer,
  ): Uint8Array {
    const bytes = output.take(this.#gss);
    check(this.#gss, major, minor);
    return bytes;
  }

  async #accept(call: AcceptCall): Promise<number> {
    const credential = this.#credential.use();
    try {
      return await this.#gss.gss_accept_sec_context(
        call.minor,
        this.#context,
        credential,
        call.input,
        null, // RFC 4752 § 3.2: no channel bindings
        call.client,
        call.mechanism,
        call.output.descriptor,
        call.flags,
        null,
        null, // what the client delegates is not taken
      );
    } finally {
      this.#credential.release();
    }
  }

  #judgeClient({ mechanism, flags, client }: AcceptCall): void {
    if (!isKerberos(handleIn(mechanism))) {
      throw new TypeError("The mechanism is not Kerberos 5");
    }
    if ((flags[0]! & GSS_C_INTEG_FLAG) === 0) {
      throw new TypeError("The context has no integrity");
    }
    this.#principal = this.#nameOf(client);
    const server = this.#serverName();
    this.#user = this.#judge.user({ client: this.#principal, server });
  }

  #serverName(): string {
    const minor = numberCell();
    const name = handleCell();
    const major = this.#gss.gss_inquire_context(
      minor,
      handleIn(this.#context),
      null,
      name,
      ...[null, null, null, null, null] as const,
    );
    try {
      check(this.#gss, major, minor);
      return this.#nameOf(name);
    } finally {
      this.#gss.gss_release_name(minor, name);
    }
  }

  #nameOf(name: HandleCell): string {
    const minor = numberCell();
    const text = new OutputBuffer();
    const major = this.#gss.gss_display_name(
      minor,
      handleIn(name),
      text.descriptor,
      null,
    );
    check(this.#gss, major, minor);
    return new TextDecoder("utf-8", { fatal: true })
      .decode(text.take(this.#gss));
  }

  #delete(): void {
    const minor = numberCell();
    this.#gss.gss_delete_sec_context(minor, this.#context, null);
  }
}

/** What a call of `gss_accept_sec_context` reads and writes. */
class AcceptCall {
  readonly minor = numberCell();
  readonly input: Uint8Array<ArrayBuffer>;
  readonly client: HandleCell = handleCell();
  readonly mechanism: HandleCell = handleCell();
  readonly output = new OutputBuffer();
  readonly flags = numberCell();

  constructor(token: Uint8Array) {
    this.input = inputBuffer(token);
  }
}
