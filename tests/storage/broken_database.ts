/**
 * A database that is broken on purpose, and what a check and a repair make of it.
 *
 * @module
 */

import { assert, assertEquals, assertGreater } from "@std/assert";
import {
  checkDatabase,
  type CheckResult,
  type Finding,
} from "../../storage/kv/check/mod.ts";
import { decodeHead, encodeHead, type Head } from "../../storage/kv/head.ts";
import { openKvStorage } from "../../storage/kv/mod.ts";
import type { Storage } from "../../storage/storage.ts";
import {
  bytes,
  collect,
  message,
  messages,
  uids,
} from "../../testing/conformance/harness.ts";
import { filesIn, withBodyFolders } from "./body_folders.ts";

/** A database and what is in it. */
export interface Case {
  readonly kv: Deno.Kv;
  /** The folder in which the largest source is; "" where there is none. */
  readonly folder: string;
  /** The mailboxes' numbers, by user and name. */
  readonly ids: Readonly<Record<string, number>>;
  /** The key that is the n-th under a prefix. */
  key(prefix: Deno.KvKey, n?: number): Promise<Deno.KvKey>;
  /** Changes the head of a mailbox. */
  head(name: string, change: (head: Head) => Head): Promise<void>;
}

const summarize = (source: Uint8Array) => bytes(`anew ${source.length}`);

/** What mailboxes have, by user and name. */
export type Dump = Record<string, string[]>;

/** Everything in a storage, by user and mailbox: sources and flags, with UIDs. */
export async function dump(storage: Storage): Promise<Dump> {
  const all: Dump = {};
  for (const user of await Array.fromAsync(storage.accounts())) {
    const account = await storage.openAccount(user);
    for (const { name, id } of await account.mailboxes()) {
      if (id === undefined) continue;
      const mailbox = await account.openMailbox(name);
      const { state } = mailbox;
      const sources = await collect(mailbox.readSources(state.allUids()));
      const summaries = await collect(mailbox.readSummaries(state.allUids()));
      all[`${user} ${name}`] = sources.map(([uid, source], at) => {
        const flags = state.flagsAt(at).flags.join(" ");
        return `${uid} ${source.slice(0, 12)} ${source.length} ${flags} ${
          summaries[at]![1].slice(0, 20)
        }`;
      });
      mailbox.close();
    }
    account.close();
  }
  return all;
}

/** Where the largest sources are, if not in the database. */
export interface Files {
  readonly bodyFolder?: string;
  readonly bodyFilesFrom?: number;
}

/** Fills a database: several mailboxes, folded and not, copies, large messages, deliveries. */
export async function fill(
  kv: Deno.Kv,
  accounts: readonly string[],
  files: Files = {},
): Promise<Record<string, number>> {
  await using storage = await openKvStorage({
    kv,
    ...files,
    foldRecords: 4,
    gracePeriod: 0,
  });
  const ids: Record<string, number> = {};
  const inboxes = [];
  for (const user of accounts) {
    const account = await storage.openAccount(user);
    const inbox = await account.openMailbox("INBOX");
    await account.createMailbox("a/b");
    const b = await account.openMailbox("a/b");
    for (let i = 0; i < 6; i++) {
      await inbox.append(messages(3, ["\\Seen", `k${i}`]));
    }
    await inbox.append([message("large ".padEnd(200_000, "x"))]);
    await inbox.copyTo(uids(1, 2, 3, 19), b);
    await b.append([message("own")]);
    await inbox.expunge(uids(4, 5));
    await storage.verify();
    await inbox.append([message("late", ["\\Deleted"])]);
    await b.storeFlags(uids(1), { mode: "add", flags: ["\\Flagged"] });
    const entries = new Map([["/x", bytes("one")], ["/y", bytes("two")]]);
    for (const owner of [{ mailbox: "a/b" }, "account", "storage"] as const) {
      await account.setMetadata(owner, entries);
    }
    ids[`${user} INBOX`] = inbox.state.id;
    ids[`${user} a/b`] = b.state.id;
    inboxes.push(inbox);
    b.close();
    account.close();
  }
  await storage.deliver(message("to all ".padEnd(70_000, "y")), inboxes);
  assertEquals(await storage.verify(), []);
  for (const inbox of inboxes) inbox.close();
  return ids;
}

/** Checks a database; gives all that was found, too. */
export async function check(
  kv: Deno.Kv,
  repair: boolean,
  { bodyFolder }: Files = {},
): Promise<CheckResult & { findings: Finding[] }> {
  const findings: Finding[] = [];
  const result = await checkDatabase(kv, {
    repair,
    bodyFolder,
    summarize,
    onFinding: (finding) => findings.push(finding),
  });
  return { ...result, findings };
}

async function entries(
  kv: Deno.Kv,
  { bodyFolder }: Files,
): Promise<string[]> {
  const all = bodyFolder === undefined ? [] : await filesIn(bodyFolder);
  for await (const { key, value } of kv.list<Uint8Array>({ prefix: [] })) {
    all.push(JSON.stringify([key, value.length]));
  }
  return all;
}

/** What a broken database is to come to. */
export interface Expected {
  /** A finding: kind and part of what it says. */
  readonly finds: readonly [Finding["kind"], string];
  /** Compares what there was with what there is; by default it has to be the same. */
  readonly compare?: (before: Dump, after: Dump) => void;
  readonly accounts?: readonly string[];
  /** Whether the largest sources are in files. */
  readonly inFiles?: boolean;
}

/** Adds a test that breaks a database, and looks what a report and a repair say and do. */
export function broken(
  name: string,
  {
    finds: [kind, what],
    compare = same,
    accounts = ["alice", "bob"],
    inFiles = false,
  }: Expected,
  spoil: (db: Case) => Promise<void>,
): void {
  Deno.test(`check: ${name}`, () =>
    withBodyFolders(async (make) => {
      const kv = await Deno.openKv(":memory:");
      const folder = inFiles ? await make() : "";
      const files = inFiles
        ? { bodyFolder: folder, bodyFilesFrom: 150_000 }
        : {};
      try {
        const ids = await fill(kv, accounts, files);
        let before: Dump;
        {
          await using storage = await openKvStorage({ kv, ...files });
          before = await dump(storage);
        }
        assertEquals((await check(kv, false, files)).findings, []);
        const key = async (prefix: Deno.KvKey, n = 0) => {
          const found = await Array.fromAsync(kv.list({ prefix }));
          assert(found[n], `${prefix.join(" ")} has ${found.length}`);
          return found[n]!.key;
        };
        await spoil({
          kv,
          folder,
          ids,
          key,
          async head(name, change) {
            const at = ["head", ids[name]!];
            const { value } = await kv.get<Uint8Array>(at);
            await kv.set(at, encodeHead(change(decodeHead(value!))));
          },
        });
        const spoiled = await entries(kv, files);
        const reported = await check(kv, false, files);
        assert(
          reported.findings.some((f) =>
            f.kind === kind && f.what.includes(what)
          ),
          JSON.stringify(reported.findings),
        );
        assertEquals(
          await entries(kv, files),
          spoiled,
          "A report changes nothing",
        );
        if (kind !== "unfinished") assertGreater(reported.left, 0);
        const repaired = await check(kv, true, files);
        assertEquals(repaired.left, 0, JSON.stringify(repaired.findings));
        assertEquals((await check(kv, false, files)).findings, []);
        await using storage = await openKvStorage({
          kv,
          ...files,
          gracePeriod: 0,
        });
        assertEquals(await storage.verify(), []);
        compare(before, await dump(storage));
        assertEquals(await storage.verify(), []);
      } finally {
        kv.close();
      }
    }));
}

/** No value that can be decoded. */
export const BAD = Uint8Array.of(77, 1, 2, 3);

/** What there is, is what there was. */
export function same(before: Dump, after: Dump): void {
  assertEquals(after, before);
}

/** Sources and flags are the same, summaries may have been made anew. */
export function sameButSummaries(before: Dump, after: Dump): void {
  const without = (dump: Dump) =>
    Object.entries(dump).map(([name, all]) => [
      name,
      all.map((one) => one.replace(/ (summary of|anew) .*$/, "")),
    ]);
  assertEquals(without(after), without(before));
}

/** Sources are somewhere in the account; mailboxes other than one are as before. */
export function nothingLost(spoiled: string): Required<Expected>["compare"] {
  return (before, after) => {
    for (const [name, messages] of Object.entries(before)) {
      if (name !== spoiled) {
        assertEquals(after[name], messages);
        continue;
      }
      const [user] = name.split(" ");
      const everywhere = Object.entries(after)
        .filter(([other]) => other.startsWith(`${user} `))
        .flatMap(([, all]) => all.map(sourceOf));
      for (const message of messages) {
        assert(everywhere.includes(sourceOf(message)), message);
      }
    }
  };
}

function sourceOf(line: string): string {
  return line.replace(/^\d+ /, "").replace(/ (\\|k\d|summary of|anew).*$/, "")
    .trimEnd();
}

/** A mailbox has another name. */
export function renamed(
  from: string,
  to: string,
): Required<Expected>["compare"] {
  return (before, after) => {
    const { [from]: moved, ...others } = before;
    const { [to]: found, ...left } = after;
    assertEquals(found, moved);
    for (const [name, all] of Object.entries(left)) {
      assertEquals(all, others[name] ?? [], name);
    }
    for (const name of Object.keys(others)) assert(name in left, name);
  };
}

/** Mailboxes that are broken. */
export const INBOX = "alice INBOX";
export const B = "alice a/b";
