import { assertRejects } from "@std/assert";
import { join } from "@std/path";
import { DatabaseInUse, DatabaseLock } from "./lock.ts";

Deno.test("a database has one lock, which can be had again", async () => {
  const dir = await Deno.makeTempDir();
  const path = join(dir, "data", "imapd.kv");
  try {
    {
      using _lock = await DatabaseLock.take(path);
      await assertRejects(
        () => DatabaseLock.take(path),
        DatabaseInUse,
        `Process ${Deno.pid} has the database`,
      );
    }
    using _again = await DatabaseLock.take(path);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
