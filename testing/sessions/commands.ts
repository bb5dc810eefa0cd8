/**
 * Commands on messages, and what a client expects of the answers.
 *
 * @module
 */

import type { Response } from "../responses/response.ts";
import type { Value } from "../responses/value.ts";
import type { ClientModel, Command } from "./client_model.ts";
import type { Meant, MessageSet } from "./message_set.ts";
import type { Slot } from "./selection.ts";
import { numberOf, numbersOf, textOf } from "./values.ts";
import { must } from "./world.ts";

/** A part of what is sent: text, or a literal. */
export type Part = string | {
  /** Its bytes. */
  readonly literal: string;
  /** Whether the client waits for the server's `+` before it. */
  readonly waits: boolean;
};

/** A command with what is sent for it. */
export interface Sending extends Command {
  /** What is sent behind the tag. */
  readonly parts: readonly Part[];
}

const NOTHING: Meant = { certain: [], possible: [] };

/** A command on a set of messages: which of them the server has to answer for. */
class OnMessages {
  readonly answered: Set<Slot> = new Set();
  meant: Meant = NOTHING;
  readonly #set: MessageSet;
  model!: ClientModel;

  constructor(set: MessageSet) {
    this.#set = set;
  }

  begin(model: ClientModel): void {
    this.model = model;
    this.meant = this.#set.meant(model);
  }

  /** A message is answered for: one that is meant. */
  answer(slot: Slot): void {
    const { certain, possible } = this.meant;
    // Where there are no numbers, one whose UID was not known may stand for another one that has come meanwhile.
    const anyOf = this.model.uidOnly && possible.length > 0;
    must(
      anyOf || certain.includes(slot) || possible.includes(slot),
      `UID ${slot.uid} is answered for, and was not asked for`,
    );
    this.answered.add(slot);
  }

  /**
   * OK: all that are meant are answered for. NO: those that are not are gone.
   * @param answers whether the server answers for each message
   */
  end(ok: boolean, code: readonly Value[], answers: boolean): void {
    const { certain, possible } = this.meant;
    const left = certain.filter((slot) => !this.answered.has(slot));
    if (ok) {
      const missing = answers &&
        left.find((slot) => !slot.gone && !slot.doubtful);
      must(!missing, `UID ${missing && missing.uid} is not answered for`);
    } else if (isCode(code, "EXPUNGEISSUED") && possible.length === 0) {
      // What is told between commands may look like the answer for a message that is gone.
      must(
        left.length > 0 || this.model.notified,
        "EXPUNGEISSUED, and all are answered for",
      );
      if (!answers && left.length > 0) this.model.owe(left);
      else for (const slot of left) this.model.owe([slot]);
    }
  }
}

function isCode(code: readonly Value[], name: string): boolean {
  return code.length > 0 && textOf(code[0]).toUpperCase() === name;
}

/** `UID ` where the set is of UIDs. */
function prefix(set: MessageSet): string {
  return set.uid ? "UID " : "";
}

/** RFC 9051 § 6.4.9: UIDs that are not there are passed over. */
function goneRefusals(set: MessageSet): string[] {
  return set.uid ? [] : ["EXPUNGEISSUED"];
}

/** FETCH of something that comes with no unsolicited response. */
export function fetch(set: MessageSet, items: string): Sending {
  const on = new OnMessages(set);
  const name = `${prefix(set)}FETCH`;
  return {
    name,
    parts: [`${name} ${set.text} ${items}`],
    numbers: set.numbers,
    refusals: goneRefusals(set),
    begin: (model) => on.begin(model),
    fetched(slot, got) {
      const asked = [...got.keys()].some((item) =>
        !/^(UID|FLAGS|MODSEQ)$/.test(item)
      );
      if (asked) {
        must(!on.answered.has(slot), `UID ${slot.uid} is answered for twice`);
        on.answer(slot);
      }
    },
    end: (ok, code) => on.end(ok, code, true),
  };
}

/** PARTIAL (RFC 1730 § 6.4.6). */
export function partial(set: MessageSet): Sending {
  const part = fetch(set, "");
  const parts = [`PARTIAL ${set.text} BODY.PEEK[] 1 40`];
  return { ...part, name: "PARTIAL", parts };
}

/** A change of flags. */
export interface StoreChoice {
  /** How it is meant. */
  readonly mode: "+" | "-" | "";
  /** Flags and keywords. */
  readonly flags: readonly string[];
  /** Whether the client does without the answers. */
  readonly silent: boolean;
}

/** STORE. What `.SILENT` leaves unsaid the client works out for itself. */
export function store(set: MessageSet, choice: StoreChoice): Sending {
  const on = new OnMessages(set);
  const name = `${prefix(set)}STORE`;
  const item = `${choice.mode}FLAGS${choice.silent ? ".SILENT" : ""}`;
  return {
    name,
    parts: [`${name} ${set.text} ${item} (${choice.flags.join(" ")})`],
    numbers: set.numbers,
    refusals: [...goneRefusals(set), "READ-ONLY"],
    begin(model) {
      on.begin(model);
      if (!choice.silent || model.selection!.readOnly) return;
      for (const slot of on.meant.certain) slot.flags = changed(slot, choice);
      for (const slot of on.meant.possible) slot.flags = undefined;
    },
    fetched(slot, got) {
      if (got.has("FLAGS")) on.answered.add(slot);
    },
    end: (ok, code) => on.end(ok, code, !choice.silent),
  };
}

function changed(
  { flags }: Slot,
  { mode, flags: given }: StoreChoice,
): ReadonlySet<string> | undefined {
  const those = new Set(given.map((flag) => flag.toLowerCase()));
  if (mode === "") return those;
  return mode === "+" ? flags?.union(those) : flags?.difference(those);
}

/** COPY or MOVE. */
export function transfer(
  verb: "COPY" | "MOVE",
  set: MessageSet,
  to: string,
): Sending {
  const on = new OnMessages(set);
  const name = `${prefix(set)}${verb}`;
  const copied = (code: readonly Value[]) => {
    if (isCode(code, "COPYUID")) learnCopies(on, code, set);
  };
  return {
    name,
    parts: [`${name} ${set.text} ${to}`],
    numbers: set.numbers,
    refusals: verb === "COPY"
      ? ["TRYCREATE", ...goneRefusals(set)]
      : ["TRYCREATE", "READ-ONLY"],
    begin(model) {
      on.begin(model);
      if (verb === "MOVE") removes(model, on.meant);
    },
    heard(response) {
      // RFC 6851 § 4.3: MOVE says it before the EXPUNGEs.
      if (verb === "MOVE") copied(codeOf(response));
    },
    end(ok, code) {
      on.end(ok, code, false);
      if (ok && verb === "COPY") copied(code);
    },
  };
}

function codeOf(response: Response): readonly Value[] {
  return response.type === "status" ? response.code ?? [] : [];
}

/** COPYUID: the copies are of messages that were meant, in order, and say the same. */
function learnCopies(
  { model, meant: { certain, possible } }: OnMessages,
  code: readonly Value[],
  set: MessageSet,
): void {
  const { world, selection } = model;
  const uidValidity = numberOf(code[1]);
  const from = numbersOf(textOf(code[2]));
  const to = numbersOf(textOf(code[3]));
  must(from.length === to.length, "COPYUID has sets of different sizes");
  const slots = [...certain, ...possible];
  if (set.numbers && from.length === certain.length) {
    from.forEach((uid, index) => {
      const slot = certain[index]!;
      if (!slot.gone) selection!.learnUid(slot, uid);
    });
  }
  from.forEach((uid, index) => {
    const slot = slots.find((slot) => slot.uid === uid);
    must(
      slot !== undefined || slots.some((slot) => slot.uid === undefined),
      `UID ${uid} is copied, and was not asked for`,
    );
    const token = world.contentOf(selection!.uidValidity, uid);
    if (token !== undefined) world.hasContent(uidValidity, to[index]!, token);
  });
}

/** EXPUNGE, or UID EXPUNGE with a set. */
export function expunge(set?: MessageSet): Sending {
  const name = set === undefined ? "EXPUNGE" : "UID EXPUNGE";
  return {
    name,
    parts: [set === undefined ? name : `${name} ${set.text}`],
    refusals: ["READ-ONLY"],
    begin: (model) => removes(model, set?.meant(model)),
  };
}

/** The messages, or any of the selected mailbox, are asked to be removed. */
function removes({ world, selection }: ClientModel, meant?: Meant): void {
  const { uidValidity } = selection!;
  const slots = [...meant?.certain ?? [], ...meant?.possible ?? []];
  const uids = slots.map((slot) => slot.uid);
  const known = uids.filter((uid) => uid !== undefined);
  const all = meant !== undefined && known.length === uids.length;
  world.removes(uidValidity, all ? known : undefined);
}

/** A message, and how it is appended. */
export interface AppendChoice {
  /** What the messages say. */
  readonly tokens: readonly string[];
  /** Their flags. */
  readonly flags: readonly string[];
  /** Whether the client waits before each literal. */
  readonly waits: boolean;
}

/** The source of a message that says something. */
export function sourceOf(token: string): string {
  return `Subject: ${token}\r\n\r\nI am ${token}.\r\n`;
}

/** APPEND, of several messages by RFC 3502. */
export function append(to: string, choice: AppendChoice): Sending {
  const { tokens, flags, waits } = choice;
  const parts: Part[] = [`APPEND ${to}`];
  for (const token of tokens) {
    parts.push(` (${flags.join(" ")}) `, { literal: sourceOf(token), waits });
  }
  let model: ClientModel;
  return {
    name: "APPEND",
    parts,
    refusals: ["TRYCREATE"],
    begin: (given) => model = given,
    end(ok, code) {
      if (ok) learnAppended(model, code, tokens);
    },
  };
}

/** APPENDUID: where messages are, in their order. */
function learnAppended(
  model: ClientModel,
  code: readonly Value[],
  tokens: readonly string[],
): void {
  must(isCode(code, "APPENDUID"), "APPEND without APPENDUID");
  const uids = numbersOf(textOf(code[2]));
  must(uids.length === tokens.length, "APPENDUID of another size");
  const uidValidity = numberOf(code[1]);
  model.appended(uidValidity, uids);
  uids.forEach((uid, index) =>
    model.world.hasContent(uidValidity, uid, tokens[index]!)
  );
}

/** REPLACE (RFC 8508), of a set of one message by another. */
export function replace(
  set: MessageSet,
  to: string,
  { tokens, flags, waits }: AppendChoice,
): Sending {
  const name = `${prefix(set)}REPLACE`;
  let model: ClientModel;
  return {
    name,
    parts: [
      `${name} ${set.text} ${to} (${flags.join(" ")}) `,
      { literal: sourceOf(tokens[0]!), waits },
    ],
    numbers: set.numbers,
    refusals: ["TRYCREATE", "READ-ONLY", "EXPUNGEISSUED", "NONEXISTENT"],
    begin(given) {
      model = given;
      removes(model, set.meant(model));
    },
    heard(response) {
      // RFC 8508 § 4.3: it is said before the EXPUNGE.
      const code = codeOf(response);
      if (isCode(code, "APPENDUID")) learnAppended(model, code, tokens);
    },
  };
}
