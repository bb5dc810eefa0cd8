import { assertEquals, assertNotEquals } from "@std/assert";
import {
  fileName,
  maildirName,
  unescapeMaildirLevel,
  UniqueNames,
} from "./file_names.ts";

Deno.test("levels become names that every file system takes", () => {
  const names: readonly [level: string, name: string][] = [
    ["Sent", "Sent"],
    ["Grüße & mehr", "Grüße & mehr"],
    ["a/b\\c", "a%2Fb%5Cc"],
    [".hidden", "%2Ehidden"],
    ["end.", "end%2E"],
    ["100%", "100%25"],
    ["index.jsonl", "index%2Ejsonl"],
    ["old.mbox", "old%2Embox"],
    ["example.org", "example.org"],
    ["con", "%63on"],
    ["NUL.txt", "%4EUL.txt"],
    ["console", "console"],
  ];
  for (const [level, name] of names) assertEquals(fileName(level), name);
  const long = fileName("ü".repeat(300));
  assertEquals(new TextEncoder().encode(long).length <= 200, true);
  assertNotEquals(long, fileName("ü".repeat(301)));
});

Deno.test("a Maildir++ keeps dots and slashes of levels apart from its own", () => {
  assertEquals(maildirName(["Sent", "2003"]), ".Sent.2003");
  assertEquals(maildirName(["Ärger"]), ".&AMQ-rger");
  const name = maildirName(["example.org", "a/b\\c"]);
  assertEquals(name, ".example\\2eorg.a\\2fb\\5cc");
  assertEquals(
    name.slice(1).split(".").map(unescapeMaildirLevel),
    ["example.org", "a/b\\c"],
  );
  assertEquals(unescapeMaildirLevel("C:\\2d"), "C:\\2d");
});

Deno.test("two mailboxes never share a file, whatever the file system thinks of case", () => {
  const names = new UniqueNames();
  assertEquals(names.take("Sent", ".mbox", "Sent"), "Sent.mbox");
  const other = names.take("sent", ".mbox", "sent");
  assertEquals(/^sent~[0-9a-f]{16}\.mbox$/.test(other), true);
  assertEquals(names.take("Sent", "", "Sent"), "Sent");
});
