import { assertEquals } from "@std/assert";
import type { Host } from "../../host.ts";
import { registryOf } from "../extensions/mod.ts";
import { contextOf, corpusMessages, mailboxOf } from "../search/testing.ts";
import { sortUids } from "./sort.ts";

const sources = corpusMessages();

Deno.test({
  name: "sortUids() has the same order with summaries as without, known or not",
  ignore: sources === undefined,
  async fn() {
    const contexts = await Promise.all(
      [true, false].map(async (summary) =>
        contextOf(
          await mailboxOf(sources!.map((source) => ({ source, summary }))),
        )
      ),
    );
    const host = {
      searchMemory: 10_000_000,
      disabledCapabilities: new Set(),
    } as unknown as Host;
    const all = Uint32Array.from(sources!, (_, at) => at + 1);
    for (const key of registryOf(host).sortKeys.values()) {
      const orders: Uint32Array[] = [];
      for (const context of [...contexts, ...contexts]) {
        const criteria = [{ key, reverse: false }];
        orders.push(await sortUids(host, context, all, criteria));
      }
      for (const order of orders) assertEquals(order, orders[0], key.name);
      assertEquals(orders[0]!.toSorted(), all, key.name);
    }
  },
});
