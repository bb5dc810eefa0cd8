/**
 * Which tokens are good, and whose, against an authorization server on loopback.
 */

import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { SignJWT, UnsecuredJWT } from "jose";
import type { TokenRefusal } from "../../protocol/sasl/server.ts";
import type { SaslUsers } from "../../server/sasl/mod.ts";
import {
  type TokenAnswer,
  type TokenOptions,
  tokenProof as proof,
} from "../../server/sasl/tokens.ts";
import { prepareUserName } from "../../server/users.ts";
import { StorageError } from "../../storage/model.ts";
import { AuthorizationServer, makeKey } from "./authorization_server.ts";

/** Alice and bob are there; eve is disabled, so that nobody finds her. */
const USERS: SaslUsers = {
  lookedUp: true,
  knowsPasswords: true,
  prepare: (name) => prepareUserName(name, false),
  user: (name) =>
    Promise.resolve(
      name === "alice@example.org"
        ? { name: "alice", password: "x" }
        : ["alice", "bob"].includes(name)
        ? { name, password: "x" }
        : undefined,
    ),
};

function optionsOf(
  server: AuthorizationServer,
  more: TokenOptions = {},
): TokenOptions {
  const { issuer, keySet } = server;
  return { issuer, audience: "imapd", jwks: keySet, ...more };
}

/** As `tokenProof`, without the time at which tokens end. */
function tokenProof(
  ...given: Parameters<typeof proof>
): ReturnType<typeof proof> {
  const check = proof(...given);
  return async (token, user) => {
    const answer = await check(token, user);
    if (!("expires" in answer)) return answer;
    const { expires: _, ...identity } = answer;
    return identity;
  };
}

const REFUSED: TokenRefusal = { status: "invalid_token" };
const ALICE = { user: "alice" };

Deno.test("a token is good for the user whom its claim names, and for no other", async () => {
  await using server = await AuthorizationServer.start();
  const check = tokenProof(optionsOf(server), USERS);
  const token = await server.token();
  assertEquals(await check(token, undefined), ALICE);
  assertEquals(await check(token, "alice"), ALICE);
  for (const user of ["bob", "Alice", "eve", "nobody", "alice\0", ""]) {
    assertEquals(await check(token, user), REFUSED, user);
  }
  const address = await server.token({
    claims: { email: "alice@example.org", email_verified: true },
  });
  assertEquals(await check(address, undefined), ALICE);
  assertEquals(await check(address, "alice"), ALICE);
  assertEquals(await check(address, "alice@example.org"), ALICE);
  assertEquals(await check(address, "bob@example.org"), REFUSED);
});

Deno.test("a token with wrong claims is refused", async () => {
  await using server = await AuthorizationServer.start();
  const check = tokenProof(optionsOf(server), USERS);
  const now = Math.floor(Date.now() / 1_000);
  const wrong: Record<string, unknown>[] = [
    { exp: now - 60 },
    { exp: undefined },
    { exp: "soon" },
    { nbf: now + 60 },
    { iss: "http://other.example" },
    { iss: undefined },
    { aud: "other" },
    { aud: ["a", "b"] },
    { aud: undefined },
    { email: undefined },
    { email: ["alice"] },
    { email: "" },
    { email: "eve" },
    { email: "alice", email_verified: false },
  ];
  for (const claims of wrong) {
    const token = await server.token({ claims });
    assertEquals(await check(token, undefined), REFUSED, Deno.inspect(claims));
  }
  // Clocks may be apart a little.
  for (const claims of [{ exp: now - 5 }, { nbf: now + 5 }]) {
    assertEquals(await check(await server.token({ claims }), undefined), ALICE);
  }
});

Deno.test("a token that is not signed with a key of the issuer is refused", async () => {
  await using server = await AuthorizationServer.start();
  const check = tokenProof(optionsOf(server), USERS);
  const good = await server.token();
  const [header, payload, signature] = good.split(".") as [
    string,
    string,
    string,
  ];
  const claims = { email: "bob", iss: server.issuer, aud: "imapd" };
  const other = await makeKey("first");
  const unsecured = new UnsecuredJWT(claims).setExpirationTime("1h").encode();
  const secret = new TextEncoder().encode(JSON.stringify(server.keySet));
  const symmetric = await new SignJWT(claims).setExpirationTime("1h")
    .setProtectedHeader({ alg: "HS256", kid: "first" }).sign(secret);
  const forged = JSON.stringify({
    ...JSON.parse(new TextDecoder().decode(fromUrl(payload))),
    email: "bob",
  });
  const wrong = [
    await server.token({ key: other }),
    await server.token({ key: await makeKey("unknown") }),
    unsecured,
    symmetric,
    `${header}.${toUrl(forged)}.${signature}`,
    `${header}.${payload}.`,
    `${header}.${payload}`,
    `${toUrl('{"alg":"none"}')}.${payload}.`,
    `${toUrl('{"alg":"ES256","crit":["x"],"x":1}')}.${payload}.${signature}`,
    `${toUrl('{"alg":["ES256"]}')}.${payload}.${signature}`,
    `${good}.a.b`,
    "....",
    "x",
    "=",
  ];
  for (const token of wrong) {
    assertEquals(await check(token, undefined), REFUSED, token);
  }
  assertEquals(await check(good, undefined), ALICE);
});

function toUrl(text: string): string {
  return new TextEncoder().encode(text)
    .toBase64({ alphabet: "base64url", omitPadding: true });
}

function fromUrl(text: string): Uint8Array {
  return Uint8Array.fromBase64(text, { alphabet: "base64url" });
}

Deno.test("a token without the scope is told so, with the scope and where to get one", async () => {
  await using server = await AuthorizationServer.start();
  const openidConfiguration = "https://issuer.example/openid";
  const check = tokenProof(
    optionsOf(server, { requiredScope: "mail", openidConfiguration }),
    USERS,
  );
  const about = { scope: "mail", configuration: openidConfiguration };
  const lacking = { status: "insufficient_scope", ...about };
  assertEquals(await check("", "alice"), { ...REFUSED, ...about });
  assertEquals(await check("x", "alice"), { ...REFUSED, ...about });
  const scopes: [object, unknown][] = [
    [{}, ALICE],
    [{ scope: "mailx email" }, lacking],
    [{ scope: undefined }, lacking],
    [{ scope: 7 }, lacking],
    [{ scope: undefined, scp: "mail" }, ALICE],
    [{ scope: undefined, scp: ["a", "mail"] }, ALICE],
  ];
  for (const [claims, answer] of scopes) {
    const token = await server.token({ claims: { ...claims } });
    assertEquals(await check(token, undefined), answer);
  }
});

Deno.test("the configuration of an issuer of https is where OpenID has it", async () => {
  const jwks = { keys: [] };
  const about = (issuer: string) =>
    tokenProof({ issuer, audience: "x", jwks }, USERS)("", undefined);
  const configuration = "https://a.example/.well-known/openid-configuration";
  assertEquals(await about("https://a.example"), { ...REFUSED, configuration });
  assertEquals(await about("https://a.example/"), {
    ...REFUSED,
    configuration,
  });
  assertEquals(await about("urn:a"), REFUSED);
});

Deno.test("keys of several kinds, and tokens that name none of them", async () => {
  await using server = await AuthorizationServer.start();
  server.keys = await Promise.all(
    ["ES256", "RS256", "ES256", "EdDSA", "PS384"].map((alg, n) =>
      makeKey(`key ${n}`, alg)
    ),
  );
  const check = tokenProof(optionsOf(server), USERS);
  for (const key of server.keys) {
    for (const kid of [true, false]) {
      const token = await server.token({ key, kid });
      assertEquals(await check(token, undefined), ALICE, key.kid);
      const old = await server.token({ key, kid, claims: { exp: 1 } });
      assertEquals(await check(old, undefined), REFUSED, key.kid);
    }
  }
  const other = await server.token({ key: await makeKey("x"), kid: false });
  assertEquals(await check(other, undefined), REFUSED);
  const few = tokenProof(optionsOf(server, { algorithms: ["ES384"] }), USERS);
  assertEquals(await few(await server.token(), undefined), REFUSED);
});

Deno.test("an issuer that is not there is no failed login", async () => {
  const server = await AuthorizationServer.start();
  const token = await server.token();
  const { jwks, endpoint } = server;
  await server[Symbol.asyncDispose]();
  const introspection = { endpoint, clientId: "a", clientSecret: "b" };
  for (const options of [optionsOf(server, { jwks }), { introspection }]) {
    const check = tokenProof(options, USERS);
    const error = await assertRejects(
      () => check(token, "alice"),
      StorageError,
    );
    assertEquals(error.code, "UNAVAILABLE");
  }
});

Deno.test("keys that cannot be used are no fault of a token", async () => {
  await using server = await AuthorizationServer.start();
  const bad = { kty: "EC", crv: "P-256", kid: "first", alg: "ES256", x: "a" };
  const check = tokenProof(optionsOf(server, { jwks: { keys: [bad] } }), USERS);
  const token = await server.token();
  await assertRejects(() => check(token, undefined), StorageError);
});

Deno.test("keys in a file", async () => {
  await using server = await AuthorizationServer.start();
  const folder = await Deno.makeTempDir();
  try {
    const jwks = join(folder, "jwks.json");
    await Deno.writeTextFile(jwks, JSON.stringify(server.keySet));
    const token = await server.token();
    const check = tokenProof(optionsOf(server, { jwks }), USERS);
    assertEquals(await check(token, undefined), ALICE);
    for (const text of ["[]", "{", "x".repeat(300_000)]) {
      await Deno.writeTextFile(jwks, text);
      const wrong = tokenProof(optionsOf(server, { jwks }), USERS);
      await assertRejects(() => wrong(token, undefined), StorageError);
    }
    const none = tokenProof(optionsOf(server, { jwks: `${jwks}x` }), USERS);
    await assertRejects(() => none(token, undefined), StorageError);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("an issuer is asked about a token, with the name and the password of the server", async () => {
  await using server = await AuthorizationServer.start();
  const introspection = {
    endpoint: server.endpoint,
    ...{ clientId: "imap d", clientSecret: "a:b%ü" },
  };
  const check = tokenProof({
    ...{ introspection, claim: "username", requiredScope: "mail" },
    ...{ issuer: server.issuer, audience: ["imapd", "mail"] },
  }, USERS);
  const now = Math.floor(Date.now() / 1_000);
  const claims = {
    ...{ active: true, username: "alice", scope: "mail" },
    ...{ iss: server.issuer, aud: ["mail"], exp: now + 60 },
  };
  const refused = { ...REFUSED, scope: "mail" };
  const tokens: [token: string, claims: object, answer: unknown][] = [
    ["good", claims, ALICE],
    ["inactive", { ...claims, active: false }, refused],
    ["expired", { ...claims, exp: now - 60 }, refused],
    ["early", { ...claims, nbf: now + 60 }, refused],
    ["audience", { ...claims, aud: "other" }, refused],
    ["none", { ...claims, aud: undefined }, refused],
    ["issuer", { ...claims, iss: "http://other.example" }, refused],
    ["user", { ...claims, username: "eve" }, refused],
    ["scope", { ...claims, scope: "" }, {
      ...refused,
      status: "insufficient_scope",
    }],
    ["bob", { ...claims, username: "bob" }, refused],
  ];
  for (const [token, claims, answer] of tokens) {
    server.opaque.set(token, { ...claims });
    assertEquals(await check(token, "alice"), answer, token);
  }
  assertEquals(await check("unheard", undefined), refused);
  const { authorization, body } = server.questions[0]!;
  assertEquals(body, "token=good&token_type_hint=access_token");
  assertEquals(
    atob(authorization!.slice("Basic ".length)),
    "imap+d:a%3Ab%25%C3%BC",
  );
});

Deno.test("with keys and an issuer that is asked, a token passes both", async () => {
  await using server = await AuthorizationServer.start();
  const check = tokenProof(
    optionsOf(server, {
      introspection: {
        endpoint: server.endpoint,
        ...{ clientId: "a", clientSecret: "b" },
      },
    }),
    USERS,
  );
  const token = await server.token();
  server.opaque.set(token, { active: true });
  assertEquals(await check(token, undefined), ALICE);
  assertEquals(
    await check(await server.token({ claims: { jti: "2" } }), undefined),
    REFUSED,
  );
  const expired = await server.token({ claims: { exp: 1 } });
  server.opaque.set(expired, { active: true });
  assertEquals(await check(expired, undefined), REFUSED);
  assertEquals(server.asked("/introspect"), 2);
});

Deno.test("a function decides alone", async () => {
  const answers = new Map<string, TokenAnswer>();
  const decide = (token: string, user: string | undefined) =>
    token === "boolean" ? user === "carol" : answers.get(token);
  answers.set("identity", { user: "carol" });
  answers.set("refusal", { status: "insufficient_scope", scope: "mail" });
  const check = tokenProof(decide, USERS);
  assertEquals(await check("identity", undefined), { user: "carol" });
  assertEquals(await check("boolean", "carol"), { user: "carol" });
  assertEquals(await check("boolean", "dave"), REFUSED);
  assertEquals(await check("boolean", undefined), REFUSED);
  assertEquals(await check("unknown", "carol"), REFUSED);
  assertEquals(await check("refusal", "carol"), {
    status: "insufficient_scope",
    scope: "mail",
  });
  const yes = tokenProof(() => true, USERS);
  assertEquals(await yes("", "carol"), REFUSED);
  assertEquals(await yes("x", undefined), REFUSED);
});

Deno.test("settings that cannot be are told at the start", () => {
  const jwks = { keys: [] };
  const whole = { issuer: "i", audience: "a", jwks };
  const introspection = { clientId: "a", clientSecret: "b" };
  const wrong: [TokenOptions, message: string][] = [
    [{}, "needs jwks or introspection"],
    [{ jwks }, "needs issuer and audience"],
    [{ jwks, issuer: "i" }, "needs issuer and audience"],
    [{ jwks, issuer: "i", audience: [] }, "needs issuer and audience"],
    [{ ...whole, jwks: "http://issuer.example/jwks" }, "https://"],
    [{ ...whole, jwks: "https://" }, "https://"],
    [{ ...whole, jwks: {} as never }, "has to be a JSON Web Key Set"],
    [{ ...whole, algorithms: ["none"] }, "none is no algorithm"],
    [{ ...whole, algorithms: ["ES256", "HS256"] }, "HS256 is no algorithm"],
    [{ ...whole, clockTolerance: -1 }, "clockTolerance"],
    [{ ...whole, clockTolerance: 601 }, "clockTolerance"],
    [
      { introspection: { ...introspection, endpoint: "http://a.example" } },
      "https://",
    ],
    [
      { introspection: { ...introspection, endpoint: "file:///etc/x" } },
      "https://",
    ],
  ];
  for (const [options, message] of wrong) {
    assertThrows(() => tokenProof(options, USERS), TypeError, message);
  }
});

Deno.test("a login by a token ends with the token, the clocks' difference added", async () => {
  await using server = await AuthorizationServer.start();
  const exp = Math.floor(Date.now() / 1_000) + 60;
  const token = await server.token({ claims: { exp } });
  const check = async (options: TokenOptions) =>
    await proof(optionsOf(server, options), USERS)(token, undefined);
  assertEquals(await check({ clockTolerance: 5 }), {
    user: "alice",
    expires: (exp + 5) * 1_000,
  });
  const introspection = {
    ...{ endpoint: server.endpoint, clientId: "i", clientSecret: "s" },
  };
  server.opaque.set("one", { active: true, email: "alice", exp });
  server.opaque.set("two", { active: true, email: "alice" });
  const asked = proof({ introspection, clockTolerance: 0 }, USERS);
  assertEquals(await asked("one", undefined), {
    user: "alice",
    expires: exp * 1_000,
  });
  assertEquals(await asked("two", undefined), { user: "alice" });
});

Deno.test("of many keys that may be a token's, some are tried", async () => {
  await using server = await AuthorizationServer.start();
  server.keys.length = 0;
  for (let n = 0; n < 17; n++) server.keys.push(await makeKey(`key${n}`));
  const check = tokenProof(optionsOf(server), USERS);
  const by = async (n: number, kid = false) =>
    await check(await server.token({ key: server.keys[n]!, kid }), undefined);
  assertEquals(await by(15), ALICE);
  assertEquals(await by(16), REFUSED);
  assertEquals(await by(16, true), ALICE);
});
