/**
 * The changes to the list of mailboxes, as plans.
 *
 * Each checks and writes the head of the account, so that of two changes at once one sees the other.
 *
 * @module
 */

import type { MetadataChanges } from "../metadata.ts";
import { StorageError } from "../model.ts";
import { checkNewName, INBOX, nextUidValidity } from "../names.ts";
import type { AccountEntry, AccountHead } from "./account_entry.ts";
import { type Change, draftOf, type Plan } from "./batch.ts";
import { ByteWriter } from "./binary.ts";
import type { Settings } from "./database.ts";
import { encodeHead, newHead } from "./head.ts";
import {
  deadKey,
  headKey,
  nodeKey,
  subscriptionKey,
  type Write,
} from "./keys.ts";
import type { MailboxEntry } from "./mailbox_entry.ts";
import { NO_MAILBOX, planMetadata } from "./metadata.ts";
import { encodeDead } from "./sweep.ts";
import {
  encodeNode,
  type MailboxTree,
  type Node,
  type TreeChange,
} from "./tree.ts";

/** How many mere names or subscriptions one commit removes with an account. */
const NODES_A_COMMIT = 100;

/** What a change of the list needs to know. */
export interface ListContext {
  /** The account. */
  readonly account: AccountEntry;
  /** Settings. */
  readonly settings: Settings;
}

/**
 * Creating a mailbox.
 * @param numbers numbers for the levels of the path, and one more for the mailbox
 * @param oldName the mailbox whose messages are about to move there, as is told
 */
export function createChange(
  { account, settings }: ListContext,
  path: readonly string[],
  numbers: readonly number[],
  specialUse: readonly string[],
  oldName?: string,
): Change<void> {
  return listChange(account, (head, tree) => {
    const there = tree.find(path);
    if (there !== undefined && there.mailbox !== 0) throw taken();
    if (tree.mailboxCount >= settings.limits.maxMailboxes) {
      throw new StorageError("LIMIT", "Too many mailboxes");
    }
    const created = creation(
      head,
      tree,
      path,
      numbers,
      specialUse,
      settings.now(),
    );
    return {
      ...created,
      done() {
        const name = path.join(settings.hierarchyDelimiter);
        account.listeners.notify(
          oldName === undefined
            ? { type: "create", name }
            : { type: "rename", name, oldName },
        );
      },
    };
  });
}

/** Making an account with an `INBOX`, unless there is one. */
export function accountChange(
  { account, settings }: ListContext,
  numbers: readonly number[],
): Change<void> {
  return {
    uses: [{ subject: account, as: "whole" }],
    plan() {
      const { tree } = account;
      if (account.exists && tree.find([INBOX])?.mailbox) {
        return { writes: [], drafts: [], apply() {} };
      }
      const head = account.exists
        ? account.head
        : { lastUidValidity: 0, listVersion: 0 };
      const { change, writes, lastUidValidity } = creation(
        head,
        tree,
        [INBOX],
        numbers,
        [],
        settings.now(),
      );
      return {
        writes: [...treeWrites(account.user, change), ...writes],
        drafts: [
          draftOf(account, {
            lastUidValidity,
            listVersion: head.listVersion + 1,
          }),
        ],
        apply: () => tree.apply(change),
      };
    },
  };
}

function creation(
  head: AccountHead,
  tree: MailboxTree,
  path: readonly string[],
  numbers: readonly number[],
  specialUse: readonly string[],
  now: number,
): { change: TreeChange; writes: Write[]; lastUidValidity: number } {
  const there = tree.find(path);
  const { set, parent } = tree.superiors(path, numbers);
  const uidValidity = nextUidValidity(head.lastUidValidity, now);
  const mailbox = numbers.at(-1)!;
  const node: Node = {
    number: there?.number ?? numbers.at(-2)!,
    parent,
    leaf: path.at(-1)!,
    mailbox,
    uidValidity,
    specialUse,
  };
  return {
    change: { set: [...set, node], removed: [] },
    writes: [[headKey(mailbox), encodeHead(newHead(uidValidity))]],
    lastUidValidity: uidValidity,
  };
}

/** Deleting a mailbox. Its messages are cleared away later. */
export function deleteChange(
  { account, settings }: ListContext,
  path: readonly string[],
  mailbox: MailboxEntry,
): Change<void> {
  const list = listChange(account, (_, tree) => {
    const node = tree.carrierOf(mailbox.id);
    if (node === undefined || tree.find(path) !== node) {
      throw new StorageError("NONEXISTENT", "There is no such mailbox");
    }
    const head = encodeHead(mailbox.head);
    const change: TreeChange = tree.hasChildren(node)
      ? {
        set: [{ ...node, mailbox: 0, uidValidity: 0, specialUse: [] }],
        removed: [],
      }
      : { set: [], removed: [node, ...tree.orphaned(node)] };
    return {
      change,
      writes: [
        [mailbox.key, null],
        [deadKey(mailbox.id), encodeDead(head, 0)],
        ...tree.metadata.removal(account.user, mailbox.id),
      ],
      done() {
        tree.metadata.set(mailbox.id, undefined);
        mailbox.vanished();
        account.listeners.notify({
          type: "delete",
          name: path.join(settings.hierarchyDelimiter),
        });
      },
    };
  });
  return { ...list, uses: [...list.uses, { subject: mailbox, as: "whole" }] };
}

/**
 * Renaming a mailbox or a mere name, with all that is below it.
 * @param numbers numbers for the levels of the new path
 */
export function renameChange(
  { account, settings }: ListContext,
  from: readonly string[],
  to: readonly string[],
  numbers: readonly number[],
): Change<void> {
  const { hierarchyDelimiter: delimiter, limits } = settings;
  return listChange(account, (_, tree) => {
    const node = tree.find(from);
    if (node === undefined) {
      throw new StorageError("NONEXISTENT", "There is no such mailbox");
    }
    if (tree.find(to) !== undefined) throw taken();
    if (from.every((leaf, level) => to[level] === leaf)) {
      throw new StorageError("CANNOT", "A mailbox cannot go below itself");
    }
    for (const { path } of tree.below(node)) {
      checkNewName([...to, ...path], delimiter, limits);
    }
    const { set, parent } = tree.superiors(to, numbers);
    const moved = { ...node, parent, leaf: to.at(-1)! };
    // A superior that the new name needs does not go with the old one.
    const needed = to.map((_, level) => tree.find(to.slice(0, level)));
    const removed = tree.orphaned(node).filter((n) => !needed.includes(n));
    return {
      change: { set: [...set, moved], removed },
      writes: [],
      done() {
        account.listeners.notify({
          type: "rename",
          name: to.join(delimiter),
          oldName: from.join(delimiter),
        });
      },
    };
  });
}

/**
 * Deleting some mailboxes of an account that goes, and in the end the account itself.
 * @param mailboxes those that are to go, pinned; none for the end
 */
export function dismantleChange(
  { account }: ListContext,
  mailboxes: readonly MailboxEntry[],
): Change<void> {
  return {
    uses: [
      { subject: account, as: "whole" },
      ...mailboxes.map((subject) => ({ subject, as: "whole" as const })),
    ],
    plan() {
      const { head, tree } = account;
      const removed = mailboxes.length > 0
        ? mailboxes.map((mailbox) => tree.carrierOf(mailbox.id)).filter((
          node,
        ) => node !== undefined)
        : [...tree.nodes].slice(0, NODES_A_COMMIT);
      const names = mailboxes.length > 0
        ? []
        : [...tree.subscribed].slice(0, NODES_A_COMMIT);
      const last = mailboxes.length === 0 && removed.length < NODES_A_COMMIT &&
        names.length < NODES_A_COMMIT;
      const owners = last ? [NO_MAILBOX] : mailboxes.map(({ id }) => id);
      return {
        writes: [
          ...removed.map((
            node,
          ): Write => [nodeKey(account.user, node.number), null]),
          ...names.map((
            name,
          ): Write => [subscriptionKey(account.user, name), null]),
          ...mailboxes.filter(({ gone }) => !gone).flatMap((
            mailbox,
          ): Write[] => [
            [mailbox.key, null],
            [deadKey(mailbox.id), encodeDead(encodeHead(mailbox.head), 0)],
          ]),
          ...owners.flatMap((owner) =>
            tree.metadata.removal(account.user, owner)
          ),
        ],
        drafts: [
          draftOf(
            account,
            last ? null : { ...head, listVersion: head.listVersion + 1 },
          ),
        ],
        apply() {
          for (const owner of owners) tree.metadata.set(owner, undefined);
          for (const mailbox of mailboxes) mailbox.vanished();
          for (const name of names) tree.subscribe(name, false);
          tree.apply({ set: [], removed });
        },
      };
    },
  };
}

/** Subscribing, unsubscribing, setting special uses. */
export function updateChange(
  { account, settings }: ListContext,
  path: readonly string[],
  update: { subscribed?: boolean; specialUse?: readonly string[] },
): Change<void> {
  const name = path.join(settings.hierarchyDelimiter);
  return listChange(account, (_, tree) => {
    const { subscribed, specialUse } = update;
    const node = tree.find(path);
    if (specialUse !== undefined && !node?.mailbox) {
      throw new StorageError("NONEXISTENT", "There is no such mailbox");
    }
    if (
      subscribed === true && !tree.subscribed.has(name) &&
      tree.subscribed.size >= settings.limits.maxMailboxes
    ) throw new StorageError("LIMIT", "Too many subscriptions");
    const set = specialUse === undefined
      ? []
      : [{ ...node!, specialUse: [...specialUse] }];
    const mark = subscribed ? new ByteWriter(1).u8(1).bytes() : null;
    return {
      change: { set, removed: [] },
      writes: subscribed === undefined
        ? []
        : [[subscriptionKey(account.user, name), mark]],
      done() {
        if (subscribed !== undefined) tree.subscribe(name, subscribed);
        const aspect = subscribed === undefined ? "specialUse" : "subscription";
        account.listeners.notify({ type: "update", name, aspect });
      },
    };
  });
}

/**
 * Setting and removing entries of metadata.
 * @param path the mailbox; undefined for the account itself
 * @param home the number of the records where there are none yet and there is no mailbox
 */
export function metadataChange(
  { account, settings }: ListContext,
  path: readonly string[] | undefined,
  changes: MetadataChanges,
  home: number,
): Change<void> {
  return listChange(account, (head, tree) => {
    const mailbox = path === undefined ? NO_MAILBOX : tree.find(path)?.mailbox;
    if (path !== undefined && !mailbox) {
      throw new StorageError("NONEXISTENT", "There is no such mailbox");
    }
    const { index, writes } = planMetadata(
      tree.metadata,
      account.user,
      mailbox!,
      changes,
      mailbox || home,
      head.listVersion + 1,
      settings.limits,
    );
    return {
      change: { set: [], removed: [] },
      writes,
      done() {
        tree.metadata.set(mailbox!, index);
        account.listeners.notify({
          type: "metadata",
          name: path?.join(settings.hierarchyDelimiter) ?? "",
          entries: [...changes.keys()],
        });
      },
    };
  });
}

/** What a change of the list does. */
interface ListPlan {
  readonly change: TreeChange;
  readonly writes: readonly Write[];
  readonly lastUidValidity?: number;
  done(): void;
}

function listChange(
  account: AccountEntry,
  plan: (head: AccountHead, tree: MailboxTree) => ListPlan,
): Change<void> {
  return {
    uses: [{ subject: account, as: "whole" }],
    plan(): Plan<void> {
      const { head, tree } = account;
      const { change, writes, lastUidValidity, done } = plan(head, tree);
      const draft: AccountHead = {
        lastUidValidity: lastUidValidity ?? head.lastUidValidity,
        listVersion: head.listVersion + 1,
      };
      return {
        writes: [...treeWrites(account.user, change), ...writes],
        drafts: [draftOf(account, draft)],
        apply() {
          tree.apply(change);
          done();
        },
      };
    },
  };
}

function treeWrites(user: string, { set, removed }: TreeChange): Write[] {
  return [
    ...removed.map((node): Write => [nodeKey(user, node.number), null]),
    ...set.map((node): Write => [nodeKey(user, node.number), encodeNode(node)]),
  ];
}

function taken(): StorageError {
  return new StorageError("ALREADYEXISTS", "There is such a mailbox already");
}
