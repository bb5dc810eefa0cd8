import { assertEquals } from "@std/assert";
import type { Database } from "./database.ts";
import { foldMailbox } from "./fold.ts";
import type { MailboxEntry } from "./mailbox_entry.ts";

/** Folds a mailbox whose head becomes this while its pages are read; returns how often it commits. */
async function commitsOf(foldCount: number): Promise<number> {
  let commits = 0;
  const entry = {
    id: 1,
    gone: false,
    pages: undefined,
    log: [],
    head: { foldCount: 4, folded: 0, logStart: 0 },
    state: {
      highestModseq: 9,
      length: 0,
      uids: [],
      expungedHistory: { floor: 0, entries: [] },
    },
  };
  const reader = {
    async *list() {
      await Promise.resolve();
      entry.head = { ...entry.head, foldCount };
      yield* [];
    },
  };
  const committer = {
    submit() {
      commits++;
      entry.gone = true;
      return Promise.reject(new Error("enough"));
    },
  };
  await foldMailbox(
    { reader, committer } as unknown as Database,
    entry as unknown as MailboxEntry,
  );
  return commits;
}

Deno.test("pages that another has folded meanwhile are not folded by", async () => {
  assertEquals([await commitsOf(4), await commitsOf(5)], [1, 0]);
});
