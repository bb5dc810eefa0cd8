/**
 * Clients that log in with a token: curl, Python's imaplib and ImapFlow.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { AuthorizationServer } from "../sasl/authorization_server.ts";
import { inboxArchive } from "./archive.ts";
import { connectImapFlow } from "./imapflow.ts";
import { NEEDS } from "./packages.ts";
import { run, type RunResult } from "./process.ts";
import { interopTest, type MailServer, TRANSPORTS } from "./server.ts";

const SCRIPT = fromFileUrl(new URL("oauth_client.py", import.meta.url));

/** Tokens, and what the server is told so that it believes one of them. */
async function issue() {
  await using issuer = await AuthorizationServer.start();
  const tokens = {
    issuer: issuer.issuer,
    ...{ audience: "imapd", jwks: issuer.keySet, requiredScope: "mail" },
  };
  return {
    good: await issuer.token(),
    bad: await issuer.token({ claims: { exp: 1_000_000_000 } }),
    config: { sasl: { tokens } },
  };
}

const { good, bad, config } = await issue();

const archives = async (directory: string) => [await inboxArchive(directory)];

/** Runs curl on a URL with a token. */
function curl(
  { user, certificate }: MailServer,
  url: string,
  token: string,
  ...more: readonly string[]
): Promise<RunResult> {
  return run("curl", [
    ...["--silent", "--show-error", "--max-time", "30", "--ipv4"],
    ...["--user", `${user}:`, "--oauth2-bearer", token],
    ...["--cacert", certificate, ...more, url],
  ], { mayFail: true });
}

for (const transport of TRANSPORTS) {
  await interopTest(`curl with a token over ${transport}`, {
    ...{ needs: [NEEDS.curl], config, archives },
  }, async (server) => {
    const { port, tlsPort, doors } = server;
    const [imap, pop3] = transport === "tls"
      ? [`imaps://localhost:${tlsPort}/`, `pop3s://localhost:${doors.pop3s}/`]
      : [`imap://localhost:${port}/`, `pop3://localhost:${doors.pop3}/`];
    const security = transport === "starttls" ? ["--ssl-reqd"] : [];
    for (const mechanism of ["OAUTHBEARER", "XOAUTH2"]) {
      const options = [...security, "--login-options", `AUTH=${mechanism}`];
      for (const extra of [[], ["--sasl-ir"]]) {
        const all = [...options, ...extra];
        const listed = await curl(server, imap, good, ...all);
        assertMatch(listed.output, /^\* LIST \(.*\) "\/" "?INBOX"?\r$/m);
        const scan = await curl(server, pop3, good, ...all);
        assertMatch(scan.output, /^100 \d+\r$/m);
        for (const url of [imap, pop3]) {
          // 67: the login was denied.
          assertEquals((await curl(server, url, bad, ...all)).code, 67);
        }
      }
    }
  });
}

await interopTest("imaplib with a token", {
  ...{ needs: [NEEDS.python], config, archives },
}, async ({ tlsPort, user, certificate }) => {
  const { output } = await run("python3", [
    ...[SCRIPT, `${tlsPort}`, user, good, bad, certificate],
  ]);
  assertEquals(output, "done\n");
});

for (const transport of TRANSPORTS) {
  await interopTest(`ImapFlow with a token over ${transport}`, {
    ...{ needs: [], config, archives },
  }, async (server) => {
    const { user } = server;
    const client = await connectImapFlow(server, transport, {
      auth: { user, accessToken: good },
    });
    const { messages } = await client.status("INBOX", { messages: true }) as {
      messages: number;
    };
    assertEquals(messages, 100);
    await client.logout();
    const refused = await connectImapFlow(server, transport, {
      auth: { user, accessToken: bad },
    }).catch((error) => error);
    assert(refused.authenticationFailed);
  });
}
