/** What is asked of every storage, of the one on Deno KV as it seldom is. */

import { openKvStorage } from "../../storage/kv/mod.ts";
import { testStorage } from "../../testing/conformance/mod.ts";
import { temporary } from "../storage/body_folders.ts";

testStorage("KV, bodies in files", async (options) => {
  const bodyFolder = await temporary();
  const storage = await openKvStorage({
    ...options,
    bodyFolder,
    bodyFilesFrom: 1,
    cacheBytes: 0,
    gracePeriod: 0,
    foldRecords: 3,
  });
  const close = storage.close.bind(storage);
  storage.close = () =>
    close().finally(() => Deno.remove(bodyFolder, { recursive: true }));
  return storage;
});

// Everything folded, packed, collected and forgotten as early as can be, and nothing kept in memory.
testStorage("KV, folding always", (options) =>
  openKvStorage({
    ...options,
    cacheBytes: 0,
    gracePeriod: 0,
    foldRecords: 2,
    maxCachedMessages: 0,
  }));
