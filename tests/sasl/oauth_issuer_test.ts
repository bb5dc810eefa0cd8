/**
 * What is asked of those who issue tokens: their keys, and whether a token is good.
 */

import { assertEquals, assertRejects } from "@std/assert";
import { AnswerError, fetchJson } from "../../server/sasl/fetch_json.ts";
import { Introspection } from "../../server/sasl/token_introspection.ts";
import { keyFinder } from "../../server/sasl/token_keys.ts";
import { AuthorizationServer, makeKey } from "./authorization_server.ts";

Deno.test("keys are fetched once, and anew when a token names another", async () => {
  await using server = await AuthorizationServer.start();
  let now = 0;
  const find = keyFinder(server.jwks, () => now);
  const named = (kid: string) =>
    find({ alg: "ES256", kid }, { payload: "", signature: "" });
  await Promise.all([named("first"), named("first"), named("first")]);
  assertEquals(server.asked("/jwks"), 1);
  server.keys.push(await makeKey("second"));
  // Not at once: anybody can name a key.
  await assertRejects(() => named("second"));
  await assertRejects(() => named("third"));
  assertEquals(server.asked("/jwks"), 1);
  now += 30_000;
  await named("second");
  await assertRejects(() => named("third"));
  assertEquals(server.asked("/jwks"), 2);
  // A key that is withdrawn is good for ten minutes at the most.
  server.keys.shift();
  now += 599_999;
  await named("first");
  now += 1;
  await assertRejects(() => named("first"));
  assertEquals(server.asked("/jwks"), 3);
});

Deno.test("without keys nobody's token is wrong: they cannot be checked", async () => {
  await using server = await AuthorizationServer.start();
  let now = 0;
  const find = keyFinder(server.jwks, () => now);
  const named = () =>
    find({ alg: "ES256", kid: "first" }, { payload: "", signature: "" });
  const large = "x".repeat(300_000);
  const answers: [() => Response, message: string][] = [
    [() => new Response("down", { status: 503 }), "answers 503"],
    [() => Response.redirect(`${server.url}/other`), "answers 302"],
    [() => new Response("{"), "what is no JSON"],
    [() => new Response(large), "more than 262144 bytes"],
    [() => Response.json({ keys: "x" }), "no JSON Web Key Set"],
    [() => Response.json({ keys: [null] }), "no JSON Web Key Set"],
    [() => Response.json([]), "no JSON Web Key Set"],
  ];
  for (const [answer, message] of answers) {
    server.broken = answer;
    await assertRejects(named, AnswerError, message);
    const asked = server.asked("/jwks");
    await assertRejects(named, AnswerError, message);
    assertEquals(server.asked("/jwks"), asked);
    now += 5_000;
  }
  server.broken = undefined;
  await named();
  assertEquals(server.asked("/other"), 0);
  // Those that are there serve while others cannot be fetched.
  server.broken = answers[0]![0];
  now += 60_000;
  await named();
});

Deno.test("an issuer that does not come to an end is not waited for", async () => {
  await using server = await AuthorizationServer.start();
  const { promise, resolve } = Promise.withResolvers<void>();
  const endless = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new Uint8Array(1)),
  });
  const answers = [
    () => promise.then(() => new Response("")),
    () => new Response(endless),
  ];
  for (const answer of answers) {
    server.broken = answer;
    const asked = () => fetchJson(new URL(server.jwks), {}, 20);
    await assertRejects(asked, AnswerError, "takes more than 20 milliseconds");
  }
  resolve();
});

Deno.test("answers about tokens are remembered for a short time", async () => {
  await using server = await AuthorizationServer.start();
  let now = 0;
  const introspection = new Introspection(
    {
      endpoint: server.endpoint,
      ...{ clientId: "a", clientSecret: "b" },
    },
    ["sub"],
    () => now,
  );
  const asked = () => server.asked("/introspect");
  const alice = { sub: "alice" };
  server.opaque.set("good", { active: true, ...alice, other: "x" });
  const ask = (token: string) => introspection.claims(token);
  assertEquals(await Promise.all([ask("good"), ask("good")]), [alice, alice]);
  assertEquals(asked(), 1);
  assertEquals(await ask("bad"), undefined);
  assertEquals(await ask("bad"), undefined);
  assertEquals(asked(), 2);
  server.opaque.clear();
  server.opaque.set("bad", { active: true });
  now = 9_999;
  assertEquals(await ask("bad"), undefined);
  now = 10_000;
  assertEquals(await ask("bad"), {});
  now = 59_999;
  assertEquals(await ask("good"), alice);
  now = 60_000;
  assertEquals(await ask("good"), undefined);
  assertEquals(asked(), 4);
});

Deno.test("an issuer that does not answer as it should makes no token wrong", async () => {
  await using server = await AuthorizationServer.start();
  const introspection = new Introspection({
    endpoint: server.endpoint,
    ...{ clientId: "a", clientSecret: "b" },
  }, []);
  const answers: (() => Response)[] = [
    () => new Response("", { status: 401 }),
    () => Response.json({}),
    () => Response.json(null),
    () => Response.json({ active: "true" }),
    () => new Response("active"),
  ];
  for (const answer of answers) {
    server.broken = answer;
    await assertRejects(() => introspection.claims("good"), AnswerError);
  }
});

Deno.test("no more questions at once than a server bears", async () => {
  await using server = await AuthorizationServer.start();
  const { promise, resolve } = Promise.withResolvers<void>();
  server.broken = async () => {
    await promise;
    return Response.json({ active: false });
  };
  const introspection = new Introspection({
    endpoint: server.endpoint,
    ...{ clientId: "a", clientSecret: "b" },
  }, []);
  const questions = Array.from(
    { length: 64 },
    (_, n) => introspection.claims(`token ${n}`),
  );
  await assertRejects(() => introspection.claims("late"), AnswerError);
  resolve();
  assertEquals(new Set(await Promise.all(questions)), new Set([undefined]));
});
