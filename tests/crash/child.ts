/** The process that is killed: works on a storage without end, in one thread or two, and says what it does. */

import { openKvStorage } from "../../storage/kv/mod.ts";
import { boxesOf, WORKERS } from "./life.ts";
import type { Given } from "./thread.ts";
import { type Share, Working } from "./work.ts";

/** So many messages further the second thread's numbers begin. */
const NEXT_THREAD = 5_000_000;

const [path, seed, firstId] = Deno.args;
const chance = Number(seed);
const options = {
  gracePeriod: 0,
  foldRecords: 20,
  // Large sources are in files in some rounds, and in chunks in others.
  bodyFilesFrom: [0, 50_000, 1_000][chance % 3]!,
};
const threads = chance % 8 > 3;
const storage = await openKvStorage({
  ...options,
  path: path!,
  threads,
  journal: chance % 4 !== 0,
});
const account = await storage.openAccount("u");
for (let worker = 0; worker < WORKERS; worker++) {
  for (const name of boxesOf(worker)) {
    if (await account.mailbox(name) === undefined) {
      await account.createMailbox(name);
    }
  }
}
const all = Array.from({ length: WORKERS }, (_, worker) => worker);
const there = threads ? all.filter((worker) => worker % 2 === 1) : [];
const here = all.filter((worker) => !there.includes(worker));
const lock = new SharedArrayBuffer(4);
const own: Share = {
  seed: chance,
  firstId: Number(firstId),
  workers: here,
  lock,
};
if (threads) {
  const thread = new Worker(import.meta.resolve("./thread.ts"), {
    type: "module",
  });
  const loaded = Promise.withResolvers<unknown>();
  thread.onmessage = loaded.resolve;
  const share = storage.share();
  const given: Given = {
    share,
    options,
    work: {
      ...own,
      seed: ~chance,
      firstId: own.firstId + NEXT_THREAD,
      workers: there,
    },
  };
  thread.postMessage(given, [share.port]);
  await loaded.promise;
}
console.log("ready");
await new Working(storage, own).run();
