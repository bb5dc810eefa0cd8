/** Random histories against a simple model. */

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { SYSTEM_FLAGS, type Uid } from "../../storage/model.ts";
import { replaceMessage } from "../../storage/replace.ts";
import type { Mailbox } from "../../storage/storage.ts";
import { bytes, collect, type Contract, message, text } from "./harness.ts";

/** A message in the model. */
interface ModelMessage {
  readonly uid: number;
  readonly source: string;
  flags: Set<string>;
  modseq: number;
}

/** A mailbox in the model. */
interface ModelMailbox {
  messages: ModelMessage[];
  uidNext: number;
}

const FLAGS = [...SYSTEM_FLAGS, "work", "todo"];
const MAILBOXES = ["INBOX", "a", "a/b"];

const flags = fc.subarray(FLAGS, { maxLength: 3 });
const mailbox = fc.nat({ max: MAILBOXES.length - 1 });
/** Which of the UIDs so far: every n-th from a start. */
const some = fc.record({
  from: fc.nat({ max: 30 }),
  step: fc.integer({ min: 1, max: 4 }),
});

const step = fc.oneof(
  fc.record({
    type: fc.constant("append" as const),
    mailbox,
    count: fc.integer({ min: 1, max: 6 }),
    flags,
  }),
  fc.record({
    type: fc.constant("store" as const),
    mailbox,
    some,
    flags,
    mode: fc.constantFrom(
      "add" as const,
      "remove" as const,
      "replace" as const,
    ),
  }),
  fc.record({ type: fc.constant("expunge" as const), mailbox, some }),
  fc.record({ type: fc.constant("copy" as const), mailbox, some, to: mailbox }),
  fc.record({ type: fc.constant("move" as const), mailbox, some, to: mailbox }),
  fc.record({
    type: fc.constant("replace" as const),
    mailbox,
    some,
    to: mailbox,
    flags,
  }),
);

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function chosen(
  model: ModelMailbox,
  { from, step }: { from: number; step: number },
): number[] {
  const all: number[] = [];
  for (let u = from + 1; u < model.uidNext; u += step) all.push(u);
  return all;
}

function add(
  model: ModelMailbox,
  source: string,
  flags: Iterable<string>,
): void {
  model.messages.push({
    uid: model.uidNext++,
    source,
    flags: new Set(flags),
    modseq: 0,
  });
}

async function perform(
  step_: Step,
  models: ModelMailbox[],
  opened: Mailbox[],
  nextSource: () => string,
): Promise<void> {
  const model = models[step_.mailbox]!;
  const real = opened[step_.mailbox]!;
  if (step_.type === "append") {
    const sources = Array.from({ length: step_.count }, nextSource);
    await real.append(sources.map((source) => message(source, step_.flags)));
    for (const source of sources) add(model, source, step_.flags);
    return;
  }
  const uids = chosen(model, step_.some);
  const list = Uint32Array.from(uids);
  const there = model.messages.filter((m) => uids.includes(m.uid));
  if (step_.type === "store") {
    const { mode } = step_;
    await real.storeFlags(list, { mode, flags: step_.flags });
    for (const m of there) {
      if (mode === "replace") m.flags = new Set(step_.flags);
      for (const flag of step_.flags) {
        if (mode === "remove") m.flags.delete(flag);
        else m.flags.add(flag);
      }
    }
    return;
  }
  const remove = (gone = there) =>
    model.messages = model.messages.filter((m) => !gone.includes(m));
  if (step_.type === "expunge") {
    await real.expunge(list);
    remove();
    return;
  }
  const to = models[step_.to]!;
  if (step_.type === "replace") {
    const [old] = there;
    if (old === undefined) return;
    const source = nextSource();
    const put = message(source, step_.flags);
    await replaceMessage(real, old.uid as Uid, put, opened[step_.to]!);
    remove([old]);
    add(to, source, step_.flags);
    return;
  }
  if (step_.type === "move") {
    await real.moveTo(list, opened[step_.to]!);
    for (const m of there) add(to, m.source, m.flags);
    remove();
  } else {
    await real.copyTo(Uint32Array.from(there, (m) => m.uid), opened[step_.to]!);
    for (const m of there) add(to, m.source, m.flags);
  }
}

/** Whether a mailbox is as the model has it. */
async function compare(real: Mailbox, model: ModelMailbox): Promise<void> {
  const { state } = real;
  assertEquals(state.uidNext, model.uidNext);
  assertEquals(
    [...state.allUids()].map((
      uid,
      i,
    ) => [uid, [...state.flagsAt(i).flags].sort()]),
    model.messages.map((m) => [m.uid, [...m.flags].sort()]),
  );
  const sources = await collect(real.readSources(state.allUids()));
  assertEquals(sources, model.messages.map((m) => [m.uid, m.source]));
  const summaries = await collect(real.readSummaries(state.allUids()));
  assertEquals(
    summaries,
    model.messages.map((m) => [m.uid, `summary of ${m.source}`]),
  );
  const last = model.messages.at(-1);
  if (last) {
    assertEquals(text(await real.readSource(last.uid as Uid)), last.source);
  }
  assertEquals(
    state.totalSize,
    model.messages.reduce((n, m) => n + bytes(m.source).length, 0),
  );
}

/** Adds the test. */
export function historyContract(
  contract: Contract,
  { seed, runs }: { readonly seed: number; readonly runs: number },
): void {
  contract.add("random histories do as a simple model does", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        await using storage = await contract.open({});
        const account = await storage.openAccount("u");
        for (const name of MAILBOXES.slice(1)) {
          await account.createMailbox(name);
        }
        const opened = await Promise.all(
          MAILBOXES.map((n) => account.openMailbox(n)),
        );
        const models = MAILBOXES.map((): ModelMailbox => ({
          messages: [],
          uidNext: 1,
        }));
        let sources = 0;
        for (const step of steps) {
          const before = opened.map((m) => m.state.highestModseq);
          await perform(step, models, opened, () => `s${++sources}`);
          opened.forEach((m, i) => {
            if (m.state.highestModseq < before[i]!) {
              throw new Error("Modseq went down");
            }
          });
        }
        for (const [i, real] of opened.entries()) {
          await compare(real, models[i]!);
        }
        assertEquals(await storage.verify(), []);
        for (const real of opened) real.close();
        account.close();
      }),
      { numRuns: runs, seed },
    );
  });
}
