/**
 * Delivery of a message to the mailboxes of its recipients (RFC 5321 § 4.4, § 6.1).
 *
 * A message for several mailboxes is stored once, so that the fields put in front of it are the same for
 * all: Delivered-To, and `for` in Received, are there only where it has one recipient.
 *
 * @module
 */

import {
  type AppendResult,
  type NewMessage,
  StorageError,
} from "../storage/model.ts";
import { INBOX } from "../storage/names.ts";
import type { Account, Mailbox, Storage } from "../storage/storage.ts";
import {
  type DeliveryFailure,
  deliveryFailure,
  worstFailure,
} from "./delivery_failure.ts";
import type { DeliveryTarget, Host } from "./host.ts";
import { describe } from "./imap/summary.ts";
import {
  traceFields,
  type TraceOrigin,
  withoutReturnPath,
} from "./trace_fields.ts";

/** What delivery needs of a server. */
export type DeliveryHost = Pick<Host, "storage" | "now" | "fault">;

/** A message on its way. */
export interface Delivery {
  /** What was sent, header and body, in pieces of any size. */
  readonly pieces: readonly Uint8Array[];
  /** Who sent it, without angle brackets; empty for a notification, undefined where nobody knows. */
  readonly sender: string | undefined;
  /** Where it came from; undefined where it came by no protocol. */
  readonly origin?: TraceOrigin | undefined;
  /** Whom it is for. */
  readonly recipients: readonly DeliveryRecipient[];
}

/** Whom a message is for. */
export interface DeliveryRecipient {
  /** The address that it was sent to, without angle brackets. */
  readonly address: string;
  /** The mailboxes of that address; a message for none is thrown away. */
  readonly targets: readonly DeliveryTarget[];
}

/** How many mailboxes are open at once for one message; for more than these its bytes are stored again. */
const MAILBOXES_AT_ONCE = 100;

const encoder = new TextEncoder();

/**
 * Stores a message in the mailboxes of all its recipients, in each once however many recipients lead there.
 * @returns for each recipient, in order, why it did not get there; undefined when it is durably stored in all
 * of the recipient's mailboxes. Where it is not in some of them, it may be in others. Never rejects: what is
 * no refusal goes to {@linkcode Host.fault}
 */
export async function deliver(
  host: DeliveryHost,
  delivery: Delivery,
): Promise<readonly (DeliveryFailure | undefined)[]> {
  const { recipients, origin } = delivery;
  const wanted = new Map<string, DeliveryTarget>();
  for (const { targets } of recipients) {
    for (const target of targets) wanted.set(keyOf(target), target);
  }
  const failures = new Map<string, DeliveryFailure>();
  const fail = (key: string, error: unknown) => {
    const about = { user: wanted.get(key)!.user, delivery: origin?.id };
    failures.set(key, deliveryFailure(host, error, about));
  };
  try {
    const message = prepare(host, delivery);
    const courier = new Courier(host.storage, message, fail);
    await courier.deliver(wanted);
  } catch (error) {
    const about = { delivery: origin?.id };
    const failure = deliveryFailure(host, error, about);
    return recipients.map(() => failure);
  }
  return recipients.map(({ targets }) =>
    worstFailure(targets.map((target) => failures.get(keyOf(target))))
  );
}

function keyOf({ user, mailbox }: DeliveryTarget): string {
  return `${user}\0${mailbox}`;
}

/** The message as it is stored. */
function prepare(host: DeliveryHost, delivery: Delivery): NewMessage {
  const { pieces, sender, origin, recipients } = delivery;
  const recipient = recipients.length === 1
    ? recipients[0]!.address
    : undefined;
  const head = encoder.encode(traceFields(sender, recipient, origin));
  const size = pieces.reduce((sum, { length }) => sum + length, head.length);
  let source: Uint8Array = new Uint8Array(size);
  source.set(head);
  let at = head.length;
  for (const piece of pieces) {
    source.set(piece, at);
    at += piece.length;
  }
  if (sender !== undefined) source = withoutReturnPath(source, head.length);
  return { ...describe(source), flags: [], internalDate: host.now() };
}

/** A target with its mailbox open, or why it is not. */
type Opened =
  | { readonly target: string; readonly user: string; readonly box: Mailbox }
  | { readonly target: string; readonly error: unknown };

/** Carries one message to mailboxes. */
class Courier {
  readonly #storage: Storage;
  readonly #message: NewMessage;
  readonly #fail: (target: string, error: unknown) => void;
  /** The mailboxes that have it. */
  readonly #served = new Set<string>();

  constructor(
    storage: Storage,
    message: NewMessage,
    fail: (target: string, error: unknown) => void,
  ) {
    this.#storage = storage;
    this.#message = message;
    this.#fail = fail;
  }

  /** Settles when all that can be stored is durable. */
  async deliver(targets: ReadonlyMap<string, DeliveryTarget>): Promise<void> {
    let left = [...targets];
    while (left.length > 0) {
      const again: [string, DeliveryTarget][] = [];
      for (let from = 0; from < left.length; from += MAILBOXES_AT_ONCE) {
        const some = left.slice(from, from + MAILBOXES_AT_ONCE);
        for (const target of await this.#deliverSome(some)) {
          // The mailbox has gone meanwhile.
          const { user } = targets.get(target)!;
          again.push([target, { user, mailbox: INBOX }]);
        }
      }
      left = again;
    }
  }

  /** @returns the targets whose mailbox was there at first and then was not */
  async #deliverSome(
    targets: readonly (readonly [string, DeliveryTarget])[],
  ): Promise<string[]> {
    const opened = await Promise.all(
      targets.map(([key, target]) => this.#open(key, target)),
    );
    try {
      return await this.#store(opened);
    } finally {
      for (const one of opened) if ("box" in one) one.box.close();
    }
  }

  async #open(key: string, target: DeliveryTarget): Promise<Opened> {
    try {
      const { user } = target;
      return {
        target: key,
        user,
        box: await openTarget(this.#storage, target),
      };
    } catch (error) {
      return { target: key, error };
    }
  }

  async #store(opened: readonly Opened[]): Promise<string[]> {
    const boxes = new Map<string, { box: Mailbox; targets: string[] }>();
    for (const one of opened) {
      if ("error" in one) {
        this.#fail(one.target, one.error);
        continue;
      }
      const name = keyOf({ user: one.user, mailbox: one.box.name });
      if (this.#served.has(name)) continue;
      const known = boxes.get(name);
      if (known !== undefined) known.targets.push(one.target);
      else boxes.set(name, { box: one.box, targets: [one.target] });
    }
    const outcomes = await this.#append([...boxes.values()].map((b) => b.box));
    const gone: string[] = [];
    let index = 0;
    for (const [name, { box, targets }] of boxes) {
      const outcome = outcomes[index++]!;
      if (outcome.status === "fulfilled") this.#served.add(name);
      else if (isNonexistent(outcome.reason) && box.name !== INBOX) {
        gone.push(...targets);
      } else for (const key of targets) this.#fail(key, outcome.reason);
    }
    return gone;
  }

  /** Puts the message into each of some mailboxes; its bytes are kept once where the storage can do that. */
  async #append(
    boxes: readonly Mailbox[],
  ): Promise<readonly PromiseSettledResult<AppendResult>[]> {
    const message = this.#message;
    if (boxes.length < 2 || this.#storage.deliver === undefined) {
      return await Promise.allSettled(
        boxes.map((box) => box.append([message])),
      );
    }
    try {
      return await this.#storage.deliver(message, boxes);
    } catch (reason) {
      return boxes.map(() => ({ status: "rejected", reason }));
    }
  }
}

/** Opens the mailbox of a target, or INBOX in its place. */
async function openTarget(
  storage: Storage,
  { user, mailbox, create = false }: DeliveryTarget,
): Promise<Mailbox> {
  const account = await storage.openAccount(user);
  try {
    const found = await openMailbox(account, mailbox) ??
      (create ? await createMailbox(account, mailbox) : undefined);
    return found ?? await account.openMailbox(INBOX);
  } finally {
    account.close();
  }
}

/** Opens a mailbox; undefined when it is not there. */
async function openMailbox(
  account: Account,
  name: string,
): Promise<Mailbox | undefined> {
  try {
    return await account.openMailbox(name);
  } catch (error) {
    if (isNonexistent(error)) return undefined;
    throw error;
  }
}

/** Makes a mailbox, subscribes and opens it; undefined when there can be none of this name. */
async function createMailbox(
  account: Account,
  name: string,
): Promise<Mailbox | undefined> {
  try {
    await account.createMailbox(name);
    await account.updateMailbox(name, { subscribed: true });
  } catch (error) {
    // Somebody may have made it at the same time; otherwise there will be none to open.
    if (!(error instanceof StorageError)) throw error;
  }
  return await openMailbox(account, name);
}

function isNonexistent(error: unknown): boolean {
  return error instanceof StorageError && error.code === "NONEXISTENT";
}
