/**
 * The header of a transcript: what there is before the conversation.
 *
 * @module
 */

import type {
  Mode,
  Script,
  SeedMailbox,
  SeedMessage,
  State,
} from "./script.ts";

type Header = Omit<Script, "path" | "steps" | "mode">;

const MODES: readonly string[] = ["plain", "qresync", "uidonly"];

/** @throws {Error} for a word that is none of them */
export function parseModes(words: readonly string[]): Mode[] {
  const unknown = words.find((word) => !MODES.includes(word));
  if (unknown !== undefined) throw new Error(`No such mode: ${unknown}`);
  return words as Mode[];
}

/** Reads header lines one by one. */
export class HeaderParser {
  #requires: string[] = [];
  #not = new Map<string, string>();
  #storage: string | undefined;
  #revisions: number[] = [1];
  #modes: Mode[] = ["plain"];
  #limits: Record<string, number> = {};
  #disable: string[] = [];
  #utf8Only = false;
  #surrogates = false;
  #appendLimits: Record<string, number> = {};
  #recent = false;
  #mailboxes: SeedMailbox[] = [];
  #messages: (SeedMessage & { source: string })[] = [];
  #subscriptions: string[] = [];
  #states = new Map<number, State>();
  #users = new Map<number, string>();

  /** Takes a line: `key: value`, `key N: value`, or `| text` of the last message. */
  add(text: string): void {
    const data = /^\s*\|(?: (.*))?$/s.exec(text);
    if (data !== null) {
      const message = this.#messages.at(-1);
      if (message === undefined) throw new Error("No message: before this");
      message.source += (data[1] ?? "") + "\r\n";
      return;
    }
    const line = /^([a-z]+)(?: (\d+))?: *(.*)$/s.exec(text);
    if (line === null) throw new Error(`Not a header line: ${text}`);
    this.#setting(line[1]!, Number(line[2] ?? 0), line[3]!);
  }

  #setting(key: string, connection: number, value: string): void {
    const words = value.split(" ");
    switch (key) {
      case "requires":
        this.#requires.push(...words);
        break;
      case "not":
        this.#not.set(words[0]!, words.slice(1).join(" "));
        break;
      case "storage":
        this.#storage = value;
        break;
      case "rev":
        this.#revisions = words.map(Number);
        break;
      case "modes":
        this.#modes = parseModes(words);
        break;
      case "limits":
        Object.assign(this.#limits, parseNumbers(words));
        break;
      case "appendlimits":
        Object.assign(this.#appendLimits, parseNumbers(words));
        break;
      case "clients":
        if (value !== "UTF8=ACCEPT") throw new Error(`No such: ${value}`);
        this.#utf8Only = true;
        break;
      case "surrogates":
        this.#surrogates = value === "shown";
        break;
      case "disable":
        this.#disable.push(...words);
        break;
      case "recent":
        this.#recent = value === "shown";
        break;
      case "mailbox":
        this.#mailboxes.push(parseMailbox(value));
        break;
      case "message":
        this.#messages.push(parseMessage(value));
        break;
      case "subscribe":
        this.#subscriptions.push(parseName(value)[0]);
        break;
      case "state":
        this.#states.set(connection, parseState(value));
        break;
      case "user":
        this.#users.set(connection, value);
        break;
      default:
        throw new Error(`No such header: ${key}`);
    }
  }

  /** What the lines said. */
  result(): Header {
    return {
      requires: this.#requires,
      not: this.#not,
      storage: this.#storage,
      revisions: this.#revisions,
      modes: this.#modes,
      limits: this.#limits,
      disable: this.#disable,
      utf8Only: this.#utf8Only,
      surrogates: this.#surrogates,
      appendLimits: this.#appendLimits,
      recent: this.#recent,
      mailboxes: this.#mailboxes,
      messages: this.#messages,
      subscriptions: this.#subscriptions,
      states: this.#states,
      users: this.#users,
    };
  }
}

/** A name, quoted or not, and what follows it. */
function parseName(text: string): [name: string, rest: string] {
  const match = /^(?:"([^"]*)"|([^\s"]+))(?:\s+(.*))?$/s.exec(text);
  if (match === null) throw new Error(`Not a mailbox: ${text}`);
  return [match[1] ?? match[2]!, match[3] ?? ""];
}

/** Words such as `name=1`. */
function parseNumbers(words: readonly string[]): Record<string, number> {
  return Object.fromEntries(words.map((word) => {
    const [name, number] = word.split("=");
    return [name!, Number(number)];
  }));
}

function parseMailbox(value: string): SeedMailbox {
  const [name, rest] = parseName(value);
  const generated = /^(?:(\d+) messages?)?$/.exec(rest);
  if (generated === null) throw new Error(`Not a number of messages: ${rest}`);
  return { name, generated: Number(generated[1] ?? 0) };
}

function parseMessage(value: string): SeedMessage {
  const [mailbox, rest] = parseName(value);
  return { mailbox, arguments: rest.trim(), source: "" };
}

function parseState(value: string): State {
  if (value === "not authenticated" || value === "authenticated") {
    return { name: value };
  }
  const match = /^(selected|examined) (.*)$/s.exec(value);
  if (match === null) throw new Error(`No such state: ${value}`);
  return {
    name: "selected",
    command: match[1] === "selected" ? "SELECT" : "EXAMINE",
    mailbox: parseName(match[2]!)[0],
  };
}
