import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { FileWatch } from "./file_watch.ts";

Deno.test("files that are written, replaced, linked anew or removed are noticed, each change once", async () => {
  const dir = await Deno.makeTempDir();
  const [a, b] = [join(dir, "a"), join(dir, "b")];
  await Deno.writeTextFile(join(dir, "first"), "1");
  await Deno.writeTextFile(join(dir, "second"), "22");
  await Deno.symlink(join(dir, "first"), a);
  let wake = () => {};
  let calls = 0;
  const watch = new FileWatch(() => [a, b], () => {
    calls++;
    wake();
    return Promise.resolve();
  }, 1);
  const noticed = async (change: () => void) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    wake = resolve;
    change();
    await promise;
  };
  const put = (text: string) => {
    Deno.writeTextFileSync(join(dir, "new"), text);
    Deno.renameSync(join(dir, "new"), b);
  };
  try {
    await noticed(() => put("x"));
    await noticed(() => put("yy"));
    await noticed(() => {
      Deno.symlinkSync(join(dir, "second"), join(dir, "new"));
      Deno.renameSync(join(dir, "new"), a);
    });
    await noticed(() => Deno.removeSync(b));
    assertEquals(calls, 4);
    put("zzz");
    watch.reset();
    // What was reset is not noticed, what comes after it is.
    await noticed(() => put("four"));
    assertEquals(calls, 5);
  } finally {
    watch.close();
    await Deno.remove(dir, { recursive: true });
  }
});
