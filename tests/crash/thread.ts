/** The second thread of the process that is killed. */

import {
  type KvShare,
  type KvStorageOptions,
  openKvStorage,
} from "../../storage/kv/mod.ts";
import { type Share, Working } from "./work.ts";

/** What it is given. */
export interface Given {
  /** Of the first thread's storage. */
  readonly share: KvShare;
  /** What holds for all storages of the process. */
  readonly options: KvStorageOptions;
  /** What it does. */
  readonly work: Share;
}

const scope = self as unknown as {
  onmessage: (event: MessageEvent<Given>) => void;
  postMessage(message: "loaded"): void;
};

scope.onmessage = async ({ data: { share, options, work } }) => {
  const storage = await openKvStorage({ ...options, share });
  scope.postMessage("loaded");
  await new Working(storage, work).run();
};
