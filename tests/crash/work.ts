/** What is done to a storage without end until the process is killed, and how that is told. */

import type { KvStorage } from "../../storage/kv/mod.ts";
import type { Account, Mailbox } from "../../storage/storage.ts";
import {
  type Action,
  after,
  boxesOf,
  choose,
  type Line,
  messageOf,
  type Model,
} from "./life.ts";
import { readModel } from "./look.ts";

/** What of it one thread does. */
export interface Share {
  /** Chance begins here. */
  readonly seed: number;
  /** The number of its first message. */
  readonly firstId: number;
  /** Its workers. */
  readonly workers: readonly number[];
  /** Held by the thread that writes a line. */
  readonly lock: SharedArrayBuffer;
}

const encoder = new TextEncoder();

/** Does one thread's share of the work. */
export class Working {
  readonly #storage: KvStorage;
  readonly #lock: Int32Array;
  readonly #workers: readonly number[];
  #random: number;
  #id: number;

  /** At a storage that is open. */
  constructor(storage: KvStorage, share: Share) {
    this.#storage = storage;
    this.#lock = new Int32Array(share.lock);
    this.#workers = share.workers;
    this.#random = share.seed;
    this.#id = share.firstId;
  }

  /** Goes on for ever. */
  async run(): Promise<void> {
    const account = await this.#storage.openAccount("u");
    await Promise.all(this.#workers.map((one) => this.#work(account, one)));
  }

  /** Lines of two threads must not mix. */
  #say(line: Line): void {
    const lock = this.#lock;
    while (Atomics.compareExchange(lock, 0, 0, 1) !== 0) {
      Atomics.wait(lock, 0, 1, 1);
    }
    const bytes = encoder.encode(JSON.stringify(line) + "\n");
    for (let at = 0; at < bytes.length;) {
      at += Deno.stdout.writeSync(bytes.subarray(at));
    }
    Atomics.store(lock, 0, 0);
    Atomics.notify(lock, 0);
  }

  #next(): number {
    this.#random = (this.#random + 0x6d2b79f5) | 0;
    const state = this.#random;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }

  #nextId(count: number): number {
    this.#id += count;
    return this.#id - count;
  }

  async #perform(
    action: Action,
    boxes: readonly [Mailbox, Mailbox],
  ): Promise<void> {
    if (action.type === "deliver") {
      const message = messageOf(action.first, action.size);
      const to = action.boxes.map((box) => boxes[box]!);
      const results = await this.#storage.deliver(message, to);
      const refused = results.find(({ status }) => status === "rejected");
      if (refused?.status === "rejected") throw refused.reason;
      return;
    }
    const mailbox = boxes[action.box]!;
    const target = boxes[1 - action.box]!;
    if (action.type === "append") {
      await mailbox.append(
        action.sizes.map((size, i) => messageOf(action.first + i, size)),
      );
      return;
    }
    const uids = Uint32Array.from(action.uids);
    switch (action.type) {
      case "store":
        await mailbox.storeFlags(uids, {
          mode: "replace",
          flags: [action.flag],
        });
        break;
      case "copy":
        await mailbox.copyTo(uids, target);
        break;
      case "move":
        await mailbox.moveTo(uids, target);
        break;
      case "expunge":
        await mailbox.expunge(uids);
    }
  }

  async #work(account: Account, worker: number): Promise<never> {
    let model: Model = await readModel(account, worker);
    const [a, b] = boxesOf(worker);
    const boxes = [
      await account.openMailbox(a),
      await account.openMailbox(b),
    ] as const;
    for (;;) {
      const action = choose(
        model,
        () => this.#next(),
        (count) => this.#nextId(count),
      );
      this.#say({ worker, begin: action });
      await this.#perform(action, boxes);
      this.#say({ worker, done: true });
      model = after(model, action);
    }
  }
}
