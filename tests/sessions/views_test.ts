/** Random histories of two views on one mailbox. */

import { assert, assertEquals, assertFalse } from "@std/assert";
import fc from "fast-check";
import type { View } from "../../protocol/imap/view.ts";
import { Box, told } from "./box.ts";
import { rounds } from "../shards/part.ts";

const pick = fc.record({
  from: fc.nat(8),
  step: fc.integer({ min: 1, max: 4 }),
});
const event = fc.oneof(
  fc.record({
    does: fc.constant("append" as const),
    count: fc.integer({ min: 1, max: 20 }),
  }),
  fc.record({ does: fc.constant("expunge" as const), pick }),
  fc.record({
    does: fc.constant("toggle" as const),
    pick,
    by: fc.option(fc.nat(1), { nil: undefined }),
  }),
  fc.record({
    does: fc.constantFrom("take" as const, "take all" as const),
    who: fc.nat(1),
  }),
  fc.record({ does: fc.constant("fetch" as const), who: fc.nat(1), pick }),
);

/** A client that believes what it is told, and nothing else. */
class Client {
  readonly view: View;
  uids: number[];
  /** The flags that it takes each message to have. */
  readonly flags = new Map<number, string>();

  constructor(readonly box: Box) {
    this.view = box.view();
    this.uids = told(this.view);
    for (const uid of this.uids) this.learn(uid);
  }

  /** Is told a message's flags. */
  learn(uid: number): void {
    const { state } = this.box;
    const index = state.indexOf(uid);
    if (index >= 0) this.flags.set(uid, state.flagsAt(index).flags.join(" "));
  }

  take(mayExpunge: boolean): void {
    const pending = this.view.take(mayExpunge);
    const gone = pending.expunged.map((n) => this.uids.splice(n - 1, 1)[0]);
    assertEquals(gone, [...pending.expungedUids]);
    if (!mayExpunge) assertEquals(gone, []);
    const before = this.uids.length;
    assert(pending.exists === undefined || pending.exists > before);
    const came = told(this.view).slice(before, pending.exists ?? before);
    this.uids.push(...came);
    // A client that meets messages asks for their flags.
    for (const uid of came) this.learn(uid);
    for (const uid of pending.changed) {
      assert(this.uids.includes(uid));
      this.learn(uid);
    }
  }

  /** What the client knows is what the view takes it to know, and right wherever a message is still there. */
  check(): void {
    const { state } = this.box;
    assertEquals(told(this.view), this.uids);
    const recent = this.uids.filter((uid) => this.view.isRecent(uid));
    assertEquals(this.view.recentCount, recent.length);
    this.uids.forEach((uid, index) => {
      assertEquals(this.view.numberOf(uid), index + 1);
      const at = state.indexOf(uid);
      if (at < 0) return;
      assertEquals(this.flags.get(uid), state.flagsAt(at).flags.join(" "));
    });
  }
}

function chosen(uids: readonly number[], { from, step }: {
  from: number;
  step: number;
}): number[] {
  return uids.filter((_, index) =>
    index >= from && (index - from) % step === 0
  );
}

Deno.test("whatever happens, a client that believes the view is right", () => {
  fc.assert(
    fc.property(
      fc.nat(20),
      fc.constantFrom(1, 30, 1_000),
      fc.array(event, { maxLength: 60, size: "max" }),
      (messages, maxRecentChanges, events) => {
        const box = new Box(messages, maxRecentChanges);
        const clients = [new Client(box), new Client(box)];
        const there = () => [...box.state.allUids()];
        for (const event of events) {
          if (event.does === "append") box.append(event.count);
          else if (event.does === "expunge") {
            const uids = chosen(there(), event.pick);
            if (uids.length > 0) box.expunge(...uids);
          } else if (event.does === "toggle") {
            toggle(box, clients[event.by ?? -1], event.pick);
          } else {
            const client = clients[event.who]!;
            if (event.does === "fetch") fetch(client, event.pick);
            client.take(event.does === "take all");
            client.check();
          }
        }
        const recent = clients.map(({ uids, view }) =>
          new Set(uids.filter((uid) => view.isRecent(uid)))
        );
        assertEquals(recent[0]!.intersection(recent[1]!).size, 0);
        for (const client of clients) {
          client.take(true);
          client.check();
          assertEquals(client.uids, there());
          assertFalse(client.view.stale);
        }
      },
    ),
    { seed: 1, numRuns: rounds(500) },
  );
});

/** A STORE.SILENT by a client, who knows what that makes of flags it knew; or a change by nobody here. */
function toggle(
  box: Box,
  client: Client | undefined,
  pick: { from: number; step: number },
): void {
  if (client === undefined) {
    const uids = chosen([...box.state.allUids()], pick);
    if (uids.length > 0) box.toggle(uids);
    return;
  }
  const uids = [...client.view.present(
    Uint32Array.from(chosen(client.uids, pick)),
  )];
  if (uids.length === 0) return;
  client.view.own([box.toggle(uids, "mine")]);
  for (const uid of uids) {
    const flags = client.flags.get(uid)!.split(" ").filter(Boolean);
    client.flags.set(
      uid,
      (flags.includes("mine")
        ? flags.filter((flag) => flag !== "mine")
        : [...flags, "mine"]).join(" "),
    );
  }
}

/** A FETCH of flags. */
function fetch(client: Client, pick: { from: number; step: number }): void {
  client.view.gather();
  for (const uid of chosen(client.uids, pick)) {
    if (client.box.state.indexOf(uid) < 0) continue;
    client.learn(uid);
    client.view.told(uid);
  }
}
