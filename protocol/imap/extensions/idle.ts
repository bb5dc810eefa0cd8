/**
 * IDLE: RFC 2177, RFC 9051 § 6.3.13.
 *
 * @module
 */

import { type Command, noArguments } from "../command.ts";
import { Bad } from "../errors.ts";
import type { Extension } from "../extension.ts";

// idle = "IDLE" CRLF "DONE"
const idle: Command<void> = {
  name: "IDLE",
  state: "authenticated",
  parse: noArguments,

  async execute(session) {
    if (session.state === "selected") await session.view.mailbox.refresh();
    session.out.text("+ idling").crlf();
    const line = session.wire.readLine();
    // Watched here all the time; what it rejects with is thrown below, when its turn has come.
    const ended = line.then(() => true, () => true);
    const { keepAlive } = session.policy;
    let isDue = false;
    const alive = keepAlive !== undefined && setInterval(() => {
      isDue = true;
      session.wake?.();
    }, keepAlive);
    try {
      for (let done = false; !done;) {
        const woken = new Promise<false>((wake) => {
          session.wake = () => wake(false);
        });
        // Not by the timer itself: a response may be in the middle of being sent.
        if (isDue) session.out.text("* OK Still here").crlf();
        isDue = false;
        const bye = await session.tell(true);
        if (bye !== undefined) throw bye;
        await session.wire.flush();
        session.out.trim();
        done = await Promise.race([ended, woken]);
      }
    } finally {
      if (alive !== false) clearInterval(alive);
      session.wake = undefined;
    }
    const said = await line;
    if (said !== null && !/^done$/i.test(new TextDecoder().decode(said))) {
      throw new Bad("Expected DONE");
    }
  },
};

/** IDLE. */
export const idleExtension: Extension = {
  capabilities: () => ["IDLE"],
  documents: { IDLE: "2177" },
  commands: [idle],
};
