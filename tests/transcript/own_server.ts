/**
 * A server of ours for one transcript, on a storage of its own.
 *
 * @module
 */

import { serve } from "../../server/serve.ts";
import { openKvStorage } from "../../storage/kv/mod.ts";
import { MemoryStorage } from "../../storage/memory/mod.ts";
import type { Storage } from "../../storage/storage.ts";
import type { Script } from "./script.ts";

/** The kinds of storage. */
export const STORAGES = ["memory", "kv"] as const;

/** A server that runs. */
export interface OwnServer {
  /** Its storage. */
  readonly storage: Storage;
  /** Faults of its own that it has met; each was answered by SERVERBUG at best. */
  readonly faults: readonly unknown[];
  /** Opens a connection. */
  connect(): Promise<Deno.TcpConn>;
  /** Stops it and gives its storage back. */
  stop(): Promise<void>;
}

/** Starts a server as a script wants it. */
export async function startOwnServer(
  script:
    & Pick<Script, "limits" | "disable">
    & Partial<Pick<Script, "utf8Only" | "surrogates" | "appendLimits">>,
  storageKind: string,
): Promise<OwnServer> {
  const storage: Storage = storageKind === "kv"
    ? await openKvStorage({ path: ":memory:" })
    : new MemoryStorage();
  const faults: unknown[] = [];
  const server = serve({
    hostname: "127.0.0.1",
    port: 0,
    users: { alice: "secret", bob: "secret" },
    storage,
    // failed logins are a matter of what is said here, not of how long it takes
    limits: { failedLoginDelay: 0, badCommandDelay: 0, ...script.limits },
    capabilities: { disable: script.disable },
    metadata: { admin: "mailto:postmaster@example.com", editors: ["alice"] },
    utf8Only: script.utf8Only ?? false,
    surrogates: script.surrogates ?? false,
    appendLimits: script.appendLimits ?? {},
    onError(error) {
      faults.push(error);
      console.error(error);
    },
  });
  const { port } = server.addrs[0]!;
  return {
    storage,
    faults,
    async connect() {
      const conn = await Deno.connect({ hostname: "127.0.0.1", port });
      // so that bytes written one by one travel one by one
      conn.setNoDelay(true);
      return conn;
    },
    async stop() {
      await server.shutdown();
      await storage.close();
    },
  };
}
