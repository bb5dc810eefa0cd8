import { assertEquals, assertThrows } from "@std/assert";
import { parseConfig } from "../config.ts";
import { saslBackend } from "./mod.ts";

const read = (yaml: string) => parseConfig(yaml, "x.yaml");

Deno.test("mechanisms and iterations are read", () => {
  const text = `
sasl:
  mechanisms: [PLAIN, scram-sha-256, SCRAM-SHA-256-PLUS]
  scramIterations: 10000
`;
  assertEquals(read(text).sasl, {
    mechanisms: ["PLAIN", "scram-sha-256", "SCRAM-SHA-256-PLUS"],
    scramIterations: 10_000,
  });
});

Deno.test("mechanisms and iterations that cannot be are named", () => {
  const fails = (yaml: string, text: string) =>
    assertThrows(() => read(yaml), Error, text);
  fails("sasl: { mechanisms: [PLAIN, SCRAM-SHA-512] }", "sasl.mechanisms.1");
  fails("sasl: { mechanisms: PLAIN }", "Expected a list of");
  fails("sasl: { scramIterations: 1000 }", "from 4096 to");
  fails("sasl: { scramIteration: 5000 }", "There is no such key");
  const users = {
    lookedUp: true,
    knowsPasswords: true,
    prepare: (name: string) => name,
    user: () => Promise.resolve(undefined),
  };
  for (const name of ["", "SCRAM", "SCRAM-SHA-512"]) {
    const options = { mechanisms: [name] };
    assertThrows(() => saslBackend(options, users), TypeError, "no mechanism");
  }
  for (const scramIterations of [0, -1, 1.5, NaN, 1e9]) {
    const options = { scramIterations };
    assertThrows(() => saslBackend(options, users), TypeError, "scramIter");
  }
});
