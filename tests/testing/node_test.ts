import { assert } from "@std/assert";
import { fromFileUrl } from "@std/path";

const node = await new Deno.Command("node", { args: ["--version"] }).output()
  .then(({ success }) => success, () => false);

Deno.test({
  name: "a Node test has a server as a child process",
  ignore: !node,
  async fn() {
    const path = (name: string) => fromFileUrl(new URL(name, import.meta.url));
    const { success, stdout } = await new Deno.Command("node", {
      args: ["--test", path("from_node.test.mjs")],
      env: { DENO: Deno.execPath(), IMAPD: path("../../mod.ts") },
    }).output();
    assert(success, new TextDecoder().decode(stdout));
  },
});
