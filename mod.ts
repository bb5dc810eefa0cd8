/**
 * imapd is an IMAP server: IMAP4rev2, IMAP4rev1 and the IMAP4 of RFC 1730, POP3 and LMTP beside them, on Deno,
 * as a module, a program and a single binary.
 *
 * ### For those who put IMAP in front of something
 *
 * {@linkcode serve} starts a server in the manner of `Deno.serve`. {@linkcode Callbacks} watch, change, refuse or
 * replace what clients do; with callbacks for the lists, any data is a mailbox, and the library keeps the
 * numbering and the announcements right.
 *
 * ```ts
 * import { serve } from "@x/imapd";
 *
 * await using server = serve({
 *   port: 0,
 *   users: { alice: "secret" },
 *   callbacks: {
 *     getMailboxes: () => [{ name: "News" }],
 *     getMessages: ({ mailbox }) =>
 *       mailbox.name === "News"
 *         ? [{ id: "1", source: "Subject: Hello\n\nIt works.\n" }]
 *         : [],
 *   },
 * });
 * console.log(`imap://alice@127.0.0.1:${server.addr.port}/News`);
 * ```
 *
 * Guides: [embedding](./docs/embedding.md), [a storage of your own](./docs/own-storage.md), coming from
 * [WildDuck](./docs/from-wildduck.md) or from [a server component](./docs/from-the-component.md).
 *
 * ### For those who run a mail server
 *
 * The program keeps mailboxes and users in one Deno KV database. Without options it listens on 127.0.0.1, makes
 * a user and a certificate, and says so.
 *
 * ```sh
 * deno run -A jsr:@x/imapd init
 * deno run -A jsr:@x/imapd import ~/Maildir --user alice
 * deno run -A jsr:@x/imapd serve --config imapd.yaml
 * ```
 *
 * The same from code, with the mail in a file:
 *
 * ```ts
 * import { openKvStorage, serve } from "@x/imapd";
 *
 * const folder = await Deno.makeTempDir();
 * {
 *   await using storage = await openKvStorage({ path: `${folder}/imapd.kv` });
 *   await using server = serve({ port: 0, users: { alice: "secret" }, storage });
 *   console.log(`${server.addr.kind} ${server.addr.hostname}:${server.addr.port}`);
 * }
 * await Deno.remove(folder, { recursive: true });
 * ```
 *
 * Guide: coming from [Dovecot](./docs/from-dovecot.md).
 *
 * ### For those who test a mail client
 *
 * The entry `@x/imapd/testing` starts the same server in memory, filled as the test wants it. It records, delays,
 * refuses and breaks off.
 *
 * ```ts
 * import { drop, message, testServer } from "@x/imapd/testing";
 *
 * await using server = await testServer({
 *   messages: { alice: { INBOX: [message({ subject: "Hi" })] } },
 * });
 * server.faults.on({ command: "UID FETCH", nth: 1 }, drop());
 * console.log(server.port, server.tlsPort);
 * ```
 *
 * Guides: [testing](./docs/testing.md), coming from [GreenMail](./docs/from-greenmail.md).
 *
 * ### Storages
 *
 * A {@linkcode Storage} keeps the mailboxes: {@linkcode MemoryStorage} by default, {@linkcode openKvStorage} for
 * mail that is to stay, or an implementation of your own, which a conformance kit holds to the interface.
 *
 * ### Permissions
 *
 * A server in memory, with passwords in `users`, needs `--allow-net` for the addresses that it listens on, and
 * nothing else. A database adds `--allow-read` and `--allow-write` for its folder, and `--unstable-kv`. Hashed
 * passwords are checked in a thread of their own, if `--allow-read` lets it be loaded, else on the main thread.
 * The program with `-A` gives itself the flag.
 *
 * ### Limits
 *
 * - Sizes, depths, counts and times that clients choose are bounded: {@linkcode Limits}, {@linkcode StorageLimits}.
 * - One process at a time writes a database file.
 * - There is no SMTP: mail comes in by LMTP from a mail server, by APPEND, or by the program's `import`.
 * - `Deno.openKv` is unstable in Deno; where it is missing, `npm:@deno/kv` takes its place and is slower.
 *
 * @module
 */

export * from "./server/mod.ts";
export * from "./storage/mod.ts";
export {
  MemoryStorage,
  type MemoryStorageOptions,
} from "./storage/memory/mod.ts";
export { MemoryOtpStore } from "./storage/memory/otp.ts";
export {
  KvOtpStore,
  type KvProvider,
  type KvShare,
  KvStorage,
  type KvStorageOptions,
  KvUsers,
  openKvStorage,
  type UserRecord,
  type UserTokenRecord,
} from "./storage/kv/mod.ts";
export { describe, summarize } from "./protocol/imap/summary.ts";

// Whoever imports the module has no use for the program.
if (import.meta.main) {
  const { main } = await import("./server/cli.ts");
  Deno.exit(await main(Deno.args));
}
