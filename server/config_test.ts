import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { join } from "@std/path";
import {
  checkConfig,
  ConfigError,
  parseConfig,
  readConfig,
  sampleConfig,
} from "./config.ts";
import { DEFAULT_LIMITS, LIMIT_BOUNDS } from "../protocol/limits.ts";
import {
  DEFAULT_STORAGE_LIMITS,
  STORAGE_LIMIT_BOUNDS,
} from "../storage/limits.ts";
import { optionsOf } from "./cli/serve_options.ts";
import { SETTINGS } from "./settings.ts";

Deno.test("a configuration has a key for everything", () => {
  const config = parseConfig(
    `
hostname: "::"
port: off
tlsPort: 0
listeners:
  - { kind: imaps, port: 993, hostname: 0.0.0.0 }
users: { alice: secret }
capabilities: { disable: [IDLE] }
limits: { message: 100000 }
storageLimits: { maxMailboxes: 7 }
trace: true
logLevel: debug
`,
    "x.yaml",
  );
  assertEquals(config, {
    hostname: "::",
    port: "off",
    tlsPort: 0,
    listeners: [{ kind: "imaps", port: 993, hostname: "0.0.0.0" }],
    users: { alice: "secret" },
    capabilities: { disable: ["IDLE"] },
    limits: { message: 100_000 },
    storageLimits: { maxMailboxes: 7 },
    trace: true,
    logLevel: "debug",
  });
  assertEquals(parseConfig("# nothing\n", "x.yaml"), {});
});

Deno.test("a configuration says how TLS is spoken, its paths from its folder", async () => {
  const dir = await Deno.makeTempDir();
  const file = join(dir, "imapd.yaml");
  try {
    await Deno.writeTextFile(
      file,
      "certificates:\n  - { cert: a.crt, key: /b.key }\n" +
        "tlsMinVersion: TLSv1.3\nclientCa: ca.crt\n" +
        "acme:\n  domains: [mail.example.com]\n  agreeTerms: true\n" +
        "  directoryCa: acme.crt\n",
    );
    assertEquals(await readConfig(file), {
      certificates: [{ cert: join(dir, "a.crt"), key: "/b.key" }],
      tlsMinVersion: "TLSv1.3",
      clientCa: join(dir, "ca.crt"),
      acme: {
        domains: ["mail.example.com"],
        agreeTerms: true,
        directoryCa: join(dir, "acme.crt"),
      },
    });
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
  for (
    const [source, message] of [
      ["tlsMinVersion: TLSv1.1", "Expected one of TLSv1.2 TLSv1.3"],
      ["certificates: { cert: a, key: b }", "Expected a list"],
      ["certificates: [{ cert: a }]", "Expected a path"],
      ["acme: { domains: [a.example] }", "acme.agreeTerms: Expected true"],
      ["acme: { domains: [], agreeTerms: true }", "Expected a domain"],
      ['acme: { domains: ["*.a.example"], agreeTerms: true }', "wildcard"],
    ] as const
  ) {
    assertThrows(() => parseConfig(source, "x.yaml"), ConfigError, message);
  }
});

Deno.test("a configuration says what the server says of itself", () => {
  const config = parseConfig(
    "metadata: { admin: mailto:postmaster@example.com, editors: [alice] }",
    "x.yaml",
  );
  const metadata = {
    admin: "mailto:postmaster@example.com",
    editors: ["alice"],
  };
  assertEquals(config, { metadata });
  assertEquals(optionsOf(config).metadata, metadata);
  assertEquals(optionsOf({}).metadata, {});
});

Deno.test("a configuration has rules for clients", () => {
  const config = parseConfig(
    `
quirks:
  - match: { id: { name: "*outlook*" } }
    hide: [IDLE]
    specialUse: false
  - match: { address: 2001:db8::/32 }
    keepAlive: 120000
    capabilitiesUnasked: false
    greeting: hello
    id: { name: x }
`,
    "x.yaml",
  );
  assertEquals(config, {
    quirks: [
      {
        match: { id: { name: "*outlook*" } },
        hide: ["IDLE"],
        specialUse: false,
      },
      {
        match: { address: "2001:db8::/32" },
        keepAlive: 120_000,
        capabilitiesUnasked: false,
        greeting: "hello",
        id: { name: "x" },
      },
    ],
  });
  assertEquals(optionsOf(config).quirks, config.quirks);
  assertEquals(optionsOf({}).quirks, []);
});

const wrong: readonly [source: string, message: string][] = [
  ["port: 70000", "x.yaml:1:1: port: Expected a port from 0 to 65535, or off"],
  ["a: b\nport: 1", "x.yaml:1:1: a: There is no such key"],
  ["limits:\n  mesage: 7", "x.yaml:2:3: limits.mesage: There is no such key"],
  [
    "limits:\n  message: x",
    "x.yaml:2:3: limits.message: Expected a whole number",
  ],
  [
    "listeners:\n  - kind: imap\n    port: x",
    "x.yaml:3:5: listeners.0.port: Expected a port",
  ],
  ["trace: maybe", "x.yaml:1:1: trace: Expected true or false"],
  ["workers: 0", "x.yaml:1:1: workers: Expected a whole number from 1 to 64"],
  [
    "limits:\n  filterDepth: 2",
    "x.yaml:2:3: limits.filterDepth: Expected a number from 3 on (RFC 5466 § 3.1)",
  ],
  [
    "limits:\n  uidBatch: 501",
    "x.yaml:2:3: limits.uidBatch: Expected a number from 0 to 500 (RFC 10022 § 3.1.3.2)",
  ],
  [
    "limits:\n  messageLimit: 999",
    "x.yaml:2:3: limits.messageLimit: Expected a number from 1000 on, or 0 (RFC 9738 § 3)",
  ],
  [
    "limits:\n  idleTime: 1799999",
    "limits.idleTime: Expected a number from 1800000 on (RFC 9051 § 5.4)",
  ],
  [
    "storageLimits:\n  maxMetadataEntries: 9",
    "storageLimits.maxMetadataEntries: Expected a number from 10 to 200 (RFC 5464 § 4.1)",
  ],
  ["- port", "x.yaml:1:1: Expected a mapping of keys"],
  ["port: 1\nport: 2", "x.yaml:2:1: Map keys must be unique"],
  ["users: { alice: 1 }", "x.yaml:1:10: users.alice: Expected text"],
  ["port: [", "x.yaml:1:8: "],
  [
    "metadata: { editors: alice }",
    "metadata.editors: Expected a list of users",
  ],
  ["quirks: { match: {} }", "x.yaml:1:1: quirks: Expected a list of rules"],
  [
    "quirks:\n  - hide: [IDLE]",
    "x.yaml:2:5: quirks.0.match: Expected id, address or both",
  ],
  [
    "quirks:\n  - match: { address: 192.0.2.0/33 }",
    "x.yaml:2:14: quirks.0.match.address: Expected an address or a network",
  ],
  [
    "quirks:\n  - match: { name: x }",
    "x.yaml:2:14: quirks.0.match.name: There is no such key",
  ],
  [
    "quirks:\n  - match: {}\n    keepAlive: 0",
    "x.yaml:3:5: quirks.0.keepAlive: Expected milliseconds",
  ],
];
for (const [source, message] of wrong) {
  Deno.test(`a wrong configuration is pointed at: ${JSON.stringify(source)}`, () => {
    assertThrows(() => parseConfig(source, "x.yaml"), ConfigError, message);
  });
}

Deno.test("limits may be as small and as large as the RFCs let them be, and no default is beyond", () => {
  const limits = [
    ["limits", LIMIT_BOUNDS, DEFAULT_LIMITS],
    ["storageLimits", STORAGE_LIMIT_BOUNDS, DEFAULT_STORAGE_LIMITS],
  ] as const;
  for (const [key, bounds, defaults] of limits) {
    parseConfig(JSON.stringify({ [key]: defaults }), "defaults");
    for (const [name, { min, max, orNone }] of Object.entries(bounds)) {
      const parse = (value: number) => {
        parseConfig(JSON.stringify({ [key]: { [name]: value } }), name);
      };
      if (min !== undefined) {
        parse(min);
        assertThrows(() => parse(min - 1), ConfigError);
      }
      if (max !== undefined) {
        parse(max);
        assertThrows(() => parse(max + 1), ConfigError);
      }
      if (orNone) parse(0);
    }
  }
});

Deno.test("the sample is a configuration, also with every comment taken away", () => {
  assertEquals(parseConfig(sampleConfig(), "sample"), {
    hostname: "127.0.0.1",
    port: 143,
    tlsPort: 993,
    kv: "imapd-data/imapd.kv",
  });
  const everything = sampleConfig().split("\n").map((line) =>
    /^# ( *(?:- )?[{\w]+:( |$)| {2})/.test(line) &&
      !line.startsWith("# Default")
      ? line.slice(2)
      : line
  ).join("\n");
  const config = parseConfig(
    everything.replace(/^Configuration.*$/m, ""),
    "all",
  );
  assertEquals(config.limits, DEFAULT_LIMITS);
  for (const { key } of SETTINGS) assertEquals(key in config, true, key);
  assertEquals(config.quirks?.length, 3);
});

Deno.test("paths are relative to the file, except what is no path", async () => {
  const dir = await Deno.makeTempDir();
  try {
    const path = join(dir, "imapd.yaml");
    await Deno.writeTextFile(path, "kv: data/imapd.kv\ncert: /etc/a.crt\n");
    assertEquals(await readConfig(path), {
      kv: join(dir, "data/imapd.kv"),
      cert: "/etc/a.crt",
    });
    await Deno.writeTextFile(path, "kv: ':memory:'\n");
    assertEquals(await readConfig(path), { kv: ":memory:" });
    await assertRejects(
      () => readConfig(join(dir, "none.yaml")),
      ConfigError,
      "There is no configuration file",
    );
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("options are checked like keys, under their own names", () => {
  assertEquals(checkConfig({ port: 1 }, (key) => `--${key}`), { port: 1 });
  assertThrows(
    () => checkConfig({ port: -1 }, (key) => `--${key}`),
    ConfigError,
    "--port: Expected a port",
  );
});
