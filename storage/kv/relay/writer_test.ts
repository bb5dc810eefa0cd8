import { assertEquals, assertRejects } from "@std/assert";
import { hasLoneClient, heardFrom } from "../../lone_client.ts";
import { PortLink } from "./link.ts";
import { Marks } from "./marks.ts";
import { relayedKv } from "./relayed_kv.ts";
import { SharedSlots } from "./slots.ts";
import { Writer } from "./writer.ts";

const KEY = ["head", 1];

function writerOn(kv: Deno.Kv): Writer {
  return new Writer(kv, new Marks(new SharedSlots()));
}

Deno.test("a commit is a commit, whatever those who watch do", async () => {
  using kv = await Deno.openKv(":memory:");
  const writer = writerOn(kv);
  let told = 0;
  writer.watch(KEY, () => {
    throw new Error("cannot");
  });
  writer.watch(KEY, () => told++);
  const check = { key: KEY, versionstamp: null };
  const { ok } = await writer.commit([check], [[KEY, new Uint8Array(1)]]);
  assertEquals([ok, told], [true, 1]);
});

Deno.test("a watch that is ended twice ends no other", async () => {
  using kv = await Deno.openKv(":memory:");
  const writer = writerOn(kv);
  const stop = writer.watch(KEY, () => {});
  stop();
  let told = 0;
  writer.watch(KEY, () => told++);
  stop();
  const check = { key: KEY, versionstamp: null };
  await writer.commit([check], [[KEY, new Uint8Array(1)]]);
  assertEquals(told, 1);
});

Deno.test("what is committed after the end is refused", async () => {
  using kv = await Deno.openKv(":memory:");
  const writer = writerOn(kv);
  const { port1, port2 } = new MessageChannel();
  const end = writer.serve(port1);
  const link = new PortLink(port2);
  const write = [KEY, new Uint8Array(1)] as const;
  assertEquals((await link.commit([], [write])).ok, true);
  link.close();
  await assertRejects(() => link.commit([], [write]), Error, "closed");
  end();
});

Deno.test("a watch that cannot read is at its end", async () => {
  using kv = await Deno.openKv(":memory:");
  let watches = 0;
  const link = {
    commit: () => Promise.reject(new Error("nothing is written")),
    watch() {
      watches++;
      return () => void watches--;
    },
    close() {},
  };
  const broken = new Proxy(kv, {
    get: (kv, name) =>
      name === "getMany"
        ? () => Promise.reject(new Error("unreadable"))
        : kv[name as keyof Deno.Kv],
  });
  const reader = relayedKv(broken, link).watch([KEY]).getReader();
  await assertRejects(() => reader.read(), Error, "unreadable");
  assertEquals(watches, 0);
});

Deno.test("who is heard from over a port is a client among others", async () => {
  using kv = await Deno.openKv(":memory:");
  const writer = writerOn(kv);
  const { port1, port2 } = new MessageChannel();
  const end = writer.serve(port1);
  const link = new PortLink(port2);
  for (let count = 0; count < 20; count++) heardFrom(1);
  assertEquals(hasLoneClient(), true);
  await link.commit([], [[KEY, new Uint8Array(1)]]);
  assertEquals(hasLoneClient(), false);
  link.close();
  end();
});
