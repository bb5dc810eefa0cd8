/**
 * A server is killed in the middle of commands on more messages than one commit takes: each message is in exactly one
 * place, no UID stands for two, and a client that comes again by QRESYNC is told all of it.
 */

import { assert, assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { Client } from "../../bench/client.ts";
import { openKvStorage } from "../../storage/kv/mod.ts";
import type { MailboxState } from "../../storage/mailbox_state.ts";
import type { NewMessage } from "../../storage/model.ts";
import { startWith, withFolder } from "../cli/run.ts";

const MAIN = fromFileUrl(new URL("../../mod.ts", import.meta.url));

/** More than COPY, MOVE and EXPUNGE do in one commit. */
const MESSAGES = 30_000;
const ROUNDS = 12;

const NAMES = ["a", "b"] as const;

/** A message: its flags and modseq, and its number, which INTERNALDATE keeps. */
interface Kept {
  readonly id: number;
  readonly flags: string;
  readonly modseq: number;
}

/** A mailbox at a moment. */
interface Moment {
  readonly state: MailboxState;
  readonly highest: number;
  readonly uidNext: number;
  readonly messages: ReadonlyMap<number, Kept>;
}

/** Which message each UID of a mailbox has ever been. */
type Ever = Map<number, number>;

async function fill(path: string): Promise<void> {
  await using storage = await openKvStorage({ path });
  const account = await storage.openAccount("user");
  for (const name of NAMES) await account.createMailbox(name);
  const mailbox = await account.openMailbox("a");
  for (let id = 1; id <= MESSAGES;) {
    const batch: NewMessage[] = [];
    for (; batch.length < 1_000 && id <= MESSAGES; id++) {
      const source = new TextEncoder().encode(`Subject: ${id}\r\n\r\n`);
      batch.push({
        source,
        flags: [],
        internalDate: id * 1_000,
        summary: new Uint8Array(0),
      });
    }
    await mailbox.append(batch);
  }
  mailbox.close();
  account.close();
}

/** What there is when no server runs; the storage is in order. */
async function look(path: string): Promise<Moment[]> {
  await using storage = await openKvStorage({ path });
  const account = await storage.openAccount("user");
  const moments: Moment[] = [];
  for (const name of NAMES) {
    const mailbox = await account.openMailbox(name);
    const { state } = mailbox;
    const messages = new Map<number, Kept>();
    for (let index = 0; index < state.length; index++) {
      messages.set(state.uids[index]!, {
        id: state.internalDates[index]! / 1_000,
        flags: state.flagsAt(index).flags.join(" "),
        modseq: state.modseqs[index]!,
      });
    }
    const { highestModseq: highest, uidNext } = state;
    moments.push({ state, highest, uidNext, messages });
    mailbox.close();
  }
  assertEquals(await storage.verify(), []);
  account.close();
  return moments;
}

/** What holds of a mailbox whatever has been done to it. */
function compare(before: Moment, after: Moment, ever: Ever): void {
  const { state } = after;
  assert(after.highest >= before.highest && after.uidNext >= before.uidNext);
  for (const [uid, { id, flags, modseq }] of after.messages) {
    assertEquals(ever.get(uid) ?? id, id, `UID ${uid} is used twice`);
    ever.set(uid, id);
    assert(uid < after.uidNext && modseq <= after.highest);
    const old = before.messages.get(uid);
    if (old === undefined) assert(uid >= before.uidNext, `UID ${uid} is back`);
    if (old === undefined || old.flags !== flags) {
      assert(modseq > before.highest, `UID ${uid}: a change without modseq`);
    } else assertEquals(modseq, old.modseq);
  }
  // What QRESYNC tells of: just those that are gone, or where they are too many all that are not there.
  const gone = [...before.messages.keys()].filter((uid) =>
    !after.messages.has(uid)
  );
  const told = state.expungedSince(before.highest);
  if (told !== undefined) {
    assertEquals([...told].filter((uid) => uid < before.uidNext), gone);
  } else {
    // Copies that a killed server had begun were taken back: they came and went.
    let undone = after.uidNext - before.uidNext;
    for (const uid of after.messages.keys()) {
      if (uid >= before.uidNext) undone--;
    }
    assert(
      gone.length + undone > 20_000,
      `It has been forgotten too soon: ${gone.length} and ${undone}`,
    );
  }
}

function idsOf(moments: readonly Moment[]): number[] {
  return moments.flatMap(({ messages }) => [...messages.values()])
    .map(({ id }) => id).sort((a, b) => a - b);
}

/** Gives a command to a server and kills it after a time. */
async function runAndKill(
  path: string,
  commands: readonly string[],
  password: string,
  after: number,
): Promise<"done" | "killed"> {
  const server = await startWith(["run", "-A", MAIN], ["--kv", path]);
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    const at = { hostname: "127.0.0.1", port: server.port };
    using client = await Client.login({ ...at, user: "user", password });
    await client.run("ENABLE QRESYNC");
    for (const command of commands.slice(0, -1)) await client.run(command);
    timer = setTimeout(() => void server.stop("SIGKILL"), after);
    return await client.run(commands.at(-1)!)
      .then(() => "done" as const, () => "killed" as const);
  } finally {
    clearTimeout(timer);
    await server.stop("SIGKILL");
  }
}

Deno.test("commands on very many messages survive a killed server", () =>
  withFolder(async (dir) => {
    const path = join(dir, "imapd.kv");
    const first = await startWith(["run", "-A", MAIN], ["--kv", path]);
    const password = /password: +(\S+)/.exec(first.err)![1]!;
    await first.stop("SIGTERM");
    await fill(path);
    const ever: [Ever, Ever] = [new Map(), new Map()];
    let before = await look(path);
    const longest: Record<string, number> = {
      MOVE: 400,
      STORE: 100,
      COPY: 400,
      EXPUNGE: 400,
    };
    const outcomes = { done: 0, killed: 0, between: 0 };
    for (let round = 0; round < ROUNDS; round++) {
      const from = before[0]!.messages.size >= before[1]!.messages.size ? 0 : 1;
      const [here, there] = from === 0 ? NAMES : ["b", "a"];
      const flag = `k${round}`;
      const kind = ["MOVE", "STORE", "MOVE", "COPY", "EXPUNGE", "MOVE"][
        round % 6
      ]!;
      const commands = {
        MOVE: [`SELECT ${here}`, `UID MOVE 1:* ${there}`],
        STORE: [`SELECT ${here}`, `UID STORE 1:* +FLAGS.SILENT (${flag})`],
        COPY: [`SELECT ${here}`, `UID COPY 1:* ${there}`],
        EXPUNGE: [
          `SELECT ${here}`,
          "UID STORE 1:* +FLAGS.SILENT (\\Deleted)",
          "EXPUNGE",
        ],
      }[kind]!;
      const time = Math.floor(Math.random() * longest[kind]!);
      const about = `round ${round}, ${kind}, killed after ${time} ms`;
      const outcome = await runAndKill(path, commands, password, time);
      outcomes[outcome]++;
      // How long a command takes here is found out: it is to be killed about as often as not.
      longest[kind]! *= outcome === "done" ? 0.5 : 1.5;
      const after = await look(path);
      for (const index of [0, 1]) {
        try {
          compare(before[index]!, after[index]!, ever[index]!);
        } catch (error) {
          throw new Error(`${about}, ${NAMES[index]}`, { cause: error });
        }
      }
      const [was, is] = [idsOf(before), idsOf(after)];
      if (kind === "MOVE" || kind === "STORE") {
        assertEquals(is, was, `${about}: a message is lost or there twice`);
      } else if (kind === "COPY") {
        assertEquals(new Set(is), new Set(was), about);
        assertEquals(
          after[from]!.messages.size,
          before[from]!.messages.size,
          about,
        );
      } else assert(new Set(is).isSubsetOf(new Set(was)), about);
      const left = after[from]!.messages.size;
      if (left > 0 && left < before[from]!.messages.size) outcomes.between++;
      before = after;
    }
    assert(outcomes.killed > 0, "It was never killed in time");
  }));
