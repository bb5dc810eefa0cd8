import { assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";

Deno.test("the examples of the guide run", async () => {
  const guide = new URL("../../docs/embedding.md", import.meta.url);
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["test", "-A", "--quiet", "--doc", fromFileUrl(guide)],
    stderr: "inherit",
  }).output();
  assertEquals(success, true, new TextDecoder().decode(stdout));
});
