import { assertEquals, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { parseConfig, readConfig, sampleConfig } from "../config.ts";
import type { SaslOptions } from "./mod.ts";
import { saslBackend } from "./mod.ts";

const USERS = {
  ...{ lookedUp: true, knowsPasswords: false },
  prepare: (name: string) => name,
  user: () => Promise.resolve(undefined),
};

Deno.test("keytab and srvtab, services and realms", () => {
  const sasl = {
    mechanisms: ["GSSAPI", "KERBEROS_V4", "OTP", "SKEY"],
    gssapi: {
      keytab: "/etc/krb5.keytab",
      service: ["imap", "pop"],
      hostname: "mail.example.com",
      realms: ["EXAMPLE.COM"],
      library: "/opt/lib/libgssapi_krb5.so.2",
    },
    kerberosV4: {
      srvtab: "/etc/srvtab",
      service: "imap",
      instance: "mail",
      realms: ["EXAMPLE.COM"],
    },
  };
  assertEquals(
    parseConfig(JSON.stringify({ sasl }), "x.yaml").sasl,
    sasl as SaslOptions,
  );
  assertEquals(parseConfig("sasl: { gssapi: {} }", "x.yaml").sasl, {
    gssapi: {},
  });
});

for (
  const [source, message] of [
    ["{gssapi: true}", "sasl.gssapi: Expected a mapping"],
    ["{gssapi: {keytab: 7}}", "sasl.gssapi.keytab: Expected text"],
    ["{gssapi: {service: 7}}", "Expected a name or a list of names"],
    ["{gssapi: {realms: X}}", "Expected a list of names"],
    ["{gssapi: {realm: X}}", "sasl.gssapi.realm: There is no such key"],
    ["{kerberosV4: {}}", "sasl.kerberosV4.srvtab: Expected text"],
    ["{otp: {}}", "sasl.otp: There is no such key"],
  ] as const
) {
  Deno.test(`${source} is refused`, () => {
    assertThrows(
      () => parseConfig(`sasl: ${source}`, "x.yaml"),
      Error,
      message,
    );
  });
}

Deno.test("paths are relative to the folder of the file, keytabs of another type are not", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = join(folder, "imapd.yaml");
    const read = async (sasl: SaslOptions) => {
      await Deno.writeTextFile(path, JSON.stringify({ sasl }));
      return (await readConfig(path)).sasl;
    };
    assertEquals(
      await read({
        gssapi: { keytab: "imapd.keytab" },
        kerberosV4: { srvtab: "srvtab" },
      }),
      {
        gssapi: { keytab: join(folder, "imapd.keytab") },
        kerberosV4: { srvtab: join(folder, "srvtab") },
      },
    );
    for (const keytab of ["/etc/krb5.keytab", "FILE:krb5.keytab", "MEMORY:x"]) {
      assertEquals(await read({ gssapi: { keytab } }), { gssapi: { keytab } });
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("the sample shows settings that can be", () => {
  const lines = sampleConfig().split("\n");
  const start = lines.indexOf("# sasl:");
  const end = lines.indexOf("", start);
  const source = lines.slice(start, end).map((line) => line.slice(2)).join(
    "\n",
  );
  const { sasl } = parseConfig(source, "sample.yaml");
  assertEquals(sasl?.gssapi?.keytab, "/etc/krb5.keytab");
  assertEquals(sasl?.kerberosV4, { srvtab: "/etc/srvtab" });
});

Deno.test("KERBEROS_V4 is on where its keys are given, OTP and S/KEY where they are named", () => {
  const path = Deno.makeTempFileSync();
  try {
    const names = new TextEncoder().encode("imap\0mail\0TEST\0");
    Deno.writeFileSync(path, Uint8Array.of(...names, 1, ...new Uint8Array(8)));
    const otp = {
      get: () => Promise.resolve(undefined),
      compareAndSet: () => Promise.resolve(false),
    };
    const options = { kerberosV4: { srvtab: path }, otp };
    const given = saslBackend(options, USERS);
    assertEquals(given.mechanisms.has("KERBEROS_V4"), true);
    assertEquals(given.kerberosV4?.find("TEST", 1).length, 1);
    assertEquals(given.mechanisms.has("OTP"), false);
    assertEquals(given.mechanisms.has("SKEY"), false);
    const mechanisms = ["otp", "SKEY"];
    const named = saslBackend({ ...options, mechanisms }, USERS);
    assertEquals([...named.mechanisms], ["OTP", "SKEY"]);
    const decided = saslBackend(options, { ...USERS, lookedUp: false });
    assertEquals([decided.otp, decided.kerberosV4], [undefined, undefined]);
    const none = saslBackend({}, USERS);
    assertEquals(
      [none.otp, none.kerberosV4, none.gssapi],
      [undefined, undefined, undefined],
    );
  } finally {
    Deno.removeSync(path);
  }
});
