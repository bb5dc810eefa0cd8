import { assertEquals } from "@std/assert";
import { parseMessage } from "./parse.ts";
import { type SectionKind, sectionRange } from "./section.ts";

/** The message that RFC 9051 § 6.4.5.1 numbers the parts of; each body is its own part number. */
const EXAMPLE = [
  "Subject: root",
  "Content-Type: multipart/mixed; boundary=m",
  "",
  "--m",
  "",
  "1",
  "--m",
  "Content-Type: application/octet-stream",
  "",
  "2",
  "--m",
  "Content-Type: message/rfc822",
  "",
  "Subject: 3",
  "Content-Type: multipart/mixed; boundary=n",
  "",
  "--n",
  "",
  "3.1",
  "--n",
  "Content-Type: application/octet-stream",
  "",
  "3.2",
  "--n--",
  "--m",
  "Content-Type: multipart/mixed; boundary=o",
  "",
  "--o",
  "Content-Type: image/gif",
  "",
  "4.1",
  "--o",
  "Content-Type: message/rfc822",
  "",
  "Subject: 4.2",
  "Content-Type: multipart/mixed; boundary=p",
  "",
  "--p",
  "",
  "4.2.1",
  "--p",
  "Content-Type: multipart/alternative; boundary=q",
  "",
  "--q",
  "",
  "4.2.2.1",
  "--q",
  "Content-Type: text/richtext",
  "",
  "4.2.2.2",
  "--q--",
  "--p--",
  "--o--",
  "--m--",
  "",
].join("\r\n");

function section(
  text: string,
  numbers: string,
  kind: SectionKind = "",
): string | undefined {
  const bytes = new TextEncoder().encode(text);
  const path = numbers === "" ? [] : numbers.split(".").map(Number);
  const range = sectionRange(parseMessage(bytes), path, kind);
  return range && text.slice(range.start, range.end);
}

Deno.test("the parts of the example in RFC 9051", () => {
  for (
    const leaf of ["1", "2", "3.1", "3.2", "4.1", "4.2.1", "4.2.2.1", "4.2.2.2"]
  ) assertEquals(section(EXAMPLE, leaf), leaf);
  assertEquals(section(EXAMPLE, ""), EXAMPLE);
  for (
    const none of ["0", "5", "1.1", "3.3", "3.1.1", "4.2.2.3", "4.2.2.2.1"]
  ) {
    for (const kind of ["", "HEADER", "TEXT", "MIME"] as const) {
      assertEquals(section(EXAMPLE, none, kind), undefined);
    }
  }
});

Deno.test("HEADER, TEXT and MIME", () => {
  assertEquals(
    section(EXAMPLE, "", "HEADER"),
    "Subject: root\r\nContent-Type: multipart/mixed; boundary=m\r\n\r\n",
  );
  assertEquals(
    section(EXAMPLE, "", "TEXT"),
    EXAMPLE.slice(EXAMPLE.indexOf("--m")),
  );
  assertEquals(section(EXAMPLE, "", "MIME"), undefined);
  assertEquals(
    section(EXAMPLE, "3", "HEADER"),
    "Subject: 3\r\nContent-Type: multipart/mixed; boundary=n\r\n\r\n",
  );
  assertEquals(
    section(EXAMPLE, "3", "TEXT"),
    EXAMPLE.slice(EXAMPLE.indexOf("--n"), EXAMPLE.indexOf("--n--") + 5),
  );
  assertEquals(
    section(EXAMPLE, "3"),
    section(EXAMPLE, "3", "HEADER")! + section(EXAMPLE, "3", "TEXT"),
  );
  assertEquals(
    section(EXAMPLE, "4.2.2", "MIME"),
    "Content-Type: multipart/alternative; boundary=q\r\n\r\n",
  );
  assertEquals(
    section(EXAMPLE, "4.2", "MIME"),
    "Content-Type: message/rfc822\r\n\r\n",
  );
  for (const number of ["1", "2", "4", "4.2.2", "4.2.2.1"]) {
    assertEquals(section(EXAMPLE, number, "HEADER"), undefined);
    assertEquals(section(EXAMPLE, number, "TEXT"), undefined);
  }
});

Deno.test("a message that is no multipart is its own part 1", () => {
  const text = "Subject: x\r\n\r\nbody";
  assertEquals(section(text, "1"), "body");
  assertEquals(section(text, "1", "MIME"), "Subject: x\r\n\r\n");
  for (
    const [numbers, kind] of [["2", ""], ["1.1", ""], ["1", "TEXT"]] as const
  ) {
    assertEquals(section(text, numbers, kind), undefined);
  }
});

Deno.test("messages within messages", () => {
  const text = "A: 1\r\nContent-Type: message/rfc822\r\n\r\n" +
    "B: 2\r\nContent-Type: message/rfc822\r\n\r\nC: 3\r\n\r\nbody";
  assertEquals(section(text, "1"), text.slice(text.indexOf("B:")));
  assertEquals(section(text, "1", "HEADER")?.slice(0, 4), "B: 2");
  assertEquals(section(text, "1.1"), "C: 3\r\n\r\nbody");
  assertEquals(section(text, "1.1", "HEADER"), "C: 3\r\n\r\n");
  assertEquals(section(text, "1.1.1"), "body");
  assertEquals(section(text, "1.1.1", "MIME"), "C: 3\r\n\r\n");
  assertEquals(section(text, "1.1.1.1"), undefined);
});
