/** Item 15: tokens that are somebody else's, of another time, for another server, or of nobody. */

import { assert, assertEquals } from "@std/assert";
import { SignJWT, UnsecuredJWT } from "jose";
import { testServer } from "../../testing.ts";
import { AuthorizationServer, makeKey } from "../sasl/authorization_server.ts";
import { answers, base64, talk } from "../sasl/talk.ts";

Deno.test("OAUTHBEARER and XOAUTH2 refuse every token but alice's own", async () => {
  await using issuer = await AuthorizationServer.start();
  const { issuer: iss, jwks } = issuer;
  await using server = await testServer({
    users: { alice: "secret", bob: "secret" },
    sasl: { tokens: { issuer: iss, audience: "imapd", jwks } },
    limits: { failedLogins: 100 },
  });
  const claims = { iss, aud: "imapd", email: "alice" };
  const secret = new TextEncoder().encode(JSON.stringify(issuer.keySet));
  const wrong: Record<string, string> = {
    "wrong audience": await issuer.token({ claims: { aud: "other" } }),
    "no audience": await issuer.token({ claims: { aud: undefined } }),
    "expired": await issuer.token({ claims: { exp: 1_000_000_000 } }),
    "without end": await issuer.token({ claims: { exp: undefined } }),
    "wrong issuer": await issuer.token({ claims: { iss: "http://x.example" } }),
    "another key": await issuer.token({ key: await makeKey("first") }),
    "alg=none": new UnsecuredJWT(claims).setExpirationTime("1h").encode(),
    "HMAC with what is public": await new SignJWT(claims)
      .setProtectedHeader({ alg: "HS256", kid: "first" })
      .setExpirationTime("1h").sign(secret),
    "bob's": await issuer.token({ claims: { email: "bob" } }),
    "nobody's": await issuer.token({ claims: { email: "carol" } }),
    "no user's": await issuer.token({ claims: { email: undefined } }),
    "no token": "x".repeat(20_000),
  };
  for (const [about, token] of Object.entries(wrong)) {
    const bearer = `auth=Bearer ${token}\x01\x01`;
    const heard = await talk(
      server.port,
      `a AUTHENTICATE OAUTHBEARER ${base64(`n,a=alice,\x01${bearer}`)}`,
      base64("\x01"),
      `b AUTHENTICATE XOAUTH2 ${base64(`user=alice\x01${bearer}`)}`,
      "",
      "c SELECT INBOX",
      "d LOGOUT",
    );
    assertEquals(
      answers(heard).map((line) => line.replace(/\].*| Log.*/, "")),
      [
        "a NO [AUTHENTICATIONFAILED",
        "b NO [AUTHENTICATIONFAILED",
        "c BAD",
        "d OK LOGOUT completed",
      ],
      about,
    );
  }
  const right = `auth=Bearer ${await issuer.token()}\x01\x01`;
  const heard = await talk(
    server.port,
    `a AUTHENTICATE OAUTHBEARER ${base64(`n,a=alice,\x01${right}`)}`,
    "b LOGOUT",
  );
  assert(/^a OK /m.test(heard));
  assertEquals(server.errors, []);
});

Deno.test("a flood of tokens with made-up keys asks the issuer once", async () => {
  await using issuer = await AuthorizationServer.start();
  const { issuer: iss, jwks } = issuer;
  await using server = await testServer({
    users: { alice: "secret" },
    sasl: { tokens: { issuer: iss, audience: "imapd", jwks } },
    limits: { failedLogins: 1_000 },
  });
  const key = await makeKey("x");
  const tokens = await Promise.all(
    Array.from(
      { length: 200 },
      (_, n) => issuer.token({ key: { ...key, kid: `made up ${n}` } }),
    ),
  );
  const lines = tokens.flatMap((token) => [
    `a AUTHENTICATE XOAUTH2 ${
      base64(`user=alice\x01auth=Bearer ${token}\x01\x01`)
    }`,
    "",
  ]);
  const heard = await talk(server.port, ...lines, "b LOGOUT");
  assertEquals(answers(heard, /^a NO \[AUTHENTICATIONFAILED\]/).length, 200);
  assertEquals(issuer.asked("/jwks"), 1);
});
