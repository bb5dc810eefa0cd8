/** A process is killed in the middle of its work, again and again, and what it leaves is looked at. */

import { assert, assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { openKvStorage } from "../../storage/kv/mod.ts";
import {
  type Action,
  after,
  type Line,
  type Model,
  type ModelBox,
  WORKERS,
} from "./life.ts";
import { readModel } from "./look.ts";

const ROUNDS = 20;
const child = fromFileUrl(new URL("child.ts", import.meta.url));

/** What the parent knows of a worker. */
interface Known {
  model: Model;
  begun: Action | undefined;
  /** Which message each UID of each mailbox has ever been. */
  readonly ever: [Map<number, number>, Map<number, number>];
  acknowledged: number;
}

/** Runs a child until it is killed, and follows what it says. */
async function runAndKill(
  path: string,
  seed: number,
  firstId: number,
  known: Known[],
): Promise<void> {
  const process = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--unstable-kv",
      child,
      path,
      String(seed),
      String(firstId),
    ],
    stdout: "piped",
  }).spawn();
  let timer: number | undefined;
  const lines = process.stdout.pipeThrough(new TextDecoderStream());
  let rest = "";
  for await (const text of lines) {
    const complete = (rest + text).split("\n");
    rest = complete.pop()!;
    for (const line of complete) {
      if (line === "ready") {
        const delay = 50 + (seed * 7919) % 1500;
        timer = setTimeout(
          () => process.kill("SIGKILL"),
          delay,
        ) as unknown as number;
      } else follow(JSON.parse(line), known);
    }
  }
  clearTimeout(timer);
  const { signal } = await process.status;
  assertEquals(signal, "SIGKILL");
}

function follow(line: Line, known: Known[]): void {
  const worker = known[line.worker]!;
  if ("begin" in line) worker.begun = line.begin;
  else {
    worker.model = after(worker.model, worker.begun!);
    worker.begun = undefined;
    worker.acknowledged++;
  }
}

/** No UID may ever stand for another message than before. */
function remember(worker: Known, about: string): void {
  worker.model.forEach((box, index) => {
    const ever = worker.ever[index]!;
    for (const { uid, id } of box.messages) {
      assertEquals(
        ever.get(uid) ?? id,
        id,
        `${about}: UID ${uid} is used twice`,
      );
      ever.set(uid, id);
    }
  });
}

Deno.test("a killed process loses nothing that it acknowledged", async () => {
  const folder = await Deno.makeTempDir();
  const path = join(folder, "imapd.kv");
  const box: ModelBox = { uidNext: 1, messages: [] };
  const known = Array.from({ length: WORKERS }, (): Known => ({
    model: [box, box],
    begun: undefined,
    ever: [new Map(), new Map()],
    acknowledged: 0,
  }));
  try {
    for (let round = 0; round < ROUNDS; round++) {
      const seed = 1 + Math.floor(Math.random() * 1e6);
      const about = `round ${round}, seed ${seed}`;
      await runAndKill(path, seed, round * 10_000_000 + 1, known);
      await using storage = await openKvStorage({
        path,
        gracePeriod: 0,
        foldRecords: 20,
      });
      const account = await storage.openAccount("u");
      for (const [index, worker] of known.entries()) {
        const found = await readModel(account, index);
        const { model, begun } = worker;
        if (
          begun !== undefined && JSON.stringify(found) !== JSON.stringify(model)
        ) {
          assertEquals(
            found,
            after(model, begun),
            `${about}, worker ${index}: neither before nor after`,
          );
        } else assertEquals(found, model, `${about}, worker ${index}`);
        worker.model = found;
        worker.begun = undefined;
        remember(worker, about);
      }
      assertEquals(await storage.verify(), [], about);
      account.close();
    }
    assert(known.every(({ acknowledged }) => acknowledged > 10));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
