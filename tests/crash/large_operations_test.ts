/**
 * Item 34 of the hostile input: operations on more messages than a commit of the database takes, stopped between any
 * two of their commits.
 */

import { assert, assertEquals, assertGreater } from "@std/assert";
import { openKvStorage } from "../../storage/kv/mod.ts";
import type { Account, Mailbox } from "../../storage/storage.ts";
import { messages } from "../../testing/conformance/harness.ts";
import { ObservedKv } from "../storage/observed_kv.ts";

/** More than one commit moves, copies or expunges. */
const COUNT = 21_000;

type Operation = (inbox: Mailbox, target: Mailbox) => Promise<unknown>;

const OPERATIONS: Readonly<Record<string, Operation>> = {
  move: (inbox, target) => inbox.moveTo(inbox.state.allUids(), target),
  copy: (inbox, target) => inbox.copyTo(inbox.state.allUids(), target),
  expunge: (inbox) => inbox.expunge(inbox.state.allUids()),
  flags: (inbox) =>
    inbox.storeFlags(inbox.state.allUids(), { mode: "add", flags: ["x"] }),
};

async function open(account: Account): Promise<[Mailbox, Mailbox]> {
  return [
    await account.openMailbox("INBOX"),
    await account.openMailbox("target"),
  ];
}

/** Runs an operation that is stopped before a commit; false when it had no more commits than that. */
async function stopAt(name: string, commit: number): Promise<boolean> {
  using kv = await Deno.openKv(":memory:");
  const db = new ObservedKv(kv);
  const options = { gracePeriod: 0, onFault: () => {} };
  let done: boolean;
  {
    await using storage = await openKvStorage({ ...options, kv: db.kv });
    const account = await storage.openAccount("u");
    await account.createMailbox("target");
    const [inbox, target] = await open(account);
    for (let n = 0; n < COUNT; n += 3_000) await inbox.append(messages(3_000));
    let left = commit;
    db.fate = () =>
      left-- > 0 ? "done" : { before: new Error("the process is gone") };
    done = await OPERATIONS[name]!(inbox, target).then(
      () => true,
      () => false,
    );
    for (const one of [inbox, target, account]) one.close();
  }
  db.fate = () => "done";
  await using again = await openKvStorage({ ...options, kv });
  assertEquals(await again.verify(), [], `${name} stopped at ${commit}`);
  const account = await again.openAccount("u");
  const [inbox, target] = await open(account);
  const [here, there] = [inbox.state.length, target.state.length];
  const about = `${name} stopped at ${commit}: ${here}, ${there}`;
  if (name === "move") assertEquals(here + there, COUNT, about);
  else if (name !== "expunge") assertEquals(here, COUNT, about);
  if (done && name === "expunge") assertEquals(here, 0, about);
  // All or none (RFC 9051 § 6.4.7).
  if (name === "copy") assertEquals(there, done ? COUNT : 0, about);
  // Neither is a UID given twice.
  const next = inbox.state.uidNext;
  assertGreater(next, COUNT, about);
  const { uids } = await inbox.append(messages(1));
  assertEquals(uids[0], next, about);
  for (const one of [inbox, target, account]) one.close();
  return !done;
}

for (const name of Object.keys(OPERATIONS)) {
  Deno.test(`${name} of ${COUNT} messages, stopped anywhere`, async () => {
    let commit = 0;
    while (await stopAt(name, commit)) commit++;
    console.log(`${commit} commits`);
    assert(commit > 0);
  });
}
