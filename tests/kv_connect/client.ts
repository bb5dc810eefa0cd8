/**
 * Deno's own client of KV Connect.
 *
 * @module
 */

import { ACCESS_TOKEN, type KvServer } from "./server.ts";

/** Puts the token where Deno looks for it when it opens a database by its URL. */
export function allowAccess(): void {
  Deno.env.set("DENO_KV_ACCESS_TOKEN", ACCESS_TOKEN);
}

/** Opens the database of a test server. */
export async function openKvClient(server: KvServer): Promise<Deno.Kv> {
  allowAccess();
  return await Deno.openKv(server.url);
}
