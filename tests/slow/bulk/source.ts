/**
 * Migrations in this process, from a test server into a storage in memory.
 *
 * @module
 */

import { join } from "@std/path";
import {
  migrate,
  type MigrateOptions,
} from "../../../server/migrate/migrator.ts";
import { connectSource } from "../../../server/migrate/source_connection.ts";
import { SourcePool } from "../../../server/migrate/source_pool.ts";
import type { MemoryStorage } from "../../../storage/memory/mod.ts";
import type { Storage } from "../../../storage/storage.ts";

/** What a migration of a test does otherwise than usually. */
export type MigrateTestOptions =
  & Partial<
    Pick<
      MigrateOptions,
      | "include"
      | "exclude"
      | "remove"
      | "dryRun"
      | "maxMessageSize"
      | "connections"
    >
  >
  & { readonly tries?: number };

/** Migrates alice's mailboxes; what is known is kept in a folder. */
export async function migrateAlice(
  server: { readonly port: number },
  storage: MemoryStorage,
  folder: string,
  options: MigrateTestOptions = {},
): ReturnType<typeof migrate> {
  const { connections = 2, tries = 3, ...others } = options;
  const maxMessageSize = options.maxMessageSize ?? 1_000_000;
  const pool = new SourcePool({
    connect: () =>
      connectSource({
        address: { host: "127.0.0.1", port: server.port, secure: false },
        user: "alice",
        password: "secret",
        starttls: "never",
        allowUntrusted: false,
        maxMessageSize,
      }),
    size: connections,
    retry: { tries, delay: 1, maxDelay: 4 },
  });
  const account = await storage.openAccount("alice");
  try {
    return await migrate({
      pool,
      connections,
      account,
      delimiter: storage.hierarchyDelimiter,
      folder: join(folder, "state"),
      include: [],
      exclude: [],
      remove: false,
      dryRun: false,
      ...others,
      maxMessageSize,
    });
  } finally {
    account.close();
    await pool.close();
  }
}

/** A message as it stands in a mailbox: source, flags, INTERNALDATE in seconds. */
export type Seen = readonly [source: string, flags: string, date: number];

/** The messages of a mailbox, in the order of their UIDs. */
export async function messagesIn(
  storage: Storage,
  user: string,
  name: string,
): Promise<Seen[]> {
  const account = await storage.openAccount(user);
  const mailbox = await account.openMailbox(name);
  try {
    const { state } = mailbox;
    const seen: Seen[] = [];
    for await (const batch of mailbox.readSources(state.allUids())) {
      for (const { uid, bytes } of batch) {
        const { flags, internalDate } = state.recordAt(state.indexOf(uid));
        seen.push([
          new TextDecoder("latin1").decode(bytes),
          [...flags].sort().join(" "),
          Math.floor(internalDate / 1000),
        ]);
      }
    }
    return seen;
  } finally {
    mailbox.close();
    account.close();
  }
}
