/**
 * REFERENCES as RFC 5256 § 3 puts it, sentence by sentence, with objects: slow, and only to compare with.
 *
 * @module
 */

import type { TestMessage } from "./thread_testing.ts";

/** What is threaded. */
interface Item {
  /** Its number; 0 is a dummy. */
  readonly number: number;
  readonly sent: number;
  readonly subject: string;
  readonly reply: boolean;
  parent: Item | undefined;
  children: Item[];
}

function dummy(): Item {
  return {
    number: 0,
    sent: 0,
    subject: "",
    reply: false,
    parent: undefined,
    children: [],
  };
}

function unlink(item: Item): void {
  const { parent } = item;
  if (parent === undefined) return;
  parent.children = parent.children.filter((one) => one !== item);
  item.parent = undefined;
}

function isDescendant(item: Item, of: Item): boolean {
  for (let at: Item | undefined = item; at !== undefined; at = at.parent) {
    if (at === of) return true;
  }
  return false;
}

function link(parent: Item, child: Item): void {
  if (isDescendant(parent, child)) return;
  child.parent = parent;
  parent.children.push(child);
}

function bySent(items: Item[]): void {
  const key = (item: Item) => item.number === 0 ? item.children[0]! : item;
  items.sort((a, b) =>
    key(a).sent - key(b).sent || key(a).number - key(b).number
  );
}

/** Step 1, and the children of the root by step 2. */
function step1(messages: readonly TestMessage[]): Item[] {
  const all: Item[] = [];
  const byId = new Map<string, Item>();
  const items = messages.map(({ id, sent, subject, reply }, at) => {
    const item: Item = {
      ...dummy(),
      number: at + 1,
      sent: sent ?? at + 1,
      subject: subject ?? "",
      reply: reply ?? false,
    };
    all.push(item);
    // "If two or more messages have the same Message ID, then only use that Message ID in the first"
    if (id !== undefined && !byId.has(id)) byId.set(id, item);
    return item;
  });
  messages.forEach(({ refs = [] }, at) => {
    const ancestors = refs.map((ref) => {
      // "If no message can be found with a given Message ID, create a dummy message with this ID."
      let item = byId.get(ref);
      if (item === undefined) {
        byId.set(ref, item = dummy());
        all.push(item);
      }
      return item;
    });
    for (let i = 1; i < ancestors.length; i++) {
      const child = ancestors[i]!;
      if (child.parent === undefined) link(ancestors[i - 1]!, child);
    }
    const current = items[at]!;
    unlink(current);
    const last = ancestors.at(-1);
    if (last !== undefined) link(last, current);
  });
  return all.filter((item) => item.parent === undefined);
}

/** Step 3 below the root. */
function prune(item: Item): void {
  item.children.forEach(prune);
  item.children = item.children.flatMap((child) =>
    child.number === 0 ? child.children : [child]
  );
  for (const child of item.children) child.parent = item;
}

/** Step 3. */
function step3(roots: Item[]): Item[] {
  roots.forEach(prune);
  return roots.flatMap((root) =>
    root.number === 0 && root.children.length <= 1 ? root.children : [root]
  );
}

function sortDeep(items: Item[]): void {
  for (const item of items) sortDeep(item.children);
  bySent(items);
}

/** Step 5. */
function step5(roots: Item[]): Item[] {
  const subjectOf = (item: Item) =>
    item.number === 0 ? item.children[0]!.subject : item.subject;
  const table = new Map<string, Item>();
  for (const current of roots) {
    const subject = subjectOf(current);
    if (subject === "") continue;
    const there = table.get(subject);
    if (there === undefined) table.set(subject, current);
    else if (
      there.number !== 0 &&
      (current.number === 0 || there.reply && !current.reply)
    ) table.set(subject, current);
  }
  const root = new Set(roots);
  for (const current of roots) {
    const subject = subjectOf(current);
    if (subject === "") continue;
    const there = table.get(subject)!;
    if (there === current) continue;
    root.delete(current);
    if (there.number === 0 && current.number === 0) {
      there.children.push(...current.children);
    } else if (there.number === 0) there.children.push(current);
    else if (current.reply && !there.reply) there.children.push(current);
    else {
      const both = dummy();
      both.children.push(there, current);
      root.delete(there);
      root.add(both);
      table.set(subject, both);
    }
  }
  return [...root];
}

function write({ number, children }: Item): string {
  const inner = children.length === 1
    ? write(children[0]!)
    : children.map((child) => `(${write(child)})`).join("");
  if (number === 0) return inner;
  return inner === "" ? String(number) : `${number} ${inner}`;
}

/** Threads by REFERENCES, as they are written. */
export function literalReferences(messages: readonly TestMessage[]): string {
  let roots = step3(step1(messages));
  // "In the case of a dummy message, sort its children by sent date and then use the first child"
  for (const { number, children } of roots) if (number === 0) bySent(children);
  bySent(roots);
  roots = step5(roots);
  sortDeep(roots);
  return roots.map((root) => `(${write(root)})`).join("");
}

/** The same by REFS: without step 5, and the threads by the latest arrival in each. */
export function literalRefs(messages: readonly TestMessage[]): string {
  const roots = step3(step1(messages));
  sortDeep(roots);
  const latest = (item: Item): [number, number] => {
    const { number } = item;
    const own: [number, number] = number === 0
      ? [-1, 0]
      : [messages[number - 1]!.arrived ?? number, number];
    return [own, ...item.children.map(latest)]
      .sort((a, b) => b[0] - a[0] || b[1] - a[1])[0]!;
  };
  roots.sort((a, b) => {
    const [one, other] = [latest(a), latest(b)];
    return one[0] - other[0] || one[1] - other[1];
  });
  return roots.map((root) => `(${write(root)})`).join("");
}
