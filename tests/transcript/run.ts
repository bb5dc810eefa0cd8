/**
 * Plays a transcript against a server.
 *
 * @module
 */

import { Client } from "./client.ts";
import { matchBlock } from "./match_block.ts";
import type { MatchOptions } from "./match_response.ts";
import type { Captures } from "./match_value.ts";
import {
  type Response,
  showResponse,
} from "../../testing/responses/response.ts";
import {
  connectionsOf,
  type Piece,
  type Script,
  type State,
  type Step,
} from "./script.ts";
import { logIn, seed } from "./seed.ts";
import { showValue } from "../../testing/responses/value.ts";

/** A variant of a transcript. */
export interface RunOptions {
  /** Opens a connection to the server. */
  readonly connect: () => Promise<Deno.Conn>;
  /** The revision whose sessions are meant: with 2, `ENABLE IMAP4rev2` follows each login. */
  readonly revision: number;
  /** Whether what the client sends is cut into single bytes. */
  readonly cut: boolean;
  /** Whether connections on which somebody is logged in at first are compressed (RFC 4978). */
  readonly compressed?: boolean;
}

/**
 * Plays a transcript: makes what its header says, then has the conversation.
 * @throws {Error} where the server does not play along, with the conversation so far
 */
export async function runScript(
  script: Script,
  options: RunOptions,
): Promise<void> {
  const run = new Run(script, options);
  try {
    await run.play();
  } catch (error) {
    throw new Error(run.explain(error as Error));
  } finally {
    run.close();
  }
}

/**
 * Capabilities that a transcript needs and a server lacks, as told to a user who has logged in. `A|B` stands
 * for either.
 */
export async function missingCapabilities(
  script: Script,
  options: RunOptions,
): Promise<string[]> {
  const needed = [...script.requires];
  if (options.revision === 2) needed.push("IMAP4rev2");
  if (script.mode !== "plain") needed.push(script.mode);
  if (needed.length === 0) return [];
  const client = new Client(await options.connect(), false, () => {});
  try {
    await client.receive();
    const offered = await logIn(client, "alice", 1);
    return needed.filter((names) =>
      !names.split("|").some((name) => offered.has(name.toUpperCase()))
    );
  } finally {
    client.close();
  }
}

class Run {
  readonly #script: Script;
  readonly #options: RunOptions;
  readonly #clients = new Map<number, Client>();
  readonly #pending = new Map<number, Response[]>();
  readonly #log: string[] = [];
  #captures: Captures = new Map();
  #line = 0;

  constructor(script: Script, options: RunOptions) {
    this.#script = script;
    this.#options = options;
  }

  async play(): Promise<void> {
    await seed(this.#script, await this.#options.connect());
    for (const number of connectionsOf(this.#script)) {
      const state = this.#stateOf(number);
      if (state.name !== "not authenticated") await this.#open(number);
    }
    for (const step of this.#script.steps) {
      this.#line = step.line;
      if (step.type === "close") this.#clients.get(step.connection)?.close();
      else if (step.type === "send") await this.#send(step);
      else await this.#expect(step);
    }
    for (const [number, pending] of this.#pending) {
      if (pending.some(isTagged)) {
        throw new Error(`Left over on ${number}: ${pending.map(showResponse)}`);
      }
    }
  }

  explain(error: Error): string {
    const said = this.#log.slice(-40).join("\n  ");
    return `${this.#script.path}:${this.#line}: ${error.message}\n  ${said}`;
  }

  close(): void {
    for (const client of this.#clients.values()) client.close();
  }

  #stateOf(number: number): State {
    const { states } = this.#script;
    return states.get(number) ?? states.get(0) ?? { name: "not authenticated" };
  }

  /** The connection of this number, brought to its state if it is new. */
  async #open(number: number, greeted = true): Promise<Client> {
    const open = this.#clients.get(number);
    if (open !== undefined) return open;
    const client = new Client(
      await this.#options.connect(),
      this.#options.cut,
      (line) => this.#log.push(`${number}${line}`),
      this.#script.mode !== "plain",
    );
    this.#clients.set(number, client);
    if (!greeted) return client;
    await client.receive();
    const state = this.#stateOf(number);
    if (state.name === "not authenticated") return client;
    const { users } = this.#script;
    const user = users.get(number) ?? users.get(0) ?? "alice";
    await logIn(client, user, this.#options.revision);
    if (this.#options.compressed) {
      await client.send(".z COMPRESS DEFLATE\r\n");
      await untilTagged(client, ".z");
    }
    const { mode } = this.#script;
    const begin = [
      ...(mode === "plain" ? [] : [`ENABLE ${mode}`]),
      ...(state.name === "selected"
        ? [`${state.command} "${state.mailbox}"`]
        : []),
      // Without which there are no numbers to be had of UIDs.
      ...(state.name === "selected" && mode !== "plain"
        ? ["UID FETCH 1:* UID"]
        : []),
    ];
    for (const command of begin) {
      await client.send(`.s ${command}\r\n`);
      await untilTagged(client, ".s");
    }
    return client;
  }

  async #send(step: Step & { type: "send" }): Promise<void> {
    const client = await this.#open(step.connection);
    const [first, ...pieces] = step.pieces;
    let text = first?.type === "text" ? this.#fill(first.text) : "";
    for (const piece of pieces) {
      if (piece.type === "text") {
        text += this.#fill(piece.text);
        continue;
      }
      text += literalHead(piece);
      if (piece.synchronizing) {
        await client.send(text);
        if (!await this.#continued(client, step.connection)) return;
        text = "";
      }
      text += piece.text;
    }
    await client.send(text);
  }

  /** Whether a literal is asked for; if not, the command has been answered instead (RFC 9051 § 7.6). */
  async #continued(client: Client, number: number): Promise<boolean> {
    for (;;) {
      const response = await client.receive();
      if (response === undefined) throw new Error("Closed before a literal");
      if (response.type === "continuation") return true;
      this.#pendingOf(number).push(response);
      if (isTagged(response)) return false;
    }
  }

  /** Puts what was captured in the place of `$name`. */
  #fill(text: string): string {
    return text.replace(/\$([a-z][A-Za-z0-9]*)/g, (_, name) => {
      const value = this.#captures.get(name);
      if (value === undefined) throw new Error(`$${name} was never captured`);
      return value.type === "string" ? value.text : showValue(value);
    });
  }

  #matching({ sorting }: Client): MatchOptions {
    const { recent, mode } = this.#script;
    return { recent, modseqs: mode === "plain", sorting };
  }

  #pendingOf(number: number): Response[] {
    let pending = this.#pending.get(number);
    if (pending === undefined) this.#pending.set(number, pending = []);
    return pending;
  }

  async #expect(step: Step & { type: "expect" }): Promise<void> {
    const client = await this.#open(step.connection, false);
    const responses = this.#pendingOf(step.connection);
    this.#pending.delete(step.connection);
    const last = step.responses.at(-1)?.pattern;
    if (step.closed) await untilClosed(client, responses);
    else if (last?.type === "continuation") {
      await until(client, responses, (one) => one.type === "continuation");
    } else if (last?.type === "status" && last.tag !== "*") {
      await until(
        client,
        responses,
        (one) => one.type === "status" && one.tag === last.tag,
      );
    } else return await this.#expectUntagged(step, client, responses);
    this.#settle(step, client, responses);
  }

  /** Untagged responses without a tagged one: waits for just those. */
  async #expectUntagged(
    step: Step & { type: "expect" },
    client: Client,
    responses: Response[],
  ): Promise<void> {
    for (;;) {
      const outcome = matchBlock(
        { ...step, open: true },
        responses,
        this.#captures,
        this.#matching(client),
      );
      if ("captures" in outcome) break;
      const response = await client.receive().catch(() => undefined);
      if (response === undefined) throw new Error(outcome.problem);
      responses.push(response);
    }
    this.#settle(step, client, responses);
  }

  #settle(
    step: Step & { type: "expect" },
    client: Client,
    responses: Response[],
  ): void {
    const outcome = matchBlock(
      step,
      responses,
      this.#captures,
      this.#matching(client),
    );
    if ("problem" in outcome) throw new Error(outcome.problem);
    this.#captures = outcome.captures;
  }
}

function literalHead(piece: Piece & { type: "literal" }): string {
  const size = `${piece.text.length}${piece.synchronizing ? "" : "+"}`;
  return `${piece.binary ? "~" : ""}{${size}}\r\n`;
}

function isTagged(response: Response): boolean {
  return response.type === "status" && response.tag !== "*";
}

async function until(
  client: Client,
  responses: Response[],
  isLast: (response: Response) => boolean,
): Promise<void> {
  while (!responses.some(isLast)) {
    const response = await client.receive();
    if (response === undefined) {
      throw new Error(`Closed after ${responses.map(showResponse).join("; ")}`);
    }
    responses.push(response);
  }
}

async function untilTagged(client: Client, tag: string): Promise<void> {
  await until(
    client,
    [],
    (one) => one.type === "status" && one.tag === tag,
  );
}

async function untilClosed(
  client: Client,
  responses: Response[],
): Promise<void> {
  for (;;) {
    const response = await client.receive();
    if (response === undefined) return;
    responses.push(response);
  }
}
