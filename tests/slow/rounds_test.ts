/** Tests of which `deno task test` does a part (`tests/shards/part.ts`), whole. */

import { allTestFiles, importFile } from "../shards/shard.ts";

for (const file of allTestFiles()) {
  const source = await Deno.readTextFile(file);
  if (/^import \{ (rounds|stride) \} from/m.test(source)) {
    await importFile(file);
  }
}
