/** Item 33: a full disk refuses what is new; what is there can be read, and it goes on when there is room again. */

import { assertEquals, assertMatch } from "@std/assert";
import { serve } from "../../mod.ts";
import { openKvStorage } from "../../storage/kv/mod.ts";
import { ObservedKv } from "../storage/observed_kv.ts";
import { Wire } from "./wire.ts";

const TEXT = "Subject: kept\r\n\r\nbody\r\n";
const APPEND = `APPEND INBOX {${TEXT.length}+}\r\n${TEXT}`;

Deno.test("a full disk is NO, and nothing else", async () => {
  using kv = await Deno.openKv(":memory:");
  const disk = new ObservedKv(kv);
  const faults: unknown[] = [];
  await using storage = await openKvStorage({
    kv: disk.kv,
    onFault: (error) => faults.push(error),
  });
  await using server = serve({
    listeners: [{ kind: "imap", port: 0 }, { kind: "lmtp", port: 0 }],
    storage,
    users: { alice: "secret" },
    onListen: () => {},
  });
  using wire = await Wire.open(server.addr.port);
  await wire.ask("l LOGIN alice secret");
  assertMatch(await wire.ask(`a ${APPEND}`), /^a OK \[APPENDUID \d+ 1\]/m);
  await wire.ask("b SELECT INBOX");
  disk.fate = () => ({ before: new Error("database or disk is full") });
  for (
    const command of [
      APPEND,
      "STORE 1 +FLAGS (\\Deleted)",
      "CREATE new",
      "RENAME INBOX new",
      "SUBSCRIBE INBOX",
      "COPY 1 INBOX",
    ]
  ) {
    const said = await wire.ask(`c ${command}`);
    assertMatch(said, /^c NO \[(UNAVAILABLE|SERVERBUG)\]/m, command);
    assertMatch(said, /UNAVAILABLE/, command);
  }
  assertMatch(await wire.ask("d FETCH 1 BODY.PEEK[]"), /Subject: kept/);
  assertMatch(await wire.ask("e SEARCH SUBJECT kept"), /^\* E?SEARCH .*1/m);
  assertMatch(await wire.ask("f FETCH 1:* FLAGS"), /FLAGS \((\\Recent)?\)/);
  {
    using mail = await Wire.open(server.addrs[1]!.port);
    await mail.send(
      "LHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<alice>\r\nDATA\r\nx\r\n.\r\nQUIT\r\n",
    );
    // The mail server tries again.
    assertMatch(await mail.rest(), /^4\d\d 4\.\d\.\d /m);
  }
  disk.fate = () => "done";
  assertMatch(await wire.ask(`g ${APPEND}`), /^g OK \[APPENDUID \d+ 2\]/m);
  assertMatch(await wire.ask("h CREATE new"), /^h OK/m);
  assertEquals(await storage.verify(), []);
});
