/** Many sessions of one mailbox, and clients that do not read. */

import { assert, assertEquals } from "@std/assert";
import {
  assertPrompt,
  atMost,
  memoryOf,
  Peer,
  wallTime,
  withServer,
} from "./support.ts";

const LITTLE = "Subject: x\r\n\r\n";
const MANY = "maxConnectionsPerUser: 3000\n";

/** How many sessions wait at once; how long they may take to hear, in milliseconds; what one may cost, in KiB (50 KB). */
const WAITING = { count: 1_000, time: 2_000, memory: 50_000 / 1_024 };

const IDLE = "a SELECT INBOX\r\nb IDLE\r\n";
const EVENTS = "(MessageNew MessageExpunge FlagChange)";

/** What sessions do to hear of new messages in INBOX, up to where they wait, and what they hear of the last one. */
const WAYS: Record<
  string,
  readonly { ask: string; till: RegExp; told: (count: number) => string }[]
> = {
  "by IDLE": [{
    ask: IDLE,
    till: /^\+ /m,
    told: (count) => `* ${count} EXISTS\r\n`,
  }],
  "by NOTIFY, half of them with the mailbox selected": [
    {
      ask: `a SELECT INBOX\r\nb NOTIFY SET (selected ${EVENTS})\r\n`,
      till: /^b OK/m,
      told: (count) => `* ${count} EXISTS\r\n`,
    },
    {
      ask: `a NOTIFY SET (mailboxes INBOX ${EVENTS})\r\nb NOOP\r\n`,
      till: /^b OK/m,
      told: (count) => `* STATUS INBOX (MESSAGES ${count} `,
    },
  ],
  "by NOTIFY, compressed": [{
    ask: "a NOTIFY SET (personal (MessageNew MessageExpunge))\r\n" +
      "b COMPRESS DEFLATE\r\n",
    till: /^b OK.*\r\n/m,
    told: (count) => `* STATUS INBOX (MESSAGES ${count} `,
  }],
};

for (const [way, asks] of Object.entries(WAYS)) {
  Deno.test({
    name: `a thousand sessions hear of a hundred messages ${way}`,
    ignore: Deno.build.os !== "linux",
    fn: () =>
      withServer(MANY, async (server) => {
        const count = Math.floor(atMost(2 * WAITING.count) / 2);
        const waiting: Peer[] = [];
        const wait = async () => {
          const { ask, till } = asks[waiting.length % asks.length]!;
          const peer = await Peer.logIn(server);
          await peer.send(ask);
          await peer.until(till);
          if (ask.includes("COMPRESS")) peer.inflate();
          waiting.push(peer);
        };
        // With the first ones grows what is there for all, such as the heap's young generation.
        while (waiting.length < count) await wait();
        const first = waiting.splice(0);
        const before = memoryOf(server);
        while (waiting.length < count) await wait();
        const each = (memoryOf(server) - before) * 1_024 / count;
        console.log(`a session that waits ${way}: ${each.toFixed(0)} KiB`);
        for (const peer of first) peer[Symbol.dispose]();
        using sender = await Peer.logIn(server);
        // By then the server is done with those that have gone.
        for (let n = 0; n < 20; n++) {
          await sender.send("n NOOP\r\n");
          await sender.until(/^n OK/m);
        }
        let messages = 0;
        const tell = async () => {
          await sender.send(
            `a APPEND INBOX {${LITTLE.length}+}\r\n${LITTLE}\r\n`.repeat(100),
          );
          messages += 100;
          await Promise.all(waiting.map((peer, n) => {
            const { told } = asks[n % asks.length]!;
            return peer.until(new RegExp(RegExp.escape(told(messages))));
          }));
        };
        await assertPrompt(
          `${count} sessions told`,
          { wall: WAITING.time },
          () => wallTime(tell),
        );
        const after = (memoryOf(server) - before) * 1_024 / count;
        console.log(`a session that was told: ${after.toFixed(0)} KiB`);
        for (const peer of waiting) peer[Symbol.dispose]();
        assert(each < WAITING.memory, `${each} KiB`);
      }),
  });
}

Deno.test({
  name: "clients that ask for much and read nothing cost little",
  ignore: Deno.build.os !== "linux",
  fn: () =>
    withServer(MANY, async (server) => {
      using sender = await Peer.logIn(server);
      const size = 10_000_000;
      const text = LITTLE + "x".repeat(size - LITTLE.length);
      await sender.send(`a APPEND INBOX {${size}+}\r\n${text}\r\n`);
      await sender.until(/^a OK/m);
      const before = memoryOf(server);
      const greedy: Peer[] = [];
      for (let n = 0; n < 50; n++) {
        const peer = await Peer.logIn(server);
        await peer.send(
          "a SELECT INBOX\r\n" + "b FETCH 1 BODY.PEEK[]\r\n".repeat(20),
        );
        greedy.push(peer);
      }
      for (let n = 0; n < 20; n++) {
        await sender.send("n NOOP\r\n");
        await sender.until(/^n OK/m);
      }
      const growth = (memoryOf(server) - before) / greedy.length;
      console.log(`who does not read costs ${growth.toFixed(1)} MiB`);
      // A megabyte that is being sent, the next one, and room to write them.
      assert(growth < 6);
      for (const peer of greedy) peer[Symbol.dispose]();
    }),
});

Deno.test({
  name:
    "commands without end from one who does not read are not taken without end",
  ignore: Deno.build.os !== "linux",
  fn: () =>
    withServer(MANY, async (server) => {
      using peer = await Peer.logIn(server);
      using other = await Peer.logIn(server);
      const before = memoryOf(server);
      const count = 200_000;
      const sending = peer.send("x NOOP\r\n".repeat(count) + "y NOOP\r\n");
      for (let n = 0; n < 50; n++) {
        await other.send("n NOOP\r\n");
        await other.until(/^n OK/m);
      }
      const growth = memoryOf(server) - before;
      console.log(`${count} commands unread: ${growth.toFixed(0)} MiB`);
      assert(growth < 60);
      const heard = await peer.until(/^y OK/m);
      assertEquals(heard.match(/^x OK/gm)?.length, count);
      await sending;
    }),
});
