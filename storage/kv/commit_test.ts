import { assert, assertEquals } from "@std/assert";
import type { Subject } from "./batch.ts";
import { Committer } from "./commit.ts";
import { AMONG_OTHERS } from "./freshness.ts";
import { NO_LOCKS } from "./locks.ts";

/** Something that takes a few turns to read. */
class Slow implements Subject<Uint8Array> {
  readonly key = ["head", 1];
  versionstamp: string | null = null;
  stale = true;
  reads = 0;

  invalidate(): void {
    this.stale = true;
  }

  async catchUp(): Promise<void> {
    this.reads++;
    for (let turn = 0; turn < 5; turn++) {
      await new Promise((resolve) => setTimeout(resolve));
    }
    this.stale = false;
  }

  encode(draft: Uint8Array): Uint8Array {
    return draft;
  }

  committed(_: Uint8Array, versionstamp: string): void {
    this.versionstamp = versionstamp;
  }
}

Deno.test("those who read by turns keep no change from being committed", async () => {
  using kv = await Deno.openKv(":memory:");
  const committer = new Committer(kv, {
    maxChecks: 10,
    remote: false,
    freshness: AMONG_OTHERS,
    locks: NO_LOCKS,
    onFault: (error) => {
      throw error;
    },
  });
  const slow = new Slow();
  let reading = true;
  const readers = [0, 1].map(async (after) => {
    for (let turn = 0; turn < after; turn++) {
      await new Promise((resolve) => setTimeout(resolve));
    }
    while (reading && slow.reads < 50) await committer.refresh(slow);
  });
  await new Promise((resolve) => setTimeout(resolve));
  await committer.submit<void>({
    uses: [{ subject: slow, as: "head" }],
    plan: () => ({
      writes: [],
      drafts: [{ subject: slow, draft: new Uint8Array([1]) }],
      apply() {},
    }),
  });
  const { reads } = slow;
  reading = false;
  await Promise.all(readers);
  await committer.close();
  assert(reads <= 4, `${reads} reads`);
  assertEquals((await kv.get<Uint8Array>(slow.key)).value, new Uint8Array([1]));
});
