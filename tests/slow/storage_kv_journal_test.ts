import { join } from "@std/path";
import { type KvStorageOptions, openKvStorage } from "../../storage/kv/mod.ts";
import type { Storage } from "../../storage/storage.ts";
import { testStorage } from "../../testing/conformance/mod.ts";

/** Has more done when a storage is closed. */
function closing<T extends Storage>(
  storage: T,
  after: () => Promise<unknown>,
): T {
  const close = storage.close.bind(storage);
  storage.close = async () => {
    await close();
    await after();
  };
  return storage;
}

async function open(options: KvStorageOptions) {
  const folder = await Deno.makeTempDir();
  const storage = await openKvStorage({
    ...options,
    path: join(folder, "imapd.kv"),
    journal: true,
    gracePeriod: 0,
  });
  return closing(storage, () => Deno.remove(folder, { recursive: true }));
}

testStorage("KV behind a journal", open);

testStorage("KV behind the journal of another thread", async (options) => {
  const first = await open({ ...options, threads: true });
  const share = first.share();
  const second = await openKvStorage({ ...options, share, gracePeriod: 0 });
  return closing(second, () => first.close());
});
