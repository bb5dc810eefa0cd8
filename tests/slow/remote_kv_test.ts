/** The storage on a remote Deno KV keeps the contract of storages. */

import { openKvStorage } from "../../storage/kv/mod.ts";
import { storageConformance } from "../../testing/conformance/mod.ts";
import type { OpenOptions } from "../../testing/conformance/harness.ts";
import { allowAccess } from "../kv_connect/client.ts";
import { startKvServer } from "../kv_connect/server.ts";

const soak = Deno.env.get("SOAK") === "1";

/** The servers of the test that runs. */
let servers = new AsyncDisposableStack();

function open(options: OpenOptions) {
  allowAccess();
  const { url } = servers.use(startKvServer());
  return openKvStorage({
    ...options,
    path: url,
    cacheBytes: 0,
    gracePeriod: 0,
  });
}

for (const test of storageConformance(open, { runs: soak ? 100 : 1 })) {
  Deno.test(`remote KV: ${test.name}`, async () => {
    try {
      await test.fn();
    } finally {
      await servers.disposeAsync();
      servers = new AsyncDisposableStack();
    }
  });
}
