/** Many sessions of one mailbox, and clients that do not read. */

import { assert, assertEquals } from "@std/assert";
import { atMost, memoryOf, Peer, withServer } from "./support.ts";

const LITTLE = "Subject: x\r\n\r\n";
const MANY = "maxConnectionsPerUser: 3000\n";

Deno.test({
  name: "a thousand idle sessions hear of a hundred messages",
  ignore: Deno.build.os !== "linux",
  fn: () =>
    withServer(MANY, async (server) => {
      const count = atMost(1_000);
      const before = memoryOf(server);
      const idle: Peer[] = [];
      for (let n = 0; n < count; n++) {
        const peer = await Peer.logIn(server);
        await peer.send("a SELECT INBOX\r\nb IDLE\r\n");
        await peer.until(/^\+ /m);
        idle.push(peer);
      }
      const each = (memoryOf(server) - before) * 1_024 / count;
      console.log(`an idle session: ${each.toFixed(0)} KiB`);
      assert(each < 200);
      using sender = await Peer.logIn(server);
      const begun = performance.now();
      await sender.send(
        `a APPEND INBOX {${LITTLE.length}+}\r\n${LITTLE}\r\n`.repeat(100),
      );
      await Promise.all(idle.map((peer) => peer.until(/^\* 100 EXISTS\r$/m)));
      const time = (performance.now() - begun).toFixed(0);
      console.log(`${count} sessions told of 100 messages in ${time} ms`);
      for (const peer of idle) peer[Symbol.dispose]();
    }),
});

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
