/**
 * A thread that serves connections beside others.
 *
 * @module
 */

import { numberConnectionsOf } from "../../protocol/connection_number.ts";
import { Admission } from "../admission.ts";
import { SharedCounts } from "../counts.ts";
import { HANDLERS } from "../doors.ts";
import { logger } from "../log.ts";
import { Server } from "../server.ts";
import {
  type Order,
  type Report,
  type Start,
  THREAD_NAME,
} from "./messages.ts";
import type { WorkerMaker, WorkerService } from "./types.ts";

/** What a worker's global scope has, of which the types of the main thread know nothing. */
const scope = self as unknown as {
  readonly name: string | undefined;
  onmessage: (event: MessageEvent<Order>) => void;
  postMessage(report: Report): void;
  close(): void;
};

/** A server and what it was made of. */
interface Running {
  readonly server: Server;
  readonly service: WorkerService;
}

async function start(make: WorkerMaker, given: Start): Promise<Running> {
  const { index, data, listeners, admission, counts } = given;
  const service = await make({ index, data });
  const shared = new SharedCounts(counts);
  numberConnectionsOf(index);
  const { workers: _, ...options } = service.options;
  const server = new Server(
    { ...options, ...admission, listeners, onListen: () => {} },
    HANDLERS,
    new Admission(admission, shared),
  );
  server.finished.then(() => service.close?.()).finally(() => {
    scope.postMessage({ type: "finished" });
    scope.close();
  });
  return { server, service };
}

async function reload({ server, service }: Running): Promise<void> {
  try {
    const changes = await service.reload?.();
    if (changes !== undefined) server.reload(changes);
  } catch (error) {
    logger("workers").error("not reloaded", { error });
  }
}

/**
 * Serves connections in a thread beside those of a server: what the module of its `workers` calls, once it is loaded.
 * Anywhere else it does nothing, so that other code may import that module.
 *
 * ```ts
 * // mail.ts, where the server has
 * // workers: {
 * //   module: import.meta.resolve("./mail.ts"),
 * //   data: () => storage.share(),
 * //   ended: (data) => storage.unshare(data as KvShare),
 * // }
 * // and a storage that was opened with `threads: true`, and with `journal: true` for speed.
 * import { type KvShare, openKvStorage, runWorker } from "@x/imapd";
 *
 * runWorker(async ({ data }) => {
 *   const storage = await openKvStorage({ share: data as KvShare });
 *   return {
 *     options: { storage, users: { alice: "secret" } },
 *     close: () => storage.close(),
 *   };
 * });
 * ```
 *
 * @param make says how the thread serves, by what it is given
 */
export function runWorker(make: WorkerMaker): void {
  if (scope.name === THREAD_NAME) obey(make);
}

/** Does what the server says, one thing after the other. */
function obey(make: WorkerMaker): void {
  let running: Promise<Running> | undefined;
  let turn: Promise<unknown> = Promise.resolve();
  scope.onmessage = ({ data: order }) => {
    if (order.type === "start") {
      running = start(make, order.start);
      running.then(({ server }) => server.ready).then(
        () => scope.postMessage({ type: "listening" }),
        (error) => {
          scope.postMessage({ type: "failed", error: String(error) });
          scope.close();
        },
      );
      turn = running;
      return;
    }
    if (order.type === "shutdown") {
      // Nothing that is under way may keep it waiting.
      running?.then(({ server }) => server.shutdown()).catch(() => {});
      return;
    }
    turn = turn.then(async () => {
      const { server, service } = await running!;
      if (order.type === "reload") await reload({ server, service });
      else if (order.type === "endSessions") server.endSessions(order.user);
      else {
        await server.notify(order.user, order.mailbox);
        scope.postMessage({ type: "notified", id: order.id });
      }
    }).catch(() => {});
  };
}
