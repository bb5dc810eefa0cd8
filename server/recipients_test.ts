import { assertEquals } from "@std/assert";
import type { DeliveryTarget } from "../protocol/host.ts";
import { type DeliveryOptions, Recipients } from "./recipients.ts";

const USERS = new Set(["alice", "bob", "carol@example.com", "x+y"]);

/** Where mail for an address goes, as `user:mailbox`. */
async function find(
  address: string,
  options: DeliveryOptions = {},
): Promise<string[] | undefined> {
  const recipients = new Recipients(
    options,
    (name) => Promise.resolve(USERS.has(name) ? name : undefined),
  );
  const [localPart = "", domain] = address.split("@");
  const targets: readonly DeliveryTarget[] | undefined = await recipients
    .find({ localPart, domain });
  return targets?.map(({ user, mailbox }) => `${user}:${mailbox}`);
}

Deno.test("a user by the part before the @, or by the whole address", async () => {
  assertEquals(await find("alice@example.org"), ["alice:INBOX"]);
  assertEquals(await find("alice"), ["alice:INBOX"]);
  assertEquals(await find("carol@example.com"), ["carol@example.com:INBOX"]);
  assertEquals(await find("carol@example.org"), undefined);
  assertEquals(await find("nobody@example.com"), undefined);
});

Deno.test("a subaddress names a mailbox", async () => {
  assertEquals(await find("alice+lists/deno@a"), ["alice:lists/deno"]);
  assertEquals(await find("alice+@a"), ["alice:INBOX"]);
  assertEquals(await find("alice+a+b@a"), ["alice:a+b"]);
  assertEquals(await find("x+y@a"), ["x+y:INBOX"]);
  assertEquals(await find("+lists@a"), undefined);
  assertEquals(await find("carol+z@example.com"), ["carol@example.com:z"]);
  const dash = { subaddressDelimiter: "-" };
  assertEquals(await find("alice-lists@a", dash), ["alice:lists"]);
  assertEquals(await find("alice+lists@a", dash), undefined);
  const none = { subaddressDelimiter: "" };
  assertEquals(await find("alice+lists@a", none), undefined);
});

Deno.test("aliases stand for users, addresses and one another", async () => {
  const aliases = {
    Postmaster: "alice",
    sales: ["alice", "bob", "alice"],
    "info@example.com": "sales@example.org",
    loop: "loop2",
    loop2: "loop",
    gone: "nobody",
    news: "bob+news",
  };
  assertEquals(await find("POSTMASTER@a", { aliases }), ["alice:INBOX"]);
  assertEquals(await find("postmaster+x@a", { aliases }), ["alice:x"]);
  const both = ["alice:INBOX", "bob:INBOX"];
  assertEquals(await find("info@example.com", { aliases }), both);
  assertEquals(await find("info@example.org", { aliases }), undefined);
  assertEquals(await find("loop", { aliases }), undefined);
  assertEquals(await find("gone", { aliases }), undefined);
  assertEquals(await find("news", { aliases }), ["bob:news"]);
});

Deno.test("aliases that multiply come to an end", async () => {
  const aliases = Object.fromEntries(
    Array.from({ length: 30 }, (_, index) => [
      `a${index}`,
      Array.from({ length: 30 }, (_, other) => `a${other}`),
    ]),
  );
  assertEquals(await find("a1", { aliases }), undefined);
});

Deno.test("domains, and whoever gets the rest", async () => {
  const options = { domains: ["Example.com"], catchAll: "bob" };
  assertEquals(await find("alice@example.com", options), ["alice:INBOX"]);
  assertEquals(await find("nobody@example.com", options), ["bob:INBOX"]);
  assertEquals(await find("alice@example.org", options), undefined);
});
