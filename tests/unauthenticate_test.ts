/** What UNAUTHENTICATE (RFC 8437) gives back beside what a client sees. */

import { assertEquals, assertMatch } from "@std/assert";
import { serve } from "../server/serve.ts";

async function talk(port: number, ...lines: string[]): Promise<string> {
  const conn = await Deno.connect({ port });
  await conn.write(new TextEncoder().encode(lines.join("\r\n") + "\r\n"));
  return await new Response(conn.readable).text();
}

Deno.test("who has gone by UNAUTHENTICATE does not count any more", async () => {
  const events: string[] = [];
  await using server = serve({
    hostname: "127.0.0.1",
    port: 0,
    users: { alice: "secret", bob: "secret" },
    maxConnectionsPerUser: 1,
    callbacks: {
      login: async ({ user }, next) => {
        await next();
        events.push(`login ${user.name}`);
      },
      logout: ({ user }) => void events.push(`logout ${user.name}`),
    },
  });
  const heard = await talk(
    server.addr.port,
    "a LOGIN alice secret",
    "b UNAUTHENTICATE",
    "c LOGIN bob secret",
    "d UNAUTHENTICATE",
    "e LOGIN alice secret",
    "f LOGOUT",
  );
  for (const tag of "abcdef") {
    assertMatch(heard, new RegExp(`^${tag} OK `, "m"));
  }
  assertEquals(events, [
    "login alice",
    "logout alice",
    "login bob",
    "logout bob",
    "login alice",
    "logout alice",
  ]);
});
