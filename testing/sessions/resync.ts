/**
 * A client that was away: it knows what another one knew at some moment, resynchronizes by QRESYNC, and then knows what
 * there is (RFC 7162 § 6).
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { serveConnection } from "../../protocol/imap/connection.ts";
import type { MailboxState } from "../../storage/mailbox_state.ts";
import { parseResponse, type Response } from "../responses/response.ts";
import { ResponseReader } from "../responses/response_reader.ts";
import type { Surroundings } from "./client.ts";
import { Loopback } from "./loopback.ts";
import { itemsOf, numberOf, numbersOf, pairsOf, textOf } from "./values.ts";
import { must } from "./world.ts";

/** What a client knows of a mailbox at a moment, as it would keep it. */
export interface Checkpoint {
  /** UIDVALIDITY. */
  readonly uidValidity: number;
  /** What it takes for the HIGHESTMODSEQ up to which it knows all. */
  readonly modseq: number;
  /** The messages from number 1 on, up to the first of which it does not know UID and flags: UID to flags. */
  readonly messages: ReadonlyMap<number, ReadonlySet<string>>;
}

/** What a client who comes again says of what it knew. */
export interface Saying {
  /** Whether it names the UIDs that it knew. */
  readonly uids: boolean;
  /** Whether it gives sequence numbers with their UIDs. */
  readonly numbers: boolean;
  /** Whether it enables UIDONLY, and so has no sequence numbers (RFC 9586 § 3.7). */
  readonly uidOnly: boolean;
}

/** See the module's text. */
export class Resync {
  readonly #around: Surroundings;
  readonly #name: string;
  readonly #stream: Loopback;
  readonly #served: Promise<void>;
  readonly #reader = new ResponseReader();
  readonly #checkpoint: Checkpoint;
  readonly #known: Map<number, ReadonlySet<string>>;
  /** Messages behind this one are asked for in the end. */
  readonly #last: number;
  #responses: Response[] = [];
  #heard: (() => void) | undefined;
  #ended = false;
  #uidOnly = false;
  #tags = 0;

  /** Connects, with what was known. */
  constructor(name: string, around: Surroundings, checkpoint: Checkpoint) {
    this.#name = name;
    this.#around = around;
    this.#checkpoint = checkpoint;
    this.#known = new Map(checkpoint.messages);
    this.#last = Math.max(0, ...this.#known.keys());
    this.#stream = new Loopback(around.turns, (bytes) => this.#hear(bytes));
    this.#served = serveConnection(this.#stream, around.host);
  }

  /** UIDVALIDITY of the mailbox. */
  get uidValidity(): number {
    return this.#checkpoint.uidValidity;
  }

  /**
   * Logs in and selects a mailbox with what was known.
   * @returns whether it is the mailbox that was known, and can be selected
   */
  async begin(mailbox: string, saying: Saying): Promise<boolean> {
    await this.#ask("LOGIN u secret");
    this.#uidOnly = saying.uidOnly;
    await this.#ask(`ENABLE QRESYNC${this.#uidOnly ? " UIDONLY" : ""}`);
    const { uidValidity, modseq, messages } = this.#checkpoint;
    const uids = [...messages.keys()];
    const known = saying.uids && uids.length > 0 ? ` ${uids}` : "";
    const numbers = saying.numbers && !saying.uidOnly && uids.length > 0
      ? ` (1:${uids.length} ${uids})`
      : "";
    const given = `(QRESYNC (${uidValidity} ${modseq}${known}${numbers}))`;
    const answer = await this.#ask(`SELECT ${mailbox} ${given}`);
    if (!isOk(answer)) return false;
    if (codeIn(answer, "UIDVALIDITY") !== uidValidity) return false;
    const selectedAt = codeIn(answer, "HIGHESTMODSEQ") ?? 0;
    let fetched = false;
    for (const response of answer) {
      if (response.type !== "data") continue;
      if (this.#isFetch(response)) {
        fetched = true;
        const { uid, modseq } = this.#changed(response);
        // What changes meanwhile is told as ever.
        must(
          known === "" || messages.has(uid) || modseq > selectedAt,
          `UID ${uid} is not asked for`,
        );
      } else if (response.name === "VANISHED") {
        if (response.values[0]?.type !== "list") this.#vanished(response);
        else {
          must(!fetched, "VANISHED (EARLIER) after FETCH");
          for (const uid of numbersOf(textOf(response.values[1]))) {
            must(known === "" || messages.has(uid), `${uid} is not asked for`);
            this.#known.delete(uid);
          }
        }
      }
    }
    return true;
  }

  /** Asks for what is new, and compares all with what there is; then logs out. */
  async finish(state: MailboxState): Promise<void> {
    if (!this.#ended) {
      this.#follow(await this.#ask("NOOP"));
      const answer = await this.#ask(`UID FETCH ${this.#last + 1}:* (FLAGS)`);
      this.#follow(answer);
      const there = Array.from(state.allUids(), (uid, index) => {
        const flags = state.flagsAt(index).flags;
        return [uid, flags.map((flag) => flag.toLowerCase()).sort()];
      });
      const known = [...this.#known].sort(([a], [b]) => a - b)
        .map(([uid, flags]) => [uid, [...flags].sort()]);
      assertEquals(known, there, `${this.#name} is out of step`);
    }
    await this.close();
  }

  /** Logs out, and waits until the server has let go. */
  async close(): Promise<void> {
    if (!this.#ended) await this.#ask("LOGOUT");
    this.#stream.end();
    await this.#served;
  }

  #follow(responses: readonly Response[]): void {
    for (const response of responses) {
      if (response.type !== "data") continue;
      if (this.#isFetch(response)) this.#changed(response);
      else if (response.name === "VANISHED") this.#vanished(response);
      must(response.name !== "EXPUNGE", "EXPUNGE where QRESYNC is on");
    }
  }

  #isFetch({ name }: Response & { type: "data" }): boolean {
    must(
      name !== (this.#uidOnly ? "FETCH" : "UIDFETCH"),
      `${name} where it is the other`,
    );
    return name === "FETCH" || name === "UIDFETCH";
  }

  #changed(
    { number, values }: Response & { type: "data" },
  ): { uid: number; modseq: number } {
    const items = pairsOf(itemsOf(values[0]));
    const uid = numberOf(this.#uidOnly ? number : items.get("UID"));
    const flags = itemsOf(items.get("FLAGS"))
      .map((flag) => textOf(flag).toLowerCase())
      .filter((flag) => flag !== "\\recent");
    this.#known.set(uid, new Set(flags));
    const modseq = items.get("MODSEQ");
    return { uid, modseq: modseq ? numberOf(itemsOf(modseq)[0]) : 0 };
  }

  #vanished({ values }: Response & { type: "data" }): void {
    for (const uid of numbersOf(textOf(values[0]))) this.#known.delete(uid);
  }

  async #ask(text: string): Promise<Response[]> {
    const tag = `${this.#name}${++this.#tags}`;
    const from = this.#responses.length;
    this.#note("C", `${tag} ${text}`);
    this.#stream.send(new TextEncoder().encode(`${tag} ${text}\r\n`));
    for (;;) {
      const answer = this.#responses.slice(from);
      const end = answer.find((one) =>
        one.type === "status" && one.tag === tag
      );
      if (end?.type === "status") {
        must(end.status !== "BAD", `BAD to ${text}: ${end.text}`);
        // What came while it was silent counts, too.
        return this.#responses.splice(0);
      }
      if (this.#ended) return this.#responses.splice(0);
      await new Promise<void>((resolve) => this.#heard = resolve);
    }
  }

  #hear(bytes: Uint8Array | null): void {
    try {
      if (bytes === null) this.#ended = true;
      else this.#reader.push(bytes);
      for (let text; (text = this.#reader.next()) !== undefined;) {
        this.#note("S", text);
        this.#responses.push(parseResponse(text, false));
      }
      this.#heard?.();
    } catch (error) {
      this.#around.fail(error);
    }
  }

  #note(who: "C" | "S", text: string): void {
    this.#around.transcript.push(`${this.#name}${who}: ${text}`);
  }
}

function isOk(answer: readonly Response[]): boolean {
  const end = answer.findLast((one) =>
    one.type === "status" && one.tag !== "*"
  );
  return end?.type === "status" && end.status === "OK";
}

function codeIn(
  answer: readonly Response[],
  name: string,
): number | undefined {
  for (const response of answer) {
    if (response.type !== "status" || response.code === undefined) continue;
    const [first, value] = response.code;
    if (first?.type === "atom" && first.text === name) return numberOf(value);
  }
  return undefined;
}
