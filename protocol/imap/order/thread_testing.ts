/**
 * Messages for tests of threading, and threads as THREAD writes them.
 *
 * @module
 */

import { Pace } from "../../../storage/pace.ts";
import { Encoder } from "../../wire/encoder.ts";
import { ReferenceLists } from "./reference_lists.ts";
import { writeThreads } from "./thread_list.ts";
import { threadOrderedSubject } from "./thread_ordered_subject.ts";
import { type ReferencesFacts, threadReferences } from "./thread_references.ts";
import { type RefsFacts, threadRefs } from "./thread_refs.ts";
import type { ThreadTree } from "./thread_tree.ts";

/** A message; its number is its place in the list, from 1. */
export interface TestMessage {
  /** Its Message ID; absent where it has none. */
  readonly id?: string;
  /** What it refers to. */
  readonly refs?: readonly string[];
  /** When it was sent; its number by default. */
  readonly sent?: number;
  /** When it arrived; its number by default. */
  readonly arrived?: number;
  /** Its base subject; none by default. */
  readonly subject?: string;
  /** Whether it is a reply or forward. */
  readonly reply?: boolean;
}

function factsOf(
  messages: readonly TestMessage[],
): ReferencesFacts & RefsFacts {
  const numbers = new Map<string, number>();
  const subjects = new Map<string, number>();
  const numberOf = (map: Map<string, number>, text: string) => {
    if (!map.has(text)) map.set(text, map.size);
    return map.get(text)!;
  };
  const lists = new ReferenceLists();
  const places = messages.map(({ id, refs = [] }) =>
    lists.add(
      id === undefined ? -1 : numberOf(numbers, id),
      refs.map((ref) => numberOf(numbers, ref)),
    )
  );
  return {
    sent: Float64Array.from(messages, ({ sent }, at) => sent ?? at + 1),
    arrived: Float64Array.from(
      messages,
      ({ arrived }, at) => arrived ?? at + 1,
    ),
    subjects: Int32Array.from(
      messages,
      ({ subject = "" }) => subject === "" ? -1 : numberOf(subjects, subject),
    ),
    replies: Uint8Array.from(messages, ({ reply }) => reply ? 1 : 0),
    references: {
      lists,
      places: Uint32Array.from(places),
      ids: numbers.size,
    },
  };
}

/** Threads as they are written, numbers from 1. */
export function written(tree: ThreadTree): string {
  const out = new Encoder();
  const numbers = Uint32Array.from(
    { length: tree.messages },
    (_, at) => at + 1,
  );
  for (const _ of writeThreads(out, tree, numbers));
  return new TextDecoder().decode(out.take());
}

/** REFERENCES. */
export async function byReferences(
  messages: readonly TestMessage[],
): Promise<string> {
  return written(await threadReferences(factsOf(messages), new Pace()));
}

/** REFS. */
export async function byRefs(
  messages: readonly TestMessage[],
): Promise<string> {
  return written(await threadRefs(factsOf(messages), new Pace()));
}

/** ORDEREDSUBJECT. */
export async function byOrderedSubject(
  messages: readonly TestMessage[],
): Promise<string> {
  const { sent, subjects } = factsOf(messages);
  // To it the empty subject is one like any other.
  const numbers = subjects.map((number) => number + 1);
  return written(await threadOrderedSubject(sent, numbers, new Pace()));
}

/** A node of a drawing. */
interface Drawn {
  readonly text: string;
  readonly children: Drawn[];
}

/**
 * A drawing of threads as THREAD writes them: a message a line, two spaces before each level, `-` for what is not
 * there.
 */
export function drawn(drawing: string): string {
  const root: Drawn = { text: "", children: [] };
  const path = [root];
  const lines = drawing.split("\n").filter((line) => line.trim() !== "");
  const indent = lines[0]!.search(/\S/);
  for (const line of lines) {
    const depth = (line.search(/\S/) - indent) / 2;
    const node: Drawn = { text: line.trim(), children: [] };
    path[depth]!.children.push(node);
    path[depth + 1] = node;
  }
  const write = ({ text, children }: Drawn): string => {
    const inner = children.length === 1
      ? write(children[0]!)
      : children.map((child) => `(${write(child)})`).join("");
    if (text === "-") return inner;
    return inner === "" ? text : `${text} ${inner}`;
  };
  return root.children.map((child) => `(${write(child)})`).join("");
}
