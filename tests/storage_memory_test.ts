import { MemoryStorage } from "../storage/memory/mod.ts";
import { storageContract } from "./storage_contract.ts";

storageContract(
  "memory",
  (options) => Promise.resolve(new MemoryStorage(options)),
);
