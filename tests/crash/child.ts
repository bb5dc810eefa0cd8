/** The process that is killed: works on a storage without end and says what it does. */

import { openKvStorage } from "../../storage/kv/mod.ts";
import type { Account, Mailbox } from "../../storage/storage.ts";
import {
  type Action,
  after,
  boxesOf,
  choose,
  type Line,
  messageOf,
  type Model,
  WORKERS,
} from "./life.ts";
import { readModel } from "./look.ts";

const [path, seed, firstId] = Deno.args;
const encoder = new TextEncoder();

function say(line: Line): void {
  const bytes = encoder.encode(JSON.stringify(line) + "\n");
  for (let at = 0; at < bytes.length;) {
    at += Deno.stdout.writeSync(bytes.subarray(at));
  }
}

let state = Number(seed);
function random(): number {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
}

let id = Number(firstId);
function nextId(count: number): number {
  id += count;
  return id - count;
}

async function perform(
  action: Action,
  boxes: readonly [Mailbox, Mailbox],
): Promise<void> {
  if (action.type === "deliver") {
    const message = messageOf(action.first, action.size);
    const to = action.boxes.map((box) => boxes[box]!);
    const results = await storage.deliver(message, to);
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
      await mailbox.storeFlags(uids, { mode: "replace", flags: [action.flag] });
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

async function work(account: Account, worker: number): Promise<never> {
  let model: Model = await readModel(account, worker);
  const [a, b] = boxesOf(worker);
  const boxes = [
    await account.openMailbox(a),
    await account.openMailbox(b),
  ] as const;
  for (;;) {
    const action = choose(model, random, nextId);
    say({ worker, begin: action });
    await perform(action, boxes);
    say({ worker, done: true });
    model = after(model, action);
  }
}

const storage = await openKvStorage({
  path: path!,
  gracePeriod: 0,
  foldRecords: 20,
  // Large sources are in files in some rounds, and in chunks in others.
  bodyFilesFrom: [0, 50_000, 1_000][Number(seed) % 3]!,
  journal: Number(seed) % 4 !== 0,
});
const account = await storage.openAccount("u");
for (let worker = 0; worker < WORKERS; worker++) {
  for (const name of boxesOf(worker)) {
    if (await account.mailbox(name) === undefined) {
      await account.createMailbox(name);
    }
  }
}
console.log("ready");
await Promise.all(
  Array.from({ length: WORKERS }, (_, worker) => work(account, worker)),
);
