/** In which order a command answers that works on the last messages only (RFC 9738 § 3.1). */

import { assertEquals } from "@std/assert";
import { serve } from "../../server/serve.ts";
import { Client, textOf } from "../callbacks/harness.ts";

Deno.test("Beyond the limit the last message is answered for first", async () => {
  await using server = serve({
    port: 0,
    users: { alice: "secret" },
    limits: { messageLimit: 3 },
    onListen() {},
  });
  const client = new Client(await Deno.connect({ port: server.addr.port }));
  try {
    await client.line();
    await client.ok("LOGIN alice secret");
    for (const number of [1, 2, 3, 4, 5]) {
      await client.append("INBOX", textOf(`${number}`));
    }
    await client.ok("SELECT INBOX");
    const answered = async (command: string) =>
      (await client.ok(command)).map((line) =>
        /^\* (\d+) FETCH/.exec(line)?.[1]
      )
        .filter((number) => number !== undefined);
    for (
      const command of [
        "FETCH 1:5 FLAGS",
        "FETCH 1:5 ENVELOPE",
        "UID FETCH 1:5 BODY.PEEK[HEADER]",
        "UID STORE 1:* +FLAGS (\\Flagged)",
      ]
    ) assertEquals(await answered(command), ["5", "4", "3"], command);
    assertEquals(await answered("FETCH 1:3 FLAGS"), ["1", "2", "3"]);
  } finally {
    client.close();
  }
});
