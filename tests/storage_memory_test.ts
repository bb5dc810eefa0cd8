import { MemoryStorage } from "../storage/memory/mod.ts";
import { testStorage } from "../testing/conformance/mod.ts";

testStorage(
  "memory",
  (options) => Promise.resolve(new MemoryStorage(options)),
);
