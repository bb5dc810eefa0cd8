/**
 * imapd is an IMAP server: IMAP4rev2 and IMAP4rev1 (and the IMAP4 of RFC 1730) on Deno, as a module, a program
 * and a single binary.
 *
 * {@linkcode serve} starts a server in the manner of `Deno.serve`. Mailboxes are kept by a {@linkcode Storage}:
 * in memory by default, in Deno KV with {@linkcode openKvStorage}, or wherever an implementation of the
 * interface puts them.
 *
 * ```ts
 * import { serve } from "@x/imapd";
 *
 * await using server = serve({ port: 0, users: { alice: "secret" } });
 * console.log(`IMAP on port ${server.addr.port}`);
 * ```
 *
 * Run as a program, it keeps mailboxes in `./imapd-data/imapd.kv` and listens on 127.0.0.1; `help` says more.
 *
 * @module
 */

export * from "./server/mod.ts";
export * from "./storage/mod.ts";
export {
  MemoryStorage,
  type MemoryStorageOptions,
} from "./storage/memory/mod.ts";
export {
  type KvProvider,
  KvStorage,
  type KvStorageOptions,
  KvUsers,
  openKvStorage,
  type UserRecord,
} from "./storage/kv/mod.ts";
export { summarize } from "./protocol/imap/summary.ts";

import { main } from "./server/cli.ts";

if (import.meta.main) Deno.exit(await main(Deno.args));
