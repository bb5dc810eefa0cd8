import { join } from "@std/path";
import { openKvStorage } from "../../storage/kv/mod.ts";
import { testStorage } from "../../testing/conformance/mod.ts";

testStorage("KV behind a journal", async (options) => {
  const folder = await Deno.makeTempDir();
  const storage = await openKvStorage({
    ...options,
    path: join(folder, "imapd.kv"),
    journal: true,
    gracePeriod: 0,
  });
  const close = storage.close.bind(storage);
  storage.close = async () => {
    await close();
    await Deno.remove(folder, { recursive: true });
  };
  return storage;
});
