/**
 * What RFC 9051 lets a client know of its connection, and the laws that every response has to keep.
 *
 * Answers come in the order of the commands, so that whatever the server says belongs to the oldest command
 * that is not answered. When a command's turn comes, the client's picture of the mailbox is the one that the
 * server sees it with.
 *
 * @module
 */

import type { Response } from "../responses/response.ts";
import type { Value } from "../responses/value.ts";
import type { Checkpoint } from "./resync.ts";
import { Selection, type Slot } from "./selection.ts";
import { readUpdate, type Watched } from "./watched.ts";
import { itemsOf, numberOf, numbersOf, pairsOf, textOf } from "./values.ts";
import { must, Violation, type World } from "./world.ts";

/** A command, and what a client expects of the answer. */
export interface Command {
  /** Its name in capitals, `UID ` in front where it is so. */
  readonly name: string;
  /** Response codes with which a NO is right. */
  readonly refusals: readonly string[];
  /** Whether it says sequence numbers, so that none may go before it is answered (RFC 9051 § 5.5). */
  readonly numbers?: boolean;
  /** Its turn has come. */
  begin?(model: ClientModel): void;
  /** A FETCH response; what it says of UID and flags has been taken note of. */
  fetched?(slot: Slot, items: ReadonlyMap<string, Value>): void;
  /** A response of another kind. */
  heard?(response: Response): void;
  /** The tagged answer, when it is OK or NO. */
  end?(ok: boolean, code: readonly Value[]): void;
}

/** What a client has enabled. */
export interface Enabled {
  /** IMAP4rev2. */
  readonly rev2?: boolean;
  /** QRESYNC (RFC 7162 § 3.2.3). */
  readonly qresync?: boolean;
  /** UIDONLY (RFC 9586): it says and hears no sequence number. */
  readonly uidOnly?: boolean;
}

interface Underway {
  readonly tag: string;
  readonly command: Command;
  /** Whether all of it has been sent (RFC 9051 § 7.5.1: before that it is not in progress). */
  whole: boolean;
}

/**
 * Commands during which no EXPUNGE may be sent (RFC 9051 § 7.5.1), PARTIAL being one like FETCH, and SORT like SEARCH
 * (RFC 5256 § 3).
 */
export const KEEPS_NUMBERS: ReadonlySet<string> = new Set(
  ["FETCH", "STORE", "SEARCH", "SORT", "PARTIAL"],
);

/** See the module's text. */
export class ClientModel {
  /** See {@linkcode Enabled}. */
  readonly rev2: boolean;
  readonly qresync: boolean;
  readonly uidOnly: boolean;
  readonly world: World;
  /** What it knew at moments from which it may resynchronize. */
  readonly checkpoints: Checkpoint[] = [];
  /** What it takes for the HIGHESTMODSEQ up to which it knows all; 0 for none. */
  #modseq = 0;
  /** The HIGHESTMODSEQ that has been told since the last tagged answer, and the highest MODSEQ. */
  #told: { code?: number; highest: number } = { highest: 0 };
  /** What is selected. */
  selection: Selection | undefined;
  /** The messages of `$` (RFC 5182); undefined when the client cannot know. */
  saved: readonly Slot[] | undefined = [];
  /** The searches whose results it is told the changes of, by tag (RFC 5267). */
  readonly watched: Map<string, Watched> = new Map();
  /** Whether messages may come at any time, so that `*` means nothing (RFC 5465 § 5.2, RFC 5267 § 4.3.2). */
  notified = false;
  /** Whether BYE has been said. */
  bye = false;
  readonly #underway: Underway[] = [];
  /** When a mailbox was last asked for. */
  #askedAt = 0;
  readonly #lastAppended = new Map<number, number>();
  readonly #uidNext = new Map<number, number>();
  /** What is wrong if anything but BYE comes next. */
  #doomed: string | undefined;
  /** Messages of which the server has said that some are gone, and not yet which. */
  #owed: (readonly Slot[])[] = [];

  constructor(world: World, enabled: Enabled = {}) {
    const { rev2 = false, qresync = false, uidOnly = false } = enabled;
    this.world = world;
    this.rev2 = rev2;
    this.qresync = qresync;
    this.uidOnly = uidOnly;
  }

  /** Whether it is told by VANISHED what has gone (RFC 7162 § 3.2.10, RFC 9586 § 3.4). */
  get vanishes(): boolean {
    return this.qresync || this.uidOnly;
  }

  /** The names of the commands that are not answered, the oldest first. */
  get underway(): readonly string[] {
    return this.#underway.map(({ command }) => command.name);
  }

  /** A command is being sent. */
  sends(tag: string, command: Command): void {
    this.#underway.push({ tag, command, whole: false });
    if (this.#underway.length === 1) command.begin?.(this);
  }

  /** All of a command has been sent. */
  hasSent(tag: string): void {
    for (const one of this.#underway) if (one.tag === tag) one.whole = true;
  }

  /** The server has said that some of these messages are gone: it has to say which when it may. */
  owe(slots: readonly Slot[]): void {
    this.#owed.push(slots);
  }

  /** Messages are appended in the order of the commands. */
  appended(uidValidity: number, uids: readonly number[]): void {
    let last = this.#lastAppended.get(uidValidity) ?? 0;
    for (const uid of uids) {
      must(uid > last, `UID ${uid} is appended after ${last}`);
      last = uid;
    }
    this.#lastAppended.set(uidValidity, last);
  }

  /** UIDNEXT never goes down. */
  uidNextIs(uidValidity: number, uidNext: number): void {
    const before = this.#uidNext.get(uidValidity) ?? 0;
    must(uidNext >= before, `UIDNEXT ${uidNext} after ${before}`);
    this.#uidNext.set(uidValidity, uidNext);
  }

  /**
   * Takes a response.
   * @throws {Violation} when a law is broken
   */
  hears(response: Response): void {
    must(!this.bye || response.type === "status", "Something after BYE");
    const isBye = response.type === "status" && response.status === "BYE";
    must(isBye || this.#doomed === undefined, this.#doomed ?? "");
    if (response.type === "continuation") return;
    if (response.type === "data") this.#data(response);
    else if (response.tag === "*") this.#untagged(response);
    else this.#tagged(response);
  }

  #tagged({ tag, status, code = [], text }: Response & { type: "status" }) {
    const first = this.#underway[0];
    must(first?.tag === tag, `${tag} is answered before ${first?.tag}`);
    const { command } = first!;
    must(status !== "BAD", `BAD to ${command.name}: ${text}`);
    try {
      this.#ends(command, status === "OK", code, text);
    } catch (error) {
      // Where the selected mailbox has gone nothing holds, but then BYE is next (RFC 2180 § 3.3).
      const excused = this.world.mailboxesGo && this.selection !== undefined;
      if (!(error instanceof Violation) || !excused) throw error;
      this.#doomed = error.message;
    }
    this.#hearModseq(code);
    if (this.qresync) this.#checkpoint();
    this.#underway.shift();
    this.#underway[0]?.command.begin?.(this);
  }

  #hearModseq(code: readonly Value[]): void {
    if (code.length === 0) return;
    if (textOf(code[0]).toUpperCase() !== "HIGHESTMODSEQ") return;
    this.#told.code = numberOf(code[1]);
  }

  /** "Whenever the client receives a tagged response" (RFC 7162 § 6): what it could come back with. */
  #checkpoint(): void {
    const { code, highest } = this.#told;
    this.#told = { highest: 0 };
    const { selection } = this;
    if (selection?.slots === undefined) {
      this.#modseq = 0;
      return;
    }
    this.#modseq = code ?? Math.max(this.#modseq, highest);
    must(this.#modseq > 0, "No HIGHESTMODSEQ (RFC 7162 § 3.1.2.1)");
    // Without numbers it does not know how far it knows all.
    const { slots } = selection;
    if (this.uidOnly && slots.some(({ uid }) => uid === undefined)) return;
    const messages = new Map<number, ReadonlySet<string>>();
    for (const { uid, flags } of slots) {
      if (uid === undefined || flags === undefined) break;
      messages.set(uid, flags);
    }
    const { uidValidity } = selection;
    this.checkpoints.push({ uidValidity, modseq: this.#modseq, messages });
  }

  #ends(command: Command, ok: boolean, code: readonly Value[], text: string) {
    const name = code.length === 0 ? "" : textOf(code[0]).toUpperCase();
    must(
      ok || command.refusals.includes(name),
      `NO [${name}] to ${command.name}: ${text}`,
    );
    command.end?.(ok, code);
    if (!this.#keepsNumbers(command)) this.#settle();
  }

  /** Whether no message may be told to have gone during a command (RFC 9051 § 7.5.1, RFC 7162 § 3.2.10.2). */
  #keepsNumbers({ name, numbers }: Command): boolean {
    return KEEPS_NUMBERS.has(name) ||
      this.vanishes && /^UID (SEARCH|SORT)$/.test(name) && numbers === true;
  }

  /** At the end of a command with which EXPUNGE may come, what is owed has been paid. */
  #settle(): void {
    for (const slots of this.#owed) {
      must(
        slots.some((slot) => slot.gone),
        "Messages were said to be gone, and are not reported",
      );
    }
    this.#owed = [];
  }

  #untagged(response: Response & { type: "status" }): void {
    const { status, code = [] } = response;
    must(status !== "BAD", "An untagged BAD");
    if (status === "BYE") this.bye = true;
    const name = code.length === 0 ? "" : textOf(code[0]).toUpperCase();
    const selection = this.selection;
    if (name === "CLOSED") {
      must(selection !== undefined, "CLOSED, and nothing is selected");
      this.unselect();
    } else if (name === "UIDVALIDITY") {
      this.#open().uidValidity = numberOf(code[1]);
    } else if (name === "UIDNEXT") {
      this.#open().uidNext = numberOf(code[1]);
    } else if (name === "UNSEEN") {
      must(!this.uidOnly, "UNSEEN where UIDONLY is on (RFC 9586 § 3)");
      this.#open().at(numberOf(code[1]));
    }
    if (name === "NOUPDATE") {
      const tag = textOf(code[1]);
      must(this.watched.delete(tag), `NOUPDATE ${tag}, which has none`);
    }
    this.#hearModseq(code);
    this.#underway[0]?.command.heard?.(response);
  }

  #data(response: Response & { type: "data" }): void {
    const { name, values } = response;
    const update = readUpdate(response);
    if (update !== undefined) {
      const watched = this.watched.get(update.tag);
      must(watched !== undefined, `An update of ${update.tag}`);
      for (const [item, pairs] of update.changes) {
        watched.update(item, pairs, this.selection!);
      }
      return;
    }
    if (response.number !== undefined) {
      this.#numbered(name, numberOf(response.number), values);
    } else if (name === "FLAGS") {
      const flags = itemsOf(values[0]).map((v) => textOf(v).toLowerCase());
      this.#open().keywords = new Set(flags);
    } else if (name === "VANISHED") this.#vanished(values);
    else if (name === "STATUS") {
      const items = pairsOf(itemsOf(values[1]));
      const uidValidity = items.get("UIDVALIDITY");
      const uidNext = items.get("UIDNEXT");
      // Unasked, not everything is told (RFC 5465 § 5).
      if (uidValidity !== undefined && uidNext !== undefined) {
        this.uidNextIs(numberOf(uidValidity), numberOf(uidNext));
      }
    }
    this.#underway[0]?.command.heard?.(response);
  }

  #numbered(name: string, number: number, values: readonly Value[]): void {
    if (name === "EXISTS") return this.#open().exists(number);
    if (name === "RECENT") return this.#open().recentIs(number);
    const fetch = this.uidOnly ? "UIDFETCH" : "FETCH";
    must(
      name === fetch || name === "EXPUNGE",
      `${name} is no response with a number here`,
    );
    const { selection } = this;
    must(selection !== undefined, `${name}, and nothing is selected`);
    if (name === "UIDFETCH") {
      return this.#fetch(selection, selection.named(number), values[0]);
    }
    if (name === "FETCH") {
      return this.#fetch(selection, selection.at(number), values[0]);
    }
    must(!this.vanishes, "EXPUNGE where VANISHED is due");
    this.#mayExpunge();
    this.#expunge(selection, number);
  }

  #mayExpunge(): void {
    const first = this.#underway[0];
    must(
      first?.whole === true && !this.#keepsNumbers(first.command),
      `EXPUNGE during ${first?.command.name ?? "no command"}`,
    );
  }

  #expunge(selection: Selection, number: number): void {
    const slot = selection.expunge(number);
    for (const watched of this.watched.values()) watched.expunged(slot);
    this.saved = this.saved?.filter((saved) => saved !== slot);
  }

  /** Messages that the client has been told of go (RFC 7162 § 3.2.10.2). */
  #vanished(values: readonly Value[]): void {
    const { selection } = this;
    must(this.vanishes, "VANISHED without QRESYNC or UIDONLY");
    must(selection !== undefined, "VANISHED, and nothing is selected");
    this.#mayExpunge();
    for (const uid of numbersOf(textOf(values[0]))) {
      if (selection.vanish(uid)) {
        this.saved = undefined;
        this.#owed = [];
      }
      this.#expunge(selection, selection.numberOf(uid));
    }
  }

  #fetch(selection: Selection, slot: Slot, list: Value | undefined): void {
    const items = pairsOf(itemsOf(list));
    const modseq = items.get("MODSEQ");
    if (modseq !== undefined) {
      const told = numberOf(itemsOf(modseq)[0]);
      this.#told.highest = Math.max(this.#told.highest, told);
    }
    const command = this.#underway[0]?.command.name ?? "";
    must(
      !this.qresync || /^(UID FETCH|FETCH|PARTIAL)$/.test(command) ||
        modseq !== undefined && (this.uidOnly || items.has("UID")),
      "FETCH without UID and MODSEQ (RFC 7162 § 3.2.4)",
    );
    const uid = items.get("UID");
    if (uid !== undefined) selection.learnUid(slot, numberOf(uid));
    const flags = items.get("FLAGS");
    if (flags !== undefined) {
      selection.learnFlags(slot, itemsOf(flags).map(textOf));
    }
    for (const [name, value] of items) {
      if (!name.startsWith("BODY[")) continue;
      const token = /^Subject: (\w+)\r\n/.exec(textOf(value))?.[1];
      if (token !== undefined) selection.learnToken(slot, token);
    }
    this.#underway[0]?.command.fetched?.(slot, items);
  }

  /** The selection that responses are about, a new one while SELECT is answered. */
  #open(): Selection {
    if (this.selection !== undefined) return this.selection;
    const name = this.#underway[0]?.command.name;
    must(name === "SELECT" || name === "EXAMINE", "Nothing is selected");
    const readOnly = name === "EXAMINE";
    this.saved = [];
    return this.selection = new Selection(this, readOnly, this.#askedAt);
  }

  /** Notes that a mailbox is asked for now. */
  asks(): void {
    this.#askedAt = this.world.now();
  }

  /** Nothing is selected any more. */
  unselect(): void {
    this.#owed = [];
    this.watched.clear();
    this.selection = undefined;
  }
}
