/** Reading sources and summaries. */

import { assertEquals } from "@std/assert";
import {
  collect,
  type Contract,
  message,
  messages,
  text,
  uid,
  uids,
} from "./harness.ts";

/** Adds the tests. */
export function contentContract({ check }: Contract): void {
  check("parts of a source", async ({ inbox }) => {
    await inbox.append([message("0123456789"), message("")]);
    const read = async (start?: number, end?: number) =>
      text(await inbox.readSource(uid(1), start, end));
    assertEquals(await read(), "0123456789");
    assertEquals(await read(3), "3456789");
    assertEquals(await read(3, 5), "34");
    assertEquals(await read(8, 50), "89");
    assertEquals(await read(10, 20), "");
    assertEquals(await read(4_294_967_296, 4_294_967_300), "");
    assertEquals(await read(5, 2), "");
    assertEquals(text(await inbox.readSource(uid(2))), "");
    assertEquals(await inbox.readSource(uid(3)), undefined);
  });

  check("large sources and summaries", async ({ inbox }) => {
    const source = new Uint8Array(3_000_001);
    for (let i = 0; i < source.length; i++) source[i] = i * 7 + (i >> 9);
    const summary = source.slice(1000, 201_000);
    await inbox.append([
      { source, summary, flags: [], internalDate: 0 },
      message("small"),
      { source: source.slice(0, 64_000), summary, flags: [], internalDate: 0 },
    ]);
    assertEquals(await inbox.readSource(uid(1)), source);
    for (
      const [from, to] of [[63_999, 64_001], [64_000, 128_000], [
        2_999_999,
        3_000_001,
      ]]
    ) {
      assertEquals(
        await inbox.readSource(uid(1), from, to),
        source.slice(from, to),
      );
    }
    const room = new Uint8Array(100);
    for (const size of [0, 99, 100, 101]) {
      assertEquals(
        await inbox.readSource(uid(1), 63_950, 63_950 + size, room),
        source.slice(63_950, 63_950 + size),
      );
    }
    const read = [];
    for await (const batch of inbox.readSources(uids(1, 2, 3))) {
      read.push(...batch);
    }
    assertEquals(read.map((entry) => entry.bytes.length), [
      3_000_001,
      5,
      64_000,
    ]);
    assertEquals(read[0]?.bytes, source);
    const summaries = [];
    for await (const batch of inbox.readSummaries(uids(1, 2, 3))) {
      summaries.push(...batch);
    }
    assertEquals(summaries.map((entry) => entry.bytes.length), [
      200_000,
      16,
      200_000,
    ]);
    assertEquals(summaries[2]?.bytes, summary);
  });

  check("many are read in order, without those gone", async (context) => {
    const { account, inbox } = context;
    await account.createMailbox("a");
    const a = await account.openMailbox("a");
    for (let i = 0; i < 5; i++) {
      await inbox.append(messages(60));
      await a.append(messages(10));
    }
    await inbox.moveTo(uids(10, 11, 12, 250), a);
    await a.copyTo(uids(1, 2), inbox);
    await inbox.expunge(uids(100, 101));
    const wanted = Uint32Array.from({ length: 310 }, (_, i) => i + 1);
    const there = [...inbox.state.allUids()];
    const sources = await collect(inbox.readSources(wanted));
    assertEquals(sources.map(([number]) => number), there);
    for (const [number, source] of sources) {
      const expected = number > 300 ? number - 300 : (number - 1) % 60 + 1;
      assertEquals(source, `m${expected}`);
    }
    const summaries = await collect(inbox.readSummaries(wanted));
    assertEquals(summaries.map(([number]) => number), there);
    assertEquals(summaries[0]?.[1], "summary of m1");
    assertEquals(await collect(a.readSources(uids(51, 54))), [[51, "m10"], [
      54,
      "m10",
    ]]);
    const few = await collect(inbox.readSummaries(uids(2, 99, 299)));
    assertEquals(few, [[2, "summary of m2"], [99, "summary of m39"], [
      299,
      "summary of m59",
    ]]);
    assertEquals(await collect(inbox.readSources(uids())), []);
    a.close();
  });

  check("reading survives an expunge under way", async ({ inbox }) => {
    await inbox.append(messages(500));
    const all = inbox.state.allUids();
    let seen = 0;
    for await (const batch of inbox.readSources(all)) {
      if (seen === 0) await inbox.expunge(all.slice(200, 400));
      for (const entry of batch) {
        assertEquals(text(entry.bytes), `m${entry.uid}`);
        seen++;
      }
    }
    assertEquals(seen >= 300, true);
    for await (const _ of inbox.readSummaries(all)) break;
  });
}
