/**
 * A client that speaks IMAP over a loopback and believes nothing.
 *
 * @module
 */

import { serveConnection } from "../../protocol/imap/connection.ts";
import type { Host } from "../../protocol/host.ts";
import { parseResponse } from "../responses/response.ts";
import { ResponseReader } from "../responses/response_reader.ts";
import { ClientModel, type Enabled, KEEPS_NUMBERS } from "./client_model.ts";
import type { Sending } from "./commands.ts";
import { Loopback } from "./loopback.ts";
import { simple } from "./mailbox_commands.ts";
import type { Turns } from "./turns.ts";
import { must, type World } from "./world.ts";

/** What clients share. */
export interface Surroundings {
  /** The server. */
  readonly host: Host;
  /** Whose turn it is. */
  readonly turns: Turns;
  /** What all clients know together. */
  readonly world: World;
  /** What has been said, by whom, in order. */
  readonly transcript: string[];
  /** Takes the first thing that goes wrong. */
  fail(error: unknown): void;
}

/** How a command ended. */
export type Outcome = "OK" | "NO" | "BYE";

/** See the module's text. */
export class Client {
  readonly model: ClientModel;
  /** Whether the connection has ended. */
  ended = false;
  /** Settles when the server is done with the connection. */
  readonly served: Promise<void>;
  readonly #name: string;
  readonly #around: Surroundings;
  readonly #stream: Loopback;
  readonly #reader = new ResponseReader();
  readonly #answers = new Map<string, (outcome: Outcome) => void>();
  readonly #pending = new Set<Promise<Outcome>>();
  #goOn: (() => void) | undefined;
  #tags = 0;
  #leaving = false;

  /** Connects; what is enabled it still has to ask for. */
  constructor(
    name: string,
    around: Surroundings,
    enabled: Enabled = {},
  ) {
    this.#name = name;
    this.#around = around;
    this.model = new ClientModel(around.world, enabled);
    this.#stream = new Loopback(around.turns, (bytes) => this.#hear(bytes));
    this.served = serveConnection(this.#stream, around.host);
  }

  /**
   * Waits until sequence numbers mean what the client takes them for: all commands that are not answered
   * leave them as they are (RFC 9051 § 5.5).
   */
  numbersHold(): Promise<void> {
    return this.#until(keepsNumbers);
  }

  /**
   * Sends a command.
   * @returns how it ended, once it has; the command itself has been sent when the promise of that is there
   */
  async send(command: Sending): Promise<{ outcome: Promise<Outcome> }> {
    if (command.numbers && !this.ended) {
      const hold = this.model.underway.every(keepsNumbers);
      if (!hold) throw new Error("Numbers sent when they may change");
    }
    const tag = `${this.#name}${++this.#tags}`;
    const outcome = new Promise<Outcome>((resolve) => {
      this.#answers.set(tag, resolve);
    });
    this.#pending.add(outcome);
    outcome.then(() => this.#pending.delete(outcome));
    if (this.ended) this.#settle(tag, "BYE");
    else await this.#transmit(tag, command, outcome);
    return { outcome };
  }

  /** Sends a command when all before it are answered, and waits for its answer. */
  async run(command: Sending): Promise<Outcome> {
    await this.drained();
    return await (await this.send(command)).outcome;
  }

  /** Waits until all commands are answered. */
  drained(): Promise<void> {
    return this.#until(() => false);
  }

  /**
   * Begins to be idle (RFC 2177).
   * @returns ends it
   */
  async idle(): Promise<() => Promise<void>> {
    await this.drained();
    const { outcome } = await this.send(simple("IDLE"));
    await this.#continuation(outcome);
    return async () => {
      if (!this.ended) this.#say("DONE\r\n");
      await outcome;
    };
  }

  /** Logs out and waits until the server has let go. */
  async logOut(): Promise<void> {
    this.#leaving = true;
    if (!this.ended) await this.run(simple("LOGOUT"));
    this.#stream.end();
    await this.served;
  }

  /** Breaks the connection off, after something has gone wrong. */
  abandon(): Promise<void> {
    this.#leaving = true;
    this.#stream.close();
    return this.served;
  }

  async #until(allows: (name: string) => boolean): Promise<void> {
    while (!this.ended && !this.model.underway.every(allows)) {
      await Promise.race(this.#pending);
    }
  }

  async #transmit(
    tag: string,
    command: Sending,
    outcome: Promise<Outcome>,
  ): Promise<void> {
    this.model.sends(tag, command);
    let text = `${tag} `;
    for (const part of command.parts) {
      if (typeof part === "string") text += part;
      else {
        const mark = part.waits ? "" : "+";
        text += `{${part.literal.length}${mark}}\r\n`;
        if (part.waits) {
          this.#say(text);
          text = "";
          if (!await this.#continuation(outcome)) return;
        }
        text += part.literal;
      }
    }
    this.#say(`${text}\r\n`);
    this.model.hasSent(tag);
  }

  /** Waits for the server's `+`; false when the command ends without. */
  #continuation(outcome: Promise<Outcome>): Promise<boolean> {
    return Promise.race([
      new Promise<true>((resolve) => this.#goOn = () => resolve(true)),
      outcome.then(() => false),
    ]);
  }

  #say(text: string): void {
    this.#note("C", text.slice(0, -2));
    this.#stream.send(new TextEncoder().encode(text));
  }

  #note(who: "C" | "S", text: string): void {
    const line = text.replaceAll("\r\n", "\u240d\u240a");
    this.#around.transcript.push(`${this.#name}${who}: ${line}`);
  }

  #hear(bytes: Uint8Array | null): void {
    try {
      if (bytes === null) return this.#end();
      this.#reader.push(bytes);
      for (let text; (text = this.#reader.next()) !== undefined;) {
        this.#note("S", text);
        this.#take(text);
      }
    } catch (error) {
      this.#around.fail(error);
    }
  }

  #take(text: string): void {
    const response = parseResponse(text, false);
    this.model.hears(response);
    if (response.type === "continuation") {
      must(this.#goOn !== undefined, "A + that nobody waits for");
      this.#goOn();
      this.#goOn = undefined;
    } else if (response.type === "status" && response.tag !== "*") {
      this.#settle(response.tag, response.status as Outcome);
    }
  }

  #settle(tag: string, outcome: Outcome): void {
    this.#answers.get(tag)?.(outcome);
    this.#answers.delete(tag);
  }

  #end(): void {
    this.ended = true;
    const { model } = this;
    for (const tag of [...this.#answers.keys()]) this.#settle(tag, "BYE");
    if (this.#leaving) return;
    must(model.bye, "The connection ends without BYE");
    must(model.selection !== undefined, "BYE, and nothing is selected");
    this.#around.world.goneMailboxes.add(model.selection.uidValidity);
  }
}

function keepsNumbers(name: string): boolean {
  return KEEPS_NUMBERS.has(name);
}
