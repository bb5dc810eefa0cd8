import { assert, assertEquals, assertThrows } from "@std/assert";
import { join } from "@std/path";
import {
  ConfigError,
  parseConfig,
  readConfig,
  sampleConfig,
} from "../config.ts";

Deno.test("tokens, certificates and an anonymous account", () => {
  const sasl = {
    tokens: {
      issuer: "https://login.example.com",
      audience: ["imapd", "mail"],
      jwks: { keys: [{ kty: "EC", crv: "P-256", x: "a", y: "b" }] },
      algorithms: ["ES256"],
      introspection: {
        endpoint: "https://login.example.com/introspect",
        clientId: "imapd",
        clientSecret: "secret",
      },
      claim: "sub",
      requiredScope: "mail",
      clockTolerance: 5,
      openidConfiguration: "https://login.example.com/openid",
    },
    certificates: { from: "commonName" },
    anonymous: "public",
  };
  const source = JSON.stringify({ sasl });
  assertEquals(parseConfig(source, "x.yaml").sasl, sasl as never);
});

const wrong: [source: string, message: string][] = [
  ["{}", "x.yaml:1:9: sasl.tokens: Expected jwks or introspection"],
  ["{jwks: a}", "sasl.tokens: Expected issuer and audience with jwks"],
  ["{jwks: 7}", "sasl.tokens.jwks: Expected a URL, a path or a JSON Web Key"],
  ["{jwks: {}}", "sasl.tokens.jwks: Expected a URL, a path or a JSON Web Key"],
  [
    "{jwks: a, algorithms: [HS256]}",
    "sasl.tokens.algorithms.0: Expected a list",
  ],
  ["{jwks: a, algorithms: none}", "sasl.tokens.algorithms: Expected a list"],
  ["{introspection: {endpoint: x}}", "sasl.tokens.introspection.clientId: "],
  ["{jwks: a, secret: b}", "sasl.tokens.secret: There is no such key"],
  ["{jwks: a, clockTolerance: -1}", "sasl.tokens.clockTolerance: Expected sec"],
];

for (const [tokens, message] of wrong) {
  Deno.test(`wrong tokens are pointed at: ${tokens}`, () => {
    const source = `sasl: { tokens: ${tokens} }`;
    assertThrows(() => parseConfig(source, "x.yaml"), ConfigError, message);
  });
}

Deno.test("a wrong source of names is pointed at", () => {
  assertThrows(
    () => parseConfig("sasl: { certificates: { from: dn } }", "x.yaml"),
    ConfigError,
    "sasl.certificates.from: Expected one of email commonName",
  );
});

Deno.test("keys are in a file beside the configuration, or at a URL", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = join(folder, "imapd.yaml");
    const read = async (jwks: string) => {
      const tokens = { issuer: "i", audience: "a", jwks };
      await Deno.writeTextFile(path, JSON.stringify({ sasl: { tokens } }));
      const found = (await readConfig(path)).sasl?.tokens;
      assert(typeof found === "object");
      return found.jwks;
    };
    assertEquals(await read("keys.json"), join(folder, "keys.json"));
    assertEquals(await read("/etc/keys.json"), "/etc/keys.json");
    const url = "https://login.example.com/jwks";
    assertEquals(await read(url), url);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("the sample shows settings that can be", () => {
  const [, sample] = /^# sasl:\n((?:# {3}.*\n)+)/m.exec(sampleConfig())!;
  const yaml = "sasl:\n" + sample!.replace(/^# /gm, "");
  const { sasl } = parseConfig(yaml, "sample");
  assertEquals(sasl?.anonymous, "public");
  assertEquals(sasl?.certificates, { from: "email" });
  assert(typeof sasl?.tokens === "object");
  assertEquals(sasl.tokens.claim, "email");
});
