/** Modseqs rise with each change, and with nothing else (RFC 7162 § 3.1, § 3.1.11). */

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { FlagChange } from "../../storage/model.ts";
import type { Mailbox } from "../../storage/storage.ts";
import { type Contract, messages, plain, uids } from "./harness.ts";

/** UIDs, some of which are there. */
const some = fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 4 })
  .map((list) => uids(...[...new Set(list)].sort((a, b) => a - b)));

const flags = fc.subarray(["\\Seen", "\\SEEN", "\\Deleted", "k1", "K1", "k2"]);

const step = fc.oneof(
  fc.record({
    does: fc.constant("append" as const),
    count: fc.nat(2),
    flags: fc.subarray(["\\Seen", "k1"]),
  }),
  fc.record({
    does: fc.constant("flags" as const),
    uids: some,
    mode: fc.constantFrom(
      "add" as const,
      "remove" as const,
      "replace" as const,
    ),
    flags,
    /** How far below the highest modseq a message may have been changed. */
    unchangedSince: fc.option(fc.nat(6), { nil: undefined }),
  }),
  fc.record({
    does: fc.constantFrom("expunge", "copy", "move", "copy here", "move here"),
    uids: some,
  }),
  fc.record({ does: fc.constantFrom("claim", "close", "read") }),
);

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** What a mailbox is at a moment: its messages, with flags and modseqs. */
interface Moment {
  readonly highest: number;
  readonly messages: ReadonlyMap<number, { flags: string; modseq: number }>;
}

function momentOf({ state }: Mailbox): Moment {
  return {
    highest: state.highestModseq,
    messages: new Map(
      plain(state.allUids()).map((uid, index) => [uid, {
        flags: [...state.flagsAt(index).flags].sort().join(" "),
        modseq: state.modseqs[index]!,
      }]),
    ),
  };
}

/** Compares what a step has made of a mailbox. */
function compare(mailbox: Mailbox, before: Moment): void {
  const after = momentOf(mailbox);
  let changes = 0;
  for (const [uid, { flags, modseq }] of after.messages) {
    const old = before.messages.get(uid);
    if (old?.flags === flags) {
      assertEquals(modseq, old.modseq, `UID ${uid}: modseq without a change`);
    } else {
      changes++;
      assert(modseq > before.highest, `UID ${uid}: a change without modseq`);
    }
    assert(modseq <= after.highest, "A modseq above the highest");
  }
  const gone = [...before.messages.keys()]
    .filter((uid) => !after.messages.has(uid));
  const { state } = mailbox;
  assertEquals(
    plain(state.expungedSince(before.highest)!).filter((uid) =>
      before.messages.has(uid)
    ),
    gone,
  );
  const came = state.changedSince(before.highest)!
    .filter(({ type }) => type === "append").length;
  if (changes + gone.length + came === 0) {
    assertEquals(after.highest, before.highest, "It rises without a change");
  } else assert(after.highest > before.highest, "A change, and it stays");
}

async function perform(
  given: Step,
  mailbox: Mailbox,
  other: Mailbox,
): Promise<void> {
  if (given.does === "append" && "count" in given) {
    await mailbox.append(messages(given.count, given.flags));
  } else if ("mode" in given) {
    const { mode, flags, unchangedSince: below } = given;
    const change: FlagChange = {
      mode,
      flags,
      ...(below === undefined
        ? {}
        : { unchangedSince: mailbox.state.highestModseq - below }),
    };
    await mailbox.storeFlags(given.uids, change);
  } else if ("uids" in given) {
    const { state } = mailbox;
    const there = given.uids.filter((uid) => state.indexOf(uid) >= 0);
    switch (given.does) {
      case "expunge":
        await mailbox.expunge(given.uids);
        break;
      case "copy":
        await mailbox.copyTo(there, other);
        break;
      case "copy here":
        await mailbox.copyTo(there, mailbox);
        break;
      case "move":
        await mailbox.moveTo(given.uids, other);
        break;
      case "move here":
        await mailbox.moveTo(given.uids, mailbox);
    }
  } else if (given.does === "claim") mailbox.claimRecent();
  else if (given.does === "read") {
    await mailbox.readSource(1 as never);
    await mailbox.refresh();
  }
}

/** Adds the test. */
export function modseqContract(
  contract: Contract,
  { seed, runs }: { readonly seed: number; readonly runs: number },
): void {
  contract.add(
    "modseqs rise with each change and with nothing else",
    async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(step, { maxLength: 30, size: "max" }),
          async (steps) => {
            await using storage = await contract.open({});
            const account = await storage.openAccount("u");
            await account.createMailbox("other");
            let boxes = [
              await account.openMailbox("INBOX"),
              await account.openMailbox("other"),
            ] as const;
            for (const given of steps) {
              const before = boxes.map(momentOf);
              await perform(given, ...boxes);
              if (given.does === "close") {
                for (const box of boxes) box.close();
                boxes = [
                  await account.openMailbox("INBOX"),
                  await account.openMailbox("other"),
                ];
                assertEquals(boxes.map(momentOf), before);
              } else {
                for (const index of [0, 1]) {
                  compare(boxes[index]!, before[index]!);
                }
              }
              const status = await account.status(["INBOX", "other"]);
              assertEquals(
                status.map((one) => one?.highestModseq),
                boxes.map(({ state }) => state.highestModseq),
              );
            }
            for (const box of boxes) box.close();
            account.close();
          },
        ),
        { numRuns: runs, seed },
      );
    },
  );
}
