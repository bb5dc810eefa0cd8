/**
 * `imapd serve` in one of several threads.
 *
 * @module
 */

import type { KvShare, KvStorage } from "../../storage/kv/mod.ts";
import type { WorkerContext, WorkerService } from "../workers/types.ts";
import { runWorker } from "../workers/worker.ts";
import { readArguments } from "./arguments.ts";
import { openStorage } from "./database.ts";
import { changesOf, logAsConfigured, serviceOptions } from "./service.ts";
import { SERVE_OPTIONS, serveConfig } from "./serve_options.ts";

/** What a thread is given. */
export interface ServeWorkerData extends KvShare {
  /** The arguments of the program. */
  readonly args: readonly string[];
}

/** What a thread is given to work on a storage as the program was told to. */
export function workerData(
  storage: KvStorage,
  args: readonly string[],
): ServeWorkerData {
  return { ...storage.share(), args };
}

runWorker(serviceOf);

/** Serves as the program was told to. */
async function serviceOf({ data }: WorkerContext): Promise<WorkerService> {
  const { args, ...share } = data as ServeWorkerData;
  const given = readArguments(args, SERVE_OPTIONS);
  const config = await serveConfig(given);
  logAsConfigured(config);
  const storage = await openStorage(config, { share });
  return {
    options: await serviceOptions(config, storage),
    reload: async () => await changesOf(await serveConfig(given), storage),
    close: () => storage.close(),
  };
}
