/** What is in the mailboxes of a worker. */

import type { Account } from "../../storage/storage.ts";
import { boxesOf, type Model, type ModelBox, sourceOf } from "./life.ts";

/** The mailboxes of a worker as they are; throws when a source is not what its number says. */
export async function readModel(
  account: Account,
  worker: number,
): Promise<Model> {
  const boxes: ModelBox[] = [];
  for (const name of boxesOf(worker)) {
    const mailbox = await account.openMailbox(name);
    const { state } = mailbox;
    const messages = [];
    for await (const batch of mailbox.readSources(state.allUids())) {
      for (const { uid, bytes } of batch) {
        const id = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
        const expected = sourceOf(id, bytes.length);
        if (!bytes.every((byte, i) => byte === expected[i])) {
          throw new Error(`Message ${uid} in ${name} is not whole`);
        }
        const { flags } = state.flagsAt(state.indexOf(uid));
        messages.push({ uid, id, size: bytes.length, flags });
      }
    }
    if (messages.length !== state.length) {
      throw new Error(`${name} has lost contents`);
    }
    boxes.push({ uidNext: state.uidNext, messages });
    mailbox.close();
  }
  return boxes as unknown as Model;
}
