/** How the threads of threads_serve_test.ts serve. */

import {
  type KvShare,
  openKvStorage,
  runWorker,
  type WorkerContext,
  type WorkerService,
} from "../../mod.ts";

runWorker(serviceOf);

async function serviceOf(
  { data, index }: WorkerContext,
): Promise<WorkerService> {
  const { secret, ...share } = data as KvShare & { secret: string };
  const storage = await openKvStorage({ share });
  let password = secret;
  return {
    options: {
      storage,
      users: ({ user, password: given }) =>
        user === "alice" && given === password,
      metadata: { admin: `thread:${index}` },
    },
    reload() {
      password = "changed";
      return Promise.resolve({ users: { alice: password } });
    },
    close: () => storage.close(),
  };
}
