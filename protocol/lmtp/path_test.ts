import { assertEquals } from "@std/assert";
import { isDomain, type Path, readPath, shown } from "./path.ts";

const PATHS: readonly [text: string, path: Path][] = [
  ["<>", { address: "", localPart: "", domain: undefined }],
  ["<bob>", { address: "bob", localPart: "bob", domain: undefined }],
  [
    "<Bob.Smith+x@Mail.Example>",
    {
      address: "Bob.Smith+x@Mail.Example",
      localPart: "Bob.Smith+x",
      domain: "mail.example",
    },
  ],
  [
    '<"Joe\\,Smith \\"x\\" <y>"@b.example>',
    {
      address: '"Joe\\,Smith \\"x\\" <y>"@b.example',
      localPart: 'Joe,Smith "x" <y>',
      domain: "b.example",
    },
  ],
  [
    "<@hosta.int,@jkl.org:userc@d.bar.org>",
    { address: "userc@d.bar.org", localPart: "userc", domain: "d.bar.org" },
  ],
  [
    "<a@[192.0.2.1]>",
    { address: "a@[192.0.2.1]", localPart: "a", domain: "[192.0.2.1]" },
  ],
  [
    "<a@[IPv6:2001:DB8::1]>",
    {
      address: "a@[IPv6:2001:DB8::1]",
      localPart: "a",
      domain: "[ipv6:2001:db8::1]",
    },
  ],
  [
    "<a@[x-net:node.7]>",
    { address: "a@[x-net:node.7]", localPart: "a", domain: "[x-net:node.7]" },
  ],
  [
    "<a@under_score.example>",
    {
      address: "a@under_score.example",
      localPart: "a",
      domain: "under_score.example",
    },
  ],
  [
    "<用户@例え.example>",
    { address: "用户@例え.example", localPart: "用户", domain: "例え.example" },
  ],
  [
    "<😀@b.example>",
    { address: "😀@b.example", localPart: "😀", domain: "b.example" },
  ],
];

for (const [text, path] of PATHS) {
  Deno.test(`readPath() reads ${text}`, () => {
    assertEquals(readPath(text), { path, rest: "" });
    assertEquals(readPath(text + " SIZE=1"), { path, rest: " SIZE=1" });
  });
}

for (
  const text of [
    "",
    "<",
    "a@b.example",
    " <a@b.example>",
    "<a b@c.example>",
    "<a..b@c.example>",
    "<a.@c.example>",
    '<"a"b@c.example>',
    '<"a\tb"@c.example>',
    "<a@b.example.>",
    "<a@b-.example>",
    "<a@[]>",
    "<a@[1.2.3.256]>",
    "<a@[1.2.3.4.5]>",
    "<a@[IPv6:1::2::3]>",
    "<a@[IPv6:12345::]>",
    "<a@[IPv6:fe80::1%25eth0]>",
    "<a@[nothing]>",
    "<@b.example:>",
    "<b.example:a@c.example>",
    "<a\u0085b@c.example>",
    "<a\u2028b@c.example>",
    "<a\ufffdb@c.example>",
    `<${"a".repeat(511)}>`,
  ]
) {
  Deno.test(`readPath() finds none in ${JSON.stringify(text).slice(0, 40)}`, () => {
    assertEquals(readPath(text), undefined);
  });
}

Deno.test("isDomain() takes domains and address literals of ASCII", () => {
  for (const text of ["localhost", "a.b-c.example", "[::1]", "[IPv6:::1]"]) {
    assertEquals(isDomain(text), text !== "[::1]", text);
  }
  for (const text of ["", "a b", "a..b", "bücher.example", "a".repeat(256)]) {
    assertEquals(isDomain(text), false, text);
  }
});

Deno.test("shown() cuts what is long", () => {
  const path = { localPart: "", domain: undefined };
  assertEquals(shown({ ...path, address: "a@b" }), "<a@b>");
  const long = shown({ ...path, address: "a".repeat(500) });
  assertEquals(long, `<${"a".repeat(256)}...>`);
});
