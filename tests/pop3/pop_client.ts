/**
 * A client that speaks POP3 over a loopback and believes nothing.
 *
 * @module
 */

import fc from "fast-check";
import { servePop3 } from "../../protocol/pop3/mod.ts";
import type { Surroundings } from "../../testing/sessions/client.ts";
import { Loopback } from "../../testing/sessions/loopback.ts";
import { must } from "../../testing/sessions/world.ts";
import type { Mailbox } from "../../storage/storage.ts";
import { PopModel } from "./pop_model.ts";

const step = fc.record({
  does: fc.constantFrom(
    ...["STAT", "LIST", "UIDL", "NOOP", "RSET"],
    ...["LIST n", "UIDL n", "RETR n", "RETR n", "TOP n", "DELE n", "DELE n"],
  ),
  which: fc.nat(9),
  /** Whether the next command waits for the answer. */
  waits: fc.boolean(),
});

/** What one client does: a session after the other. */
export const popScripts = fc.array(
  fc.record({
    steps: fc.array(step, { maxLength: 12, size: "max" }),
    quits: fc.boolean(),
  }),
  { minLength: 1, maxLength: 3 },
);

/** See {@linkcode popScripts}. */
export type PopScript = typeof popScripts extends fc.Arbitrary<infer T> ? T
  : never;

/** Takes an answer: its first line, and the others of a multi-line one with dots unstuffed. */
type Hear = (ok: boolean, text: string, lines: readonly string[]) => void;

interface Pending {
  readonly multiLine: boolean;
  readonly hear: Hear;
  readonly done: () => void;
}

/** A session. */
class PopSession {
  readonly model: PopModel;
  readonly #name: string;
  readonly #around: Surroundings;
  readonly #stream: Loopback;
  readonly #served: Promise<void>;
  readonly #pending: Pending[] = [];
  #last: Promise<void> = Promise.resolve();
  #heard = "";
  #lines: string[] | undefined;
  #ending = false;

  constructor(name: string, around: Surroundings) {
    this.#name = name;
    this.#around = around;
    this.model = new PopModel(around.world);
    this.#expect(false, (ok) => must(ok, "No greeting"));
    this.#stream = new Loopback(around.turns, (bytes) => this.#hear(bytes));
    this.#served = servePop3(this.#stream, around.host);
  }

  /** Sends a command; settles when it is answered. */
  send(text: string, multiLine: boolean, hear: Hear): Promise<void> {
    this.#note("C", text);
    const answered = this.#expect(multiLine, hear);
    this.#stream.send(new TextEncoder().encode(`${text}\r\n`));
    return answered;
  }

  /** Waits until all is answered. */
  drained(): Promise<void> {
    return this.#last;
  }

  /** Ends the connection and waits until the server has let go. */
  async leave(): Promise<void> {
    this.#ending = true;
    this.#stream.end();
    await this.#served;
  }

  #expect(multiLine: boolean, hear: Hear): Promise<void> {
    return this.#last = new Promise((done) => {
      this.#pending.push({ multiLine, hear, done });
    });
  }

  #hear(bytes: Uint8Array | null): void {
    try {
      if (bytes === null) {
        must(this.#ending, "The server ends the connection");
        return;
      }
      this.#heard += new TextDecoder().decode(bytes);
      for (;;) {
        const end = this.#heard.indexOf("\r\n");
        if (end < 0) return;
        const line = this.#heard.slice(0, end);
        this.#heard = this.#heard.slice(end + 2);
        this.#note("S", line);
        this.#take(line);
      }
    } catch (error) {
      this.#around.fail(error);
    }
  }

  #take(line: string): void {
    const first = this.#pending[0];
    must(first !== undefined, "An answer to nothing");
    const lines = this.#lines;
    if (lines === undefined) {
      const status = /^(\+OK|-ERR)( .*)?$/.exec(line);
      must(status !== null, `${line} is no answer`);
      const ok = status[1] === "+OK";
      const text = (status[2] ?? "").slice(1);
      if (ok && first.multiLine) this.#lines = [text];
      else this.#done(first, ok, text, []);
    } else if (line === ".") {
      this.#lines = undefined;
      this.#done(first, true, lines[0]!, lines.slice(1));
    } else lines.push(line.startsWith(".") ? line.slice(1) : line);
  }

  #done(
    { hear, done }: Pending,
    ok: boolean,
    text: string,
    lines: readonly string[],
  ): void {
    this.#pending.shift();
    hear(ok, text, lines);
    done();
  }

  #note(who: "C" | "S", text: string): void {
    this.#around.transcript.push(`${this.#name}${who}: ${text}`);
  }
}

/**
 * Plays the sessions of a client, one after the other, on an INBOX that tells what is really in it.
 * @returns what the sessions knew
 */
export async function playPop(
  script: PopScript,
  name: string,
  inbox: Mailbox,
  around: Surroundings,
): Promise<PopModel[]> {
  const models: PopModel[] = [];
  for (const { steps, quits } of script) {
    if (around.turns.stopped) break;
    const session = new PopSession(name, around);
    const { model } = session;
    models.push(model);
    await session.send("USER u", false, (ok) => must(ok, "USER fails"));
    await session.send("PASS secret", false, (ok) => must(ok, "PASS fails"));
    await list(session, "UIDL");
    for (const { does, which, waits } of steps) {
      const { numbers } = model;
      const number = numbers[which % (numbers.length + 1)] ?? which + 1;
      const answered = perform(session, does, number);
      if (waits) await answered;
    }
    await session.drained();
    if (quits) await quit(session, inbox, around);
    await session.leave();
  }
  return models;
}

/** Does one step; settles when it is answered. */
function perform(
  session: PopSession,
  does: string,
  number: number,
): Promise<void> {
  const { model } = session;
  switch (does) {
    case "LIST":
    case "UIDL":
      return list(session, does);
    case "LIST n":
    case "UIDL n": {
      const command = does.replace("n", `${number}`);
      return session.send(command, false, (ok, text) => {
        if (!ok) return model.isNot(number);
        learn(model, does.slice(0, 4), text, number);
        model.isThere(number);
      });
    }
    case "RETR n":
      return session.send(`RETR ${number}`, true, (ok, _, lines) => {
        if (!ok) return model.isNot(number);
        model.isThere(number);
        const text = lines.map((line) => `${line}\r\n`).join("");
        model.learnSize(number, text.length);
        model.learnToken(number, tokenOf(text));
      });
    case "TOP n":
      return session.send(`TOP ${number} 0`, true, (ok, _, lines) => {
        if (!ok) return model.isNot(number);
        model.isThere(number);
        must(lines.indexOf("") === lines.length - 1, "More than a header");
        model.learnToken(number, tokenOf(lines.join("\n")));
      });
    case "DELE n":
      return session.send(`DELE ${number}`, false, (ok) => {
        if (ok) model.marks(number);
        else model.isNot(number);
      });
    case "RSET":
      return session.send("RSET", false, (ok) => {
        must(ok, "RSET fails");
        model.reset();
      });
    default:
      return session.send(does, false, (ok) => must(ok, `${does} fails`));
  }
}

function list(session: PopSession, command: string): Promise<void> {
  return session.send(command, true, (ok, _, lines) => {
    must(ok, `${command} fails`);
    session.model.listed(
      lines.map((line) => learn(session.model, command, line)),
    );
  });
}

/** Takes note of a scan listing or a unique-id listing. */
function learn(
  model: PopModel,
  command: string,
  line: string,
  expected?: number,
): number {
  const [word, value = ""] = line.split(" ");
  const number = Number(word);
  must(expected === undefined || number === expected, "Another number");
  if (command === "LIST") model.learnSize(number, Number(value));
  else model.learnId(number, value);
  return number;
}

function tokenOf(text: string): string {
  const token = /^Subject: (\w+)/.exec(text)?.[1];
  must(token !== undefined, "A message without its subject");
  return token;
}

/** QUIT removes what is marked and nothing else, before it is answered. */
async function quit(
  session: PopSession,
  inbox: Mailbox,
  { world }: Surroundings,
): Promise<void> {
  const { marked, uidValidity } = session.model;
  world.removes(uidValidity, marked);
  await session.send("QUIT", false, (ok) => {
    must(ok, "QUIT fails");
    for (const uid of marked) {
      must(inbox.state.indexOf(uid) < 0, `UID ${uid} is still there`);
    }
  });
}
