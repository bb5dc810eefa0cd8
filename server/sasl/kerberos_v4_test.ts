import { assertEquals, assertThrows } from "@std/assert";
import { kerberosV4Keys, parseSrvtab } from "./kerberos_v4.ts";

const encoder = new TextEncoder();

/** A srvtab of entries `service.instance@realm version`. */
function srvtab(...entries: readonly string[]): Uint8Array {
  return Uint8Array.from(entries.flatMap((entry, index) => {
    const [, service, instance, realm, version] = /^(.*)\.(.*)@(.*) (\d+)$/
      .exec(entry) as unknown as string[];
    const text = `${service}\0${instance}\0${realm}\0`;
    const key = Array<number>(8).fill(index);
    return [...encoder.encode(text), Number(version), ...key];
  }));
}

function withFile(bytes: Uint8Array, body: (path: string) => void): void {
  const path = Deno.makeTempFileSync();
  try {
    Deno.writeFileSync(path, bytes);
    body(path);
  } finally {
    Deno.removeSync(path);
  }
}

Deno.test("keys are found by realm and version, 0 for any", () => {
  const file = srvtab(
    "imap.mail@TEST 1",
    "imap.mail@TEST 2",
    "pop.mail@TEST 2",
    "imap.other@TEST 2",
    "rcmd.mail@TEST 2",
    "imap.mail@ELSEWHERE 1",
  );
  withFile(file, (path) => {
    const found = (
      realm: string,
      version: number,
      options: { service?: string; instance?: string } = {},
    ) =>
      kerberosV4Keys({ srvtab: path, ...options }).find(realm, version)
        .map(({ key }) => key[0]);
    assertEquals(found("TEST", 1), [0]);
    assertEquals(found("TEST", 2), [1, 2, 3]);
    assertEquals(found("TEST", 0), [0, 1, 2, 3]);
    assertEquals(found("ELSEWHERE", 0), [5]);
    assertEquals(found("NOWHERE", 0), []);
    assertEquals(found("TEST", 0, { service: "pop" }), [2]);
    assertEquals(found("TEST", 0, { instance: "other" }), [3]);
    assertThrows(
      () => kerberosV4Keys({ srvtab: path, service: "smtp" }),
      TypeError,
      "has no key of smtp",
    );
  });
});

Deno.test("a file that is not there or no srvtab is refused", () => {
  assertThrows(
    () => kerberosV4Keys({ srvtab: "/nowhere/srvtab" }),
    TypeError,
    "The srvtab cannot be read",
  );
  const whole = srvtab("imap.mail@TEST 1");
  for (let end = 1; end < whole.length; end++) {
    assertThrows(() => parseSrvtab(whole.subarray(0, end)), TypeError);
  }
  assertThrows(() => parseSrvtab(new Uint8Array(65_537)), TypeError);
  withFile(new Uint8Array(0), (path) => {
    assertThrows(() => kerberosV4Keys({ srvtab: path }), TypeError);
  });
});
