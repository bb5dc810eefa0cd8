import { assertEquals } from "@std/assert";
import type { Host } from "../../host.ts";
import { registryOf } from "../extensions/mod.ts";
import { contextOf, mailboxOf } from "../search/testing.ts";
import { sortUids } from "./sort.ts";

const corpus = new URL("../../../../shared/corpus/mime/", import.meta.url);

function exists(url: URL): boolean {
  try {
    return Deno.statSync(url).isDirectory;
  } catch {
    return false;
  }
}

Deno.test({
  name: "sortUids() has the same order with summaries as without, known or not",
  ignore: !exists(corpus),
  async fn() {
    const sources = [...Deno.readDirSync(corpus)].map(({ name }) => name)
      .sort().map((name) => Deno.readFileSync(new URL(name, corpus)));
    const contexts = await Promise.all(
      [true, false].map(async (summary) =>
        contextOf(
          await mailboxOf(sources.map((source) => ({ source, summary }))),
        )
      ),
    );
    const host = {
      searchMemory: 10_000_000,
      disabledCapabilities: new Set(),
    } as unknown as Host;
    const all = Uint32Array.from(sources, (_, at) => at + 1);
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
