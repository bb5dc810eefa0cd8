/**
 * Item 11: words do not tell who there is. That time does not is measured in tests/load; that the same is computed for
 * all stands beside the authenticator.
 */

import { assertEquals } from "@std/assert";
import { Guesser, RECORDS, serveRecord } from "./guesser.ts";

for (const [scheme, make] of Object.entries(RECORDS)) {
  Deno.test(`a wrong password, a disabled user and nobody are refused alike: ${scheme}`, async () => {
    await using server = serveRecord(await make());
    using guesser = await Guesser.open(server);
    const said = new Set<string>();
    for (const user of ["alice", "bobby", "carol", "alice", "x"]) {
      said.add((await guesser.guess(user)).said);
    }
    assertEquals([...said], [
      " NO [AUTHENTICATIONFAILED] The name or the password is wrong\r\n",
    ]);
  });
}
