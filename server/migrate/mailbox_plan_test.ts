import { assertEquals } from "@std/assert";
import type { MailboxId, MailboxInfo } from "../../storage/model.ts";
import {
  nameOf,
  planMailboxes,
  type PlanOptions,
  type SourceMailbox,
} from "./mailbox_plan.ts";

function source(
  path: string,
  more: Partial<SourceMailbox> = {},
): SourceMailbox {
  return {
    path,
    delimiter: "/",
    flags: new Set(),
    subscribed: false,
    ...more,
  };
}

function used(path: string, specialUse: string, by: "extension" | "name") {
  const flags = new Set(by === "extension" ? [specialUse] : []);
  return source(path, { specialUse, specialUseSource: by, flags });
}

function here(name: string, ...specialUse: string[]): MailboxInfo {
  return {
    name,
    id: 1 as MailboxId,
    uidValidity: 1,
    specialUse,
    subscribed: false,
    hasChildren: false,
  };
}

function places(
  listed: readonly SourceMailbox[],
  options: Partial<PlanOptions> = {},
): Record<string, string> {
  const { mailboxes } = planMailboxes(listed, {
    prefix: "",
    foreign: [],
    delimiter: "/",
    local: [],
    before: new Map(),
    isExcluded: () => false,
    ...options,
  });
  return Object.fromEntries(mailboxes.map(({ path, name }) => [path, name]));
}

Deno.test("names keep their levels, and lose what no name has here", () => {
  const cases: [path: string, delimiter: string, prefix: string, to: string][] =
    [
      ["a.b.c", ".", "", "a/b/c"],
      ["a/b.c", ".", "", "a_b/c"],
      ["INBOX.Work.x", ".", "INBOX.", "Work/x"],
      ["INBOX.", ".", "INBOX.", "INBOX"],
      ["inbox/x", "/", "", "INBOX/x"],
      ["a//b/", "/", "", "a/b"],
      ["a/../.", "/", "", "a/__/_"],
      [" a /b\tc", "/", "", "a/b_c"],
      ["\ud800", "/", "", "\ufffd"],
      ["u\u0308", "", "", "ü"],
      ["/", "/", "", "_"],
    ];
  for (const [path, delimiter, prefix, to] of cases) {
    assertEquals(nameOf({ path, delimiter }, { prefix, delimiter: "/" }), to);
  }
});

Deno.test("a special use goes to the mailbox of that use", () => {
  const listed = [
    source("inbox"),
    used("Spam", "\\Junk", "extension"),
    used("Sent Mail", "\\Sent", "extension"),
    source("Junk"),
  ];
  assertEquals(places(listed, { local: [here("Junk", "\\junk")] }), {
    inbox: "INBOX",
    Junk: "Junk (2)",
    "Sent Mail": "Sent Mail",
    Spam: "Junk",
  });
});

Deno.test("names stand for uses only where the server says none", () => {
  const local = [here("Rubbish", "\\Trash")];
  const byName = used("Papierkorb", "\\Trash", "name");
  assertEquals(places([byName], { local }), { Papierkorb: "Rubbish" });
  assertEquals(
    places([byName, used("Sent", "\\Sent", "extension")], { local }),
    { Papierkorb: "Papierkorb", Sent: "Sent" },
  );
});

Deno.test("mailboxes go where they went before", () => {
  const listed = [source("a"), source("b")];
  assertEquals(places(listed, { before: new Map([["b", "a"]]) }), {
    a: "a (2)",
    b: "a",
  });
});

Deno.test("mere names, mailboxes of others, views and the excluded are left out", () => {
  const listed = [
    source("INBOX"),
    source("x", { flags: new Set(["\\NoSelect"]) }),
    source("user/bob"),
    source("Shared/all"),
    used("All", "\\All", "extension"),
    used("Starred", "\\Flagged", "name"),
    source("Old"),
  ];
  const options = {
    foreign: ["user/", "Shared/", ""],
    isExcluded: ({ path }: SourceMailbox) => path === "Old",
  };
  assertEquals(Object.keys(places(listed, options)), ["INBOX", "Starred"]);
  const isNamed = ({ path }: SourceMailbox) => path === "All";
  assertEquals(Object.keys(places(listed, { ...options, isNamed })), ["All"]);
});
