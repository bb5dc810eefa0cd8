/**
 * What a process that will be killed does to its mailboxes, and what comes of it.
 *
 * Each worker has two mailboxes to itself and does one thing at a time, so that after a crash its mailboxes
 * are as before or as after the thing that was under way.
 *
 * @module
 */

import type { NewMessage } from "../../storage/model.ts";

/** How many workers there are. */
export const WORKERS = 4;

/** The mailboxes of a worker. */
export function boxesOf(worker: number): [string, string] {
  return [`w${worker}/a`, `w${worker}/b`];
}

/** Something that a worker does. `box` is 0 or 1, the other one is the target. */
export type Action =
  | {
    readonly type: "append";
    readonly box: number;
    readonly first: number;
    readonly sizes: readonly number[];
  }
  | {
    readonly type: "deliver";
    /** The mailboxes, of which one may be there twice. */
    readonly boxes: readonly number[];
    readonly first: number;
    readonly size: number;
  }
  | {
    readonly type: "store";
    readonly box: number;
    readonly uids: readonly number[];
    readonly flag: string;
  }
  | {
    readonly type: "copy" | "move" | "expunge";
    readonly box: number;
    readonly uids: readonly number[];
  };

/** What a child writes, a line each: before an action, and when it has been acknowledged. */
export type Line =
  | { readonly worker: number; readonly begin: Action }
  | { readonly worker: number; readonly done: true };

/** A message in the model. */
export interface ModelMessage {
  readonly uid: number;
  /** Its unique number, which its source begins with. */
  readonly id: number;
  readonly size: number;
  readonly flags: readonly string[];
}

/** A mailbox in the model. */
export interface ModelBox {
  readonly uidNext: number;
  readonly messages: readonly ModelMessage[];
}

/** The two mailboxes of a worker. */
export type Model = readonly [ModelBox, ModelBox];

/** What an action makes of a worker's mailboxes. */
export function after(model: Model, action: Action): Model {
  const boxes: [ModelBox, ModelBox] = [...model];
  const put = (
    index: number,
    messages: readonly Omit<ModelMessage, "uid">[],
  ) => {
    const { uidNext, messages: there } = boxes[index]!;
    const added = messages.map(({ id, size, flags }, i) => ({
      uid: uidNext + i,
      id,
      size,
      flags,
    }));
    boxes[index] = {
      uidNext: uidNext + added.length,
      messages: [...there, ...added],
    };
  };
  if (action.type === "deliver") {
    const { first: id, size } = action;
    for (const index of action.boxes) put(index, [{ id, size, flags: [] }]);
    return boxes;
  }
  const box = boxes[action.box]!;
  const take = (uids: ReadonlySet<number>) => {
    const { uidNext, messages } = boxes[action.box]!;
    boxes[action.box] = {
      uidNext,
      messages: messages.filter((m) => !uids.has(m.uid)),
    };
  };
  if (action.type === "append") {
    put(
      action.box,
      action.sizes.map((size, i) => ({
        id: action.first + i,
        size,
        flags: [],
      })),
    );
    return boxes;
  }
  const uids = new Set(action.uids);
  const chosen = box.messages.filter((m) => uids.has(m.uid));
  if (action.type === "store") {
    const messages = box.messages.map((m) =>
      uids.has(m.uid) ? { ...m, flags: [action.flag] } : m
    );
    boxes[action.box] = { ...box, messages };
  }
  if (action.type === "copy" || action.type === "move") {
    put(1 - action.box, chosen);
  }
  if (action.type === "move" || action.type === "expunge") take(uids);
  return boxes;
}

/** The source of a message: its number, then bytes that follow from it. */
export function sourceOf(id: number, size: number): Uint8Array {
  const source = new Uint8Array(size);
  new DataView(source.buffer).setUint32(0, id);
  for (let i = 4; i < size; i++) source[i] = id * 31 + i * 7;
  return source;
}

/** A message of that number. */
export function messageOf(id: number, size: number): NewMessage {
  const source = sourceOf(id, size);
  return {
    source,
    flags: [],
    internalDate: id,
    summary: source.subarray(0, Math.min(size, 200)),
  };
}

/** Something for a worker to do. */
export function choose(
  model: Model,
  random: () => number,
  nextId: (count: number) => number,
): Action {
  const below = (n: number) => Math.floor(random() * n);
  const box = below(2);
  const { messages } = model[box]!;
  const kind = below(12);
  if (kind > 9) {
    const boxes = Array.from({ length: 2 + below(2) }, () => below(2));
    const size = 4 + below(kind === 10 ? 400_000 : 3000);
    return { type: "deliver", boxes, first: nextId(1), size };
  }
  if (kind < 4 || messages.length < 5) {
    const count = kind === 0 ? 200 : 1 + below(4);
    const sizes = Array.from(
      { length: count },
      () => 4 + below(kind === 1 ? 200_000 : 3000),
    );
    return { type: "append", box, first: nextId(count), sizes };
  }
  const step = 1 + below(4);
  const start = below(messages.length);
  const uids = messages.slice(start).filter((_, i) => i % step === 0).map((m) =>
    m.uid
  );
  if (kind < 6) return { type: "store", box, uids, flag: `k${below(3)}` };
  // What comes must go, or the mailboxes grow without end.
  const type = kind === 6 ? "copy" : kind === 7 ? "move" : "expunge";
  return { type, box, uids: type === "copy" ? uids.slice(0, 100) : uids };
}
