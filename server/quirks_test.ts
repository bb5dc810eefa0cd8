import { assertEquals, assertThrows } from "@std/assert";
import { policyOf, type Quirk } from "./quirks.ts";
import { serve } from "./serve.ts";

function hiddenFrom(
  quirks: readonly Quirk[],
  remote: string,
  id?: Record<string, string | null>,
): string[] {
  const facts = { remote, ...(id && { id: new Map(Object.entries(id)) }) };
  return [...policyOf(quirks)(facts)?.hidden ?? []];
}

Deno.test("a rule matches what a client says of itself", () => {
  const quirks: Quirk[] = [
    { match: { id: { Name: "*outlook*", version: /^16\./g } }, hide: ["idle"] },
  ];
  const from = "192.0.2.1:5";
  const outlook = { name: "Microsoft Outlook", version: "16.1" };
  assertEquals(hiddenFrom(quirks, from, outlook), ["IDLE"]);
  assertEquals(hiddenFrom(quirks, from, outlook), ["IDLE"]);
  assertEquals(hiddenFrom(quirks, from, { ...outlook, version: "15" }), []);
  assertEquals(hiddenFrom(quirks, from, { name: "Microsoft Outlook" }), []);
  assertEquals(hiddenFrom(quirks, from, { name: null, version: "16.0" }), []);
  assertEquals(hiddenFrom(quirks, from), []);
});

Deno.test("a text matches the whole value, and nothing in it is special", () => {
  const quirks: Quirk[] = [{ match: { id: { name: "a.b*" } }, hide: ["ID"] }];
  assertEquals(hiddenFrom(quirks, "192.0.2.1:5", { name: "A.Bc\n" }), ["ID"]);
  assertEquals(hiddenFrom(quirks, "192.0.2.1:5", { name: "aab" }), []);
  assertEquals(hiddenFrom(quirks, "192.0.2.1:5", { name: "xa.b" }), []);
});

Deno.test("a rule matches an address or a network", () => {
  const of = (address: string): Quirk[] => [
    { match: { address }, hide: ["ID"] },
  ];
  assertEquals(hiddenFrom(of("192.0.2.1"), "192.0.2.1:143"), ["ID"]);
  assertEquals(hiddenFrom(of("192.0.2.1"), "192.0.2.10:143"), []);
  assertEquals(hiddenFrom(of("192.0.2.0/24"), "192.0.2.77:1"), ["ID"]);
  assertEquals(hiddenFrom(of("192.0.2.0/24"), "192.0.3.1:1"), []);
  assertEquals(hiddenFrom(of("2001:db8::/32"), "[2001:db8:1::5]:9"), ["ID"]);
  assertEquals(hiddenFrom(of("2001:db8::/32"), "[2001:db9::5]:9"), []);
  assertEquals(hiddenFrom(of("2001:db8::/32"), "192.0.2.1:9"), []);
});

Deno.test("what is hidden adds up, of the rest the last rule counts", () => {
  const policy = policyOf([
    { match: {}, hide: ["IDLE"], keepAlive: 1000, specialUse: false },
    { match: { address: "192.0.2.1" }, hide: ["move"], keepAlive: 2000 },
    { match: { address: "192.0.2.2" }, hide: ["ID"] },
  ]);
  assertEquals(policy({ remote: "192.0.2.1:1" }), {
    hidden: new Set(["IDLE", "MOVE"]),
    keepAlive: 2000,
    specialUse: false,
  });
  assertEquals(policyOf([])({ remote: "192.0.2.1:1" }), undefined);
});

Deno.test("rules that cannot be are refused at once", () => {
  for (const address of ["here", "192.0.2.0/33", "192.0.2.0/", "::/129", ""]) {
    assertThrows(() => policyOf([{ match: { address } }]), TypeError);
  }
  for (const keepAlive of [0, -1, NaN, Infinity]) {
    assertThrows(() => policyOf([{ match: {}, keepAlive }]), TypeError);
  }
});

Deno.test("quirks change while the server runs", async () => {
  const greeting = async () => {
    using conn = await Deno.connect({ port: server.addr.port });
    const buffer = new Uint8Array(1024);
    const count = await conn.read(buffer);
    return new TextDecoder().decode(buffer.subarray(0, count ?? 0));
  };
  const quiet: Quirk = { match: {}, capabilitiesUnasked: false };
  await using server = serve({ port: 0, quirks: [quiet], onListen() {} });
  assertEquals(await greeting(), "* OK imapd ready\r\n");
  server.reload({ quirks: [{ ...quiet, greeting: "hello" }] });
  assertEquals(await greeting(), "* OK hello\r\n");
  const wrong = [{ match: { address: "nowhere" } }];
  assertThrows(() => server.reload({ quirks: wrong }), TypeError, "nowhere");
  server.reload({ limits: {} });
  assertEquals(await greeting(), "* OK hello\r\n");
  server.reload({ quirks: [] });
  assertEquals((await greeting()).includes("CAPABILITY"), true);
});
