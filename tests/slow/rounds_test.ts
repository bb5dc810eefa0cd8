/** Tests of which `deno task test` does a part (`tests/shards/part.ts`), whole; but for transcripts, which are beside this. */

import { allTestFiles, importFile } from "../shards/shard.ts";

const PARTLY = /^import (fc from "fast-check"|\{ (rounds|stride) \} from)/m;

for (const file of allTestFiles()) {
  if (file.endsWith("/transcripts_test.ts")) continue;
  if (PARTLY.test(await Deno.readTextFile(file))) await importFile(file);
}
