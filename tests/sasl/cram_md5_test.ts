/**
 * CRAM-MD5: RFC 2195.
 */

import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
} from "@std/assert";
import { createHmac } from "node:crypto";
import { cramMd5 } from "../../protocol/sasl/cram_md5.ts";
import { offeredMechanisms } from "../../protocol/sasl/mod.ts";
import { saslServer, type SaslSetup, say } from "./sasl_server.ts";

/** The server of the example in RFC 2195 § 2. */
const EXAMPLE: SaslSetup = {
  passwords: { tim: "tanstaaftanstaaf", "a b": "caf\u00e9" },
  hostname: "postoffice.reston.mci.net",
  now: () => 697_170_952_000,
};
const CHALLENGE = "<1896.697170952@postoffice.reston.mci.net>";
const DIGEST = "b913a602c7eda7a495b4e6e7334d3890";

async function answer(text: string, setup = EXAMPLE) {
  const exchange = cramMd5(() => "1896").begin(saslServer(setup));
  assertEquals((await say(exchange, undefined)).text, CHALLENGE);
  return (await say(exchange, text)).step;
}

Deno.test("the example of RFC 2195 § 2", async () => {
  assertEquals(await answer(`tim ${DIGEST}`), {
    type: "success",
    identity: { user: "tim" },
  });
});

Deno.test("a digest of something else", async () => {
  const digest = (password: string) =>
    createHmac("md5", password).update(CHALLENGE).digest("hex");
  assertEquals((await answer(`tim ${DIGEST.toUpperCase()}`)).type, "success");
  assertEquals((await answer(`a b ${digest("cafe\u0301")}`)).type, "rejection");
  assertEquals((await answer(`a b ${digest("caf\u00e9")}`)).type, "success");
  for (const user of ["tim", "nobody", "Tim", "\u0007"]) {
    for (const password of ["", "wrong"]) {
      assertEquals(await answer(`${user} ${digest(password)}`), {
        type: "rejection",
        user,
      });
    }
  }
});

Deno.test("what is no answer", async () => {
  for (
    const text of [
      "",
      "tim",
      DIGEST,
      ` ${DIGEST}`,
      `tim ${DIGEST.slice(1)}`,
      `tim ${DIGEST}0`,
      `tim ${DIGEST.replace("b", "x")}`,
      `tim ${DIGEST}\n`,
      `t\0m ${DIGEST}`,
      `${"x".repeat(500)} ${DIGEST}`,
    ]
  ) assertEquals((await answer(text)).type, "failure", text);
  // RFC 4422 § 3.3: it is the server that begins.
  const exchange = cramMd5().begin(saslServer(EXAMPLE));
  assertEquals((await say(exchange, `tim ${DIGEST}`)).step.type, "failure");
});

Deno.test("each challenge is another", async () => {
  const challenge = async () =>
    (await say(cramMd5().begin(saslServer(EXAMPLE)), undefined)).text;
  const one = await challenge();
  assertMatch(one, /^<\d{1,40}\.697170952@postoffice\.reston\.mci\.net>$/);
  assertNotEquals(await challenge(), one);
});

Deno.test("it is offered when asked for, where users are looked up", async () => {
  const offers = (setup: SaslSetup) =>
    offeredMechanisms(saslServer(setup)).some(({ name }) =>
      name === "CRAM-MD5"
    );
  const options = { mechanisms: ["CRAM-MD5"] };
  assert(offers({ options }));
  assert(!offers({}));
  const { backend } = saslServer({ options });
  assert(!offers({ backend: { ...backend!, password: undefined } }));
  // Somebody whose password is not known as it is looks like nobody.
  const record = { name: "tim", passwordHash: "{SSHA}x" };
  const exchange = cramMd5().begin(saslServer({ options, records: [record] }));
  await say(exchange, undefined);
  const { step } = await say(exchange, `tim ${DIGEST}`);
  assertEquals(step, { type: "rejection", user: "tim" });
});
