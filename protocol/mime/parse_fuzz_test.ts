import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { checkInvariants } from "./invariants_testing.ts";
import { parseMessage, type Part } from "./parse.ts";
import { rounds } from "../../tests/shards/part.ts";

const encoder = new TextEncoder();

Deno.test("hostile messages stay bounded", () => {
  const nested = (depth: number, open: (level: number) => string) =>
    Array.from({ length: depth }, (_, level) => open(level)).join("");
  const header = (boundary: string) =>
    `Content-Type: multipart/mixed; boundary="${boundary}"\n\n--${boundary}\n`;
  const messages = [
    "Content-Type: multipart/mixed; boundary=a\n\n" +
    "--a\n\nx\n".repeat(100_000),
    nested(2_000, (level) => header(`b${level}`)) + "\nx\n--b7\n\n--b1999--\n",
    nested(2_000, (level) => header("x".repeat(level % 90 + 1))) +
    `${"x".repeat(99)}\n`.repeat(10_000),
    nested(2_000, () => header("same")) + "--same--\n".repeat(2_000),
    "Content-Type: message/rfc822\n\n".repeat(2_000) + "\nx",
    "Content-Type: text/plain" +
    nested(50_000, (level) => `;\n p*${level}=x`) + "\n\n",
    "Content-Type: text/plain" +
    nested(50_000, (level) => `; p*${49_999 - level}*=%`) + "\n\n",
    "X: y\n".repeat(500_000) + "\n",
    "Content-Type: a/b\n".repeat(100_000) + "\n",
    "Content-Type: " + "(".repeat(1_000_000) + "\n\n",
    "Content-Type: text/plain;" + '"'.repeat(100_001) + "\n\n",
    "Content-Type: multipart/mixed; boundary=" + "-".repeat(60_000) + "\n\n" +
    "-".repeat(1_000_000),
    `Subject: ${"x".repeat(5_000_000)}`,
    " ".repeat(1_000_000),
    "\n".repeat(1_000_000),
  ];
  for (const text of messages) {
    const bytes = encoder.encode(text);
    const root = parseMessage(bytes);
    checkInvariants(bytes, root);
    assert(JSON.stringify(root).length < 5_000_000);
  }
});

Deno.test("any message keeps the invariants", () => {
  const line = fc.constantFrom(
    "--a",
    "--ab",
    "--b--",
    "--a--",
    "--",
    "----",
    "",
    "",
    " ",
    "text",
    "Content-Type: multipart/mixed; boundary=a",
    'Content-Type: multipart/digest; boundary="ab"',
    "Content-Type: multipart/alternative;",
    '\tboundary="b"',
    'Content-Type: multipart/x; boundary=""',
    "Content-Type: message/rfc822",
    "Content-Transfer-Encoding: base64",
    "Subject: x",
    "\0\xff",
  );
  const end = fc.constantFrom("\r\n", "\r\n", "\n", "\r");
  const lines = fc.array(fc.tuple(line, end), { maxLength: 40 });
  fc.assert(
    fc.property(lines, fc.nat(), (parts, cut) => {
      const whole = Uint8Array.from(
        parts.map(([text, ending]) => text + ending).join(""),
        (char) => char.charCodeAt(0),
      );
      checkInvariants(whole, parseMessage(whole));
      const limits = { maxParts: 3, maxDepth: 2, maxHeaderFields: 2 };
      checkInvariants(whole, parseMessage(whole, limits));
      const start = whole.subarray(0, cut % (whole.length + 1));
      checkInvariants(start, parseMessage(start));
    }),
    { numRuns: rounds(2_000) },
  );
});

Deno.test("a generated tree comes back as it was", () => {
  interface Tree {
    readonly text?: string;
    readonly parts?: readonly Tree[];
    readonly message?: Tree;
  }
  const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4 },
      fc.record({
        text: fc.stringMatching(/^[a-z -]{0,9}(\r\n[a-z-]{0,9}){0,3}$/),
      }),
      fc.record({
        parts: fc.array(tie("tree"), { minLength: 1, maxLength: 4 }),
      }),
      fc.record({ message: tie("tree") }),
    ),
  }));
  let boundaries = 0;
  const write = (node: Tree): string => {
    if (node.text !== undefined) return `X: y\r\n\r\n${node.text}`;
    if (node.message !== undefined) {
      return `Content-Type: message/rfc822\r\n\r\n${write(node.message)}`;
    }
    const boundary = `=_${boundaries++}_`;
    return `Content-Type: multipart/mixed; boundary="${boundary}"\r\n\r\n` +
      node.parts!.map((part) => `--${boundary}\r\n${write(part)}\r\n`).join(
        "",
      ) +
      `--${boundary}--`;
  };
  const read = (text: string, part: Part): Tree => {
    if (part.message !== null) return { message: read(text, part.message) };
    if (part.type === "MULTIPART") {
      return { parts: part.children.map((child) => read(text, child)) };
    }
    return { text: text.slice(part.bodyStart, part.bodyEnd) };
  };
  fc.assert(fc.property(tree, (node) => {
    const text = write(node);
    assertEquals(read(text, parseMessage(encoder.encode(text))), node);
  }));
});
