/**
 * Calls a callback: with a `next` that works once, for no longer than its time, and with whatever it throws
 * made into a refusal or a fault of its own.
 *
 * The time counts what the callback takes, not what `next` takes. What an operation has begun is waited for,
 * even if the callback did not: nobody is told of an end before it.
 *
 * @module
 */

import { ATOM_CHAR, isMadeOf } from "../../protocol/wire/char_class.ts";
import { Bye, No, refusalOf } from "../../protocol/imap/errors.ts";
import { StorageError } from "../../storage/model.ts";
import type { Callbacks, Next } from "./types.ts";

/** The name of a callback. */
export type CallbackName = keyof Callbacks;

/** What every call needs. */
export interface CallContext {
  /** How long a callback may take, in milliseconds. */
  readonly time: number;
  /** Takes a fault that no client has to hear of. */
  report(error: unknown, about: Record<string, unknown>): void;
}

/** A callback has failed; the message says which and how, the cause is what it threw. */
export class CallbackError extends Error {
  /** The callback. */
  readonly callback: CallbackName;

  /** A failure of a callback. */
  constructor(callback: CallbackName, problem: string, options?: ErrorOptions) {
    super(`The callback ${callback} ${problem}`, options);
    this.name = "CallbackError";
    this.callback = callback;
  }
}

/** How a call went. */
export interface Outcome<Result, Answer> {
  /** What the callback answered. */
  readonly answer: Answer;
  /** What `next` gave, where it was called and did not reject. */
  readonly passed: { readonly result: Result } | undefined;
}

/** A callback, bound to its object. The signal is aborted when its time is over. */
export type Bound<Event, Result, Answer> = (
  event: Event,
  next: Next<Event, Result>,
  signal: AbortSignal,
) => Answer | Promise<Answer>;

/**
 * Calls a callback.
 * @param base what `next` does
 * @throws {No} and its like, thrown by the callback or by `base`
 * @throws {StorageError} UNAVAILABLE when its time is over
 * @throws {CallbackError} for anything else that it throws
 */
export function call<Event, Result, Answer>(
  context: CallContext,
  name: CallbackName,
  callback: Bound<Event, Result, Answer>,
  event: Event,
  base: (event: Event) => Promise<Result>,
): Promise<Outcome<Result, Answer>> {
  return new Call(context, name, event, base).run(callback);
}

class Call<Event, Result> {
  readonly #context: CallContext;
  readonly #name: CallbackName;
  readonly #event: Event;
  readonly #base: (event: Event) => Promise<Result>;
  readonly #over = new AbortController();
  #left: number;
  #since = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #giveUp: (error: Error) => void = () => {};
  #passing: Promise<Result> | undefined;
  /** How what was passed on has ended. */
  #passed:
    | { readonly result: Result }
    | { readonly error: unknown }
    | undefined;

  constructor(
    context: CallContext,
    name: CallbackName,
    event: Event,
    base: (event: Event) => Promise<Result>,
  ) {
    this.#context = context;
    this.#name = name;
    this.#event = event;
    this.#base = base;
    this.#left = context.time;
  }

  async run<Answer>(
    callback: Bound<Event, Result, Answer>,
  ): Promise<Outcome<Result, Answer>> {
    const tooLong = new Promise<never>((_, reject) => this.#giveUp = reject);
    this.#start();
    let answer: Answer;
    try {
      const next = (event?: Event) => this.#next(event);
      const answering = (async () =>
        await callback(this.#event, next, this.#over.signal))();
      answer = await Promise.race([answering, tooLong]);
    } catch (error) {
      throw this.#meaning(error);
    } finally {
      this.#stop();
      // From now on `next` refuses: nobody would hear of what it did.
      this.#over.abort();
      await this.#settled();
    }
    return { answer, passed: this.#outcome() };
  }

  #next(event = this.#event): Promise<Result> {
    if (this.#over.signal.aborted) {
      return refused(new Error(`It is too late for next() of ${this.#name}`));
    }
    if (this.#passing !== undefined) {
      const error = new CallbackError(this.#name, "called next() twice");
      this.#context.report(error, { callback: this.#name });
      return refused(error);
    }
    this.#stop();
    this.#passing = (async () => await this.#base(event))();
    this.#passing.then(
      (result) => {
        this.#passed = { result };
        this.#start();
      },
      (error) => {
        this.#passed = { error };
        this.#start();
      },
    );
    return this.#passing;
  }

  #unawaited = false;

  /** Waits for what was passed on and is still under way. */
  async #settled(): Promise<void> {
    if (this.#passing === undefined || this.#passed !== undefined) return;
    this.#unawaited = true;
    await this.#passing.catch(() => {});
  }

  #outcome(): { readonly result: Result } | undefined {
    const passed = this.#passed;
    if (passed === undefined) return undefined;
    if ("result" in passed) return passed;
    // A refusal that the callback has seen is its own business; one that it has not waited for is not.
    if (this.#unawaited) throw passed.error;
    return undefined;
  }

  #start(): void {
    if (this.#over.signal.aborted) return;
    this.#since = performance.now();
    this.#timer = setTimeout(() => {
      const problem = `took longer than ${this.#context.time} milliseconds`;
      const error = new CallbackError(this.#name, problem);
      this.#context.report(error, { callback: this.#name });
      this.#giveUp(new StorageError("UNAVAILABLE", "That took too long"));
    }, this.#left);
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#left = Math.max(0, this.#left - (performance.now() - this.#since));
  }

  /** What an error that came out of the callback means. */
  #meaning(error: unknown): unknown {
    const passed = this.#passed;
    if (passed !== undefined && "error" in passed && passed.error === error) {
      return error;
    }
    if (error instanceof CallbackError) return error;
    const refusal = refusalOf(error);
    if (refusal instanceof No) return this.#clean(refusal);
    if (refusal !== undefined && !(refusal instanceof Bye)) return error;
    return new CallbackError(this.#name, `has thrown: ${messageOf(error)}`, {
      cause: error,
    });
  }

  /** A refusal whose response code is one, and is no statement about the state of a session. */
  #clean(refusal: No): No {
    const { code } = refusal;
    if (code === undefined || isRefusalCode(code)) return refusal;
    const error = new CallbackError(
      this.#name,
      `refused with what is no code of a refusal: ${JSON.stringify(code)}`,
    );
    this.#context.report(error, { callback: this.#name });
    return new No(undefined, refusal.message);
  }
}

/** Codes that tell a client what the server's state is (RFC 9051 § 7.1). */
const STATE_CODES: ReadonlySet<string> = new Set([
  ..."APPENDUID CAPABILITY CLOSED COPYUID HIGHESTMODSEQ MODIFIED".split(" "),
  ..."NOMODSEQ PERMANENTFLAGS READ-WRITE UIDNEXT UIDVALIDITY".split(" "),
  ..."UNSEEN".split(" "),
]);

/** resp-text-code = atom [SP 1*<any TEXT-CHAR except "]">] (RFC 9051 § 9) */
function isRefusalCode(code: unknown): boolean {
  if (typeof code !== "string") return false;
  const [, name = "", text] = /^([^ ]*)( .*)?$/s.exec(code) ?? [];
  return isMadeOf(name, ATOM_CHAR) && !STATE_CODES.has(name.toUpperCase()) &&
    (text === undefined || /^ [\x20-\x5c\x5e-\x7e]+$/.test(text));
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : typeof error;
}

/** A promise that rejects, and harms nobody when nobody looks. */
function refused(error: Error): Promise<never> {
  const promise = Promise.reject(error);
  promise.catch(() => {});
  return promise;
}
