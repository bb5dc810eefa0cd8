import { assertEquals } from "@std/assert";
import { messageIds } from "./message_id.ts";

Deno.test("Message IDs of a field", () => {
  const values: [string, ...string[]][] = [
    [""],
    ["<a@b>", "a@b"],
    ["<a@b><c@d>", "a@b", "c@d"],
    ["<a@b>\t <c@d> (comment)", "a@b", "c@d"],
    ['Your message of "Fri, 06 Jul 2001" <a@b>', "a@b"],
    ["Joe <joe> <a@b>", "a@b"],
    ["<a@b"],
    ["<a@b <c@d>", "c@d"],
    ["<@b> <a@> <@> <>"],
    ["a@b"],
    ["<a:b=c/d@e>", "a:b=c/d@e"],
    ["<a b@c>", "ab@c"],
    ["<ä@b>", "ä@b"],
    ["<A@B> <a@b>", "A@B", "a@b"],
  ];
  for (const [value, ...ids] of values) {
    assertEquals(messageIds(value), ids, value);
  }
});

Deno.test("Message IDs differ by no quoting (RFC 5256 § 3)", () => {
  const same: [string, string][] = [
    ['<"01KF8JCEOCBS0045PS"@xxx.yyy.com>', "01KF8JCEOCBS0045PS@xxx.yyy.com"],
    ['<"a\\b"@c>', "ab@c"],
    ['<"a b"@c>', "a b@c"],
    ['<"a\\"b>"@c>', 'a"b>@c'],
    ['<a."b".c@d>', "a.b.c@d"],
    ["<a@[192.0.2.1]>", "a@[192.0.2.1]"],
    ["<a@[192.0.\\2.1]>", "a@[192.0.2.1]"],
    ["<a@[b>]>", "a@[b>]"],
    ['<"a<b@c>"@d>', "a<b@c>@d"],
  ];
  for (const [value, id] of same) assertEquals(messageIds(value), [id], value);
  for (const value of ['<"a@b>', "<a@[b>", '<""@b>', "<a\\b@c>", "<a@[[b]>"]) {
    assertEquals(messageIds(value), [], value);
  }
});

Deno.test("a Message ID is no longer than a line", () => {
  const id = (length: number) => "a".repeat(length - 2) + "@b";
  assertEquals(messageIds(`<${id(998)}>`), [id(998)]);
  assertEquals(messageIds(`<${id(999)}> <a@b>`), ["a@b"]);
  assertEquals(messageIds(`<"${"a".repeat(10_000)}"@b> <a@b>`), ["a@b"]);
  assertEquals(messageIds(`< ${id(999)}> <a@b>`), ["a@b"]);
});

Deno.test("hostile fields take no longer than others", () => {
  const pieces = ["<", '<"', '<"\\', "<[", "<a@", "<a ", '<"x', "<[x", "> <"];
  for (const piece of pieces) {
    messageIds(piece.repeat(32_768));
    messageIds(piece + " ".repeat(65_536));
    messageIds(piece + "<".repeat(65_536));
    messageIds(piece + "\\".repeat(65_536));
  }
});

Deno.test("what is behind brackets in brackets without end is not looked at", () => {
  assertEquals(messageIds("<x@[<y@]" + "<a@b>".repeat(10)).length, 10);
  const odd = "[<]".repeat(20_000);
  assertEquals(messageIds(`<a@b> ${odd} <c@d>`), ["a@b"]);
});
