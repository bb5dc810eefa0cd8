/** Threads that end where they stand. */

import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { openKvStorage } from "../../storage/kv/mod.ts";
import type { Subject } from "../../storage/kv/batch.ts";
import { headKey } from "../../storage/kv/keys.ts";
import { SharedLocks } from "../../storage/kv/relay/shared_locks.ts";
import { SharedSlots } from "../../storage/kv/relay/slots.ts";
import { message } from "../../testing/conformance/harness.ts";

Deno.test("what a thread was about to change when it went can be changed", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = join(folder, "imapd.kv");
    await using first = await openKvStorage({ path, threads: true });
    const account = await first.openAccount("u");
    const inbox = await account.openMailbox("INBOX");
    const share = first.share();
    const gone = new SharedLocks(new SharedSlots(share.memory, share.thread));
    const head = { key: headKey(inbox.state.id) } as unknown as Subject<
      unknown
    >;
    assertEquals(gone.take([head]), true);
    const appended = inbox.append([message("m")]);
    // It waits for as long as it may.
    const waits = new Promise((resolve) => setTimeout(resolve, 20, "waits"));
    assertEquals(await Promise.race([appended, waits]), "waits");
    first.unshare(share);
    first.unshare(share);
    await appended;
    assertEquals(inbox.state.length, 1);
    share.port.close();
    inbox.close();
    account.close();
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
