/** The model client believes what is right, and refuses what breaks a law. */

import { assertEquals, assertThrows } from "@std/assert";
import { parseResponse } from "../../testing/responses/response.ts";
import {
  ClientModel,
  type Enabled,
} from "../../testing/sessions/client_model.ts";
import {
  append,
  expunge,
  fetch,
  type Sending,
  store,
  transfer,
} from "../../testing/sessions/commands.ts";
import {
  select,
  simple,
  status,
} from "../../testing/sessions/mailbox_commands.ts";
import {
  chooseSet,
  type MessageSet,
  type SetChoice,
} from "../../testing/sessions/message_set.ts";
import { search } from "../../testing/sessions/search_command.ts";
import { Violation, World } from "../../testing/sessions/world.ts";

/** A conversation with the model, in tags `t1`, `t2`, and so on. */
class Talk {
  readonly model: ClientModel;
  #tags = 0;

  constructor(
    readonly world: World = new World(),
    enabled: Enabled = {},
  ) {
    this.model = new ClientModel(world, enabled);
  }

  says(command: Sending): this {
    const tag = `t${++this.#tags}`;
    this.model.sends(tag, command);
    this.model.hasSent(tag);
    return this;
  }

  hears(...lines: string[]): this {
    for (const line of lines) this.model.hears(parseResponse(line, false));
    return this;
  }

  refuses(line: string, law: string): void {
    assertThrows(() => this.hears(line), Violation, law);
  }

  set(by: SetChoice["by"], from: number, more: number): MessageSet {
    return chooseSet(this.model, { by, from, more, form: "range" })!;
  }
}

/** A talk with a mailbox selected that has messages 2, 4 and 6. */
function selected(world?: World, readOnly = false): Talk {
  const talk = new Talk(world).says(select("a", readOnly)).hears(
    "* FLAGS (\\Seen \\Deleted k1)",
    "* 3 EXISTS",
    "* 0 RECENT",
    "* OK [UIDVALIDITY 9] Valid",
    "* OK [UIDNEXT 7] Next",
    `t1 OK [READ-${readOnly ? "ONLY" : "WRITE"}] Done`,
  );
  talk.says(fetch(talk.set("number", 0, 2), "(UID FLAGS RFC822.SIZE)"));
  for (const [index, uid] of [2, 4, 6].entries()) {
    const items = `UID ${uid} FLAGS () RFC822.SIZE 9`;
    talk.hears(`* ${index + 1} FETCH (${items})`);
  }
  return talk.hears("t2 OK Done");
}

function uids({ model }: Talk): (number | undefined)[] {
  return model.selection!.slots!.map((slot) => slot.uid);
}

Deno.test("EXPUNGE moves numbers, and comes only when it may", () => {
  const talk = selected();
  talk.refuses("* 1 EXPUNGE", "EXPUNGE during no command");
  talk.says(simple("NOOP")).hears("* 1 EXPUNGE", "* 2 EXPUNGE");
  assertEquals(uids(talk), [4]);
  talk.refuses("* 2 EXPUNGE", "Number 2 of 1 messages");
  talk.hears("t3 OK Done").says(fetch(talk.set("number", 0, 0), "BODY[]"));
  talk.says(simple("NOOP"));
  talk.refuses("* 1 EXPUNGE", "EXPUNGE during FETCH");
});

Deno.test("a command is not in progress before all of it is sent", () => {
  const talk = selected();
  talk.model.sends("t3", simple("APPEND"));
  talk.refuses("* 1 EXPUNGE", "EXPUNGE during APPEND");
});

Deno.test("EXISTS grows, and UIDs ascend and stay", () => {
  const talk = selected();
  talk.refuses("* 2 EXISTS", "EXISTS 2 after 3");
  talk.refuses("* 2 FETCH (UID 5)", "Number 2 is 4 and 5");
  talk.hears("* 5 EXISTS");
  talk.refuses("* 4 FETCH (UID 5)", "6 < 5");
  talk.hears("* 5 FETCH (UID 8)");
  talk.refuses("* 4 FETCH (UID 9)", "6 < 9 < 8");
  talk.refuses("* 6 FETCH (UID 9)", "Number 6 of 5");
});

Deno.test("a message that has come since is not below UIDNEXT", () => {
  const talk = selected().hears("* 4 EXISTS");
  const { selection } = talk.model;
  selection!.uidNext = 9;
  talk.refuses("* 4 FETCH (UID 8)", "UIDNEXT");
});

Deno.test("a message that has gone does not come back", () => {
  const world = new World();
  selected(world).says(simple("NOOP")).hears("* 2 EXPUNGE");
  assertThrows(() => selected(world), Violation, "UID 4 of 9 had gone before");
});

Deno.test("a message is recent in one session, and there always", () => {
  const world = new World();
  const talk = selected(world).hears("* 4 EXISTS", "* 1 RECENT");
  talk.hears("* 4 FETCH (UID 7 FLAGS (\\Recent))");
  talk.refuses("* 4 FETCH (FLAGS ())", "\\Recent has come or gone");
  talk.refuses("* 5 RECENT", "More are recent than exist");
  const other = selected(world).hears("* 4 EXISTS");
  other.refuses("* 4 FETCH (UID 7 FLAGS (\\Recent))", "in two sessions");
  const examining = selected(world, true).hears("* 4 EXISTS");
  examining.hears("* 4 FETCH (UID 7 FLAGS (\\Recent))");
  const modern = new Talk(world, { rev2: true }).says(select("a", false));
  modern.refuses("* 0 RECENT", "RECENT in IMAP4rev2");
});

Deno.test("UIDNEXT never goes down", () => {
  const items = (next: number) =>
    `* STATUS a (MESSAGES 1 UIDNEXT ${next} UIDVALIDITY 9 UNSEEN 0 DELETED 0 RECENT 0)`;
  const talk = selected().says(status("a")).hears(items(8), "t3 OK Done");
  talk.says(status("a")).refuses(items(7), "UIDNEXT 7 after 8");
});

Deno.test("answers come in the order of the commands", () => {
  const talk = selected().says(simple("NOOP")).says(simple("CHECK"));
  talk.refuses("t4 OK Done", "t4 is answered before t3");
  talk.refuses("t3 BAD What", "BAD to NOOP");
  talk.refuses("t3 NO [SERVERBUG] Oh", "NO [SERVERBUG] to NOOP");
});

Deno.test("FETCH answers for what it is asked, once, and all of it", () => {
  const talk = selected();
  talk.says(fetch(talk.set("number", 0, 1), "RFC822.SIZE"));
  talk.hears("* 1 FETCH (RFC822.SIZE 9)", "* 3 FETCH (FLAGS (\\Seen))");
  talk.refuses("* 1 FETCH (RFC822.SIZE 9)", "answered for twice");
  talk.refuses("* 3 FETCH (RFC822.SIZE 9)", "was not asked for");
  talk.refuses("t3 OK Done", "UID 4 is not answered for");
});

Deno.test("what is said to be gone is reported when it may be", () => {
  const talk = selected();
  talk.says(fetch(talk.set("number", 0, 1), "RFC822.SIZE"));
  talk.hears("* 1 FETCH (RFC822.SIZE 9)", "t3 NO [EXPUNGEISSUED] Some");
  talk.says(simple("NOOP")).refuses("t4 OK Done", "said to be gone");
  talk.hears("* 2 EXPUNGE", "t4 OK Done");
});

Deno.test("a message says the same under its number and its UID", () => {
  const world = new World();
  world.hasContent(9, 4, "m1");
  const talk = selected(world);
  const body = (token: string) =>
    `BODY[] {${token.length + 11}}\r\nSubject: ${token}\r\n`;
  talk.hears(`* 2 FETCH (${body("m1")})`);
  talk.refuses(`* 2 FETCH (${body("m2")})`, "m1 and m2");
});

Deno.test("the client works out what STORE.SILENT does", () => {
  const talk = selected();
  const choice = { mode: "+", flags: ["\\Seen", "k1"], silent: true } as const;
  talk.says(simple("NOOP")).says(store(talk.set("uid", 1, 1), choice));
  const flags = () => talk.model.selection!.slots!.map((s) => [...s.flags!]);
  talk.hears("* 2 FETCH (FLAGS (\\Deleted))");
  assertEquals(flags(), [[], ["\\deleted"], []]);
  talk.hears("t3 OK Done");
  assertEquals(flags(), [[], ["\\deleted", "\\seen", "k1"], ["\\seen", "k1"]]);
  talk.hears("* 3 FETCH (FLAGS ())", "t4 OK Done");
  assertEquals(flags()[2], []);
});

Deno.test("keywords are told before a message has them", () => {
  const talk = selected().says(simple("NOOP"));
  talk.refuses("* 1 FETCH (FLAGS (k1 k2))", "FLAGS has not told k2");
  talk.hears("* FLAGS (\\Seen k1 k2)", "* 1 FETCH (FLAGS (k1 k2))");
  talk.hears("t3 OK Done");
});

Deno.test("SEARCH finds what the client knows", () => {
  const plain = { key: "ALL", among: undefined, options: undefined };
  const talk = selected().says(search({ ...plain, uid: false }));
  talk.refuses("* SEARCH 1 4", "Number 4 of 3");
  talk.refuses("* SEARCH 3 1", "do not ascend");
  talk.hears("* SEARCH 1 3", "t3 OK Done");
  talk.says(simple("NOOP")).refuses("t4 OK Done", "said to be gone");
  talk.hears("* 2 EXPUNGE", "t4 OK Done");
  talk.says(search({ ...plain, uid: true }));
  talk.refuses("* SEARCH 2 5", "UID 5 is that of no message");
  talk.refuses('* ESEARCH (TAG "t5") UID ALL 2', "ESEARCH where SEARCH");
});

Deno.test("SORT finds what the client knows, in any order", () => {
  const choice = { key: "ALL", among: undefined, uid: false, sort: "(SIZE)" };
  const talk = selected().says(search({ ...choice, options: undefined }));
  talk.refuses("* SORT 1 4", "Number 4 of 3");
  talk.refuses("* SORT 3 1 3", "comes twice");
  talk.hears("* SORT 3 1", "t3 OK Done");
  talk.says(simple("NOOP")).hears("* 2 EXPUNGE", "t4 OK Done");
  talk.says(search({ ...choice, uid: true, options: ["ALL", "MAX", "SAVE"] }));
  const answer = (items: string) => `* ESEARCH (TAG "t5") UID ${items}`;
  talk.refuses("* SORT 6 2", "SORT where ESEARCH is due");
  talk.refuses(answer("ALL 6,2 MAX 6"), "MAX");
  talk.hears(answer("ALL 6,2 MAX 2"), "t5 OK Done");
});

Deno.test("ESEARCH agrees with itself, and $ is what it says", () => {
  const choice = { uid: true, key: "DELETED", among: undefined };
  const options = ["MIN", "ALL", "COUNT", "SAVE"] as const;
  const talk = selected().says(search({ ...choice, options: [...options] }));
  const answer = (items: string) => `* ESEARCH (TAG "t3") UID ${items}`;
  talk.refuses(answer("MIN 4 ALL 2,6 COUNT 2"), "MIN");
  talk.refuses(answer("MIN 2 ALL 2,6 COUNT 3"), "COUNT");
  talk.hears(answer("MIN 2 ALL 2,6 COUNT 2"), "t3 OK Done");
  talk.says(fetch(talk.set("saved number", 0, 0), "BODY[]"));
  talk.refuses('* 2 FETCH (BODY[] "")', "UID 4 is answered for");
});

Deno.test("COPYUID and APPENDUID agree with what is seen", () => {
  const world = new World();
  world.hasContent(9, 4, "m1");
  const talk = selected(world);
  talk.says(transfer("COPY", talk.set("uid", 1, 0), "b"));
  talk.refuses("t3 OK [COPYUID 8 6 1] Done", "was not asked for");
  talk.hears("t3 OK [COPYUID 8 4 1] Done");
  assertEquals(world.contentOf(8, 1), "m1");
  const message = { tokens: ["m2"], flags: [], waits: false };
  talk.says(append("b", message));
  talk.refuses("t4 OK [APPENDUID 8 1] Done", "m1 and m2");
});

Deno.test("what is not there was to be removed", () => {
  const world = new World();
  const talk = selected(world);
  talk.says(expunge(talk.set("uid", 0, 1)));
  world.isRemoved(9, 4);
  assertThrows(() => world.isRemoved(9, 6), Violation, "is lost");
  talk.says(expunge()).hears("t3 OK Done");
  world.isRemoved(9, 6);
});

Deno.test("with QRESYNC messages go by UID, and modseqs are kept", () => {
  const talk = new Talk(new World(), { qresync: true }).says(select("a", false))
    .hears(
      "* FLAGS (\\Seen \\Deleted)",
      "* 3 EXISTS",
      "* OK [UIDVALIDITY 7] .",
      "* OK [UIDNEXT 7] .",
      "* OK [HIGHESTMODSEQ 4] .",
      "t1 OK [READ-WRITE] .",
    );
  talk.refuses("* 1 EXPUNGE", "EXPUNGE where VANISHED is due");
  talk.refuses("* VANISHED 2", "EXPUNGE during no command");
  talk.model.world.removes(7);
  talk.says(simple("NOOP"));
  talk.refuses("* 1 FETCH (FLAGS ())", "FETCH without UID and MODSEQ");
  talk.hears("* 1 FETCH (UID 2 FLAGS () MODSEQ (6))", "t2 OK .");
  assertEquals(talk.model.checkpoints.at(-1), {
    uidValidity: 7,
    modseq: 6,
    messages: new Map([[2, new Set<string>()]]),
  });
  // One of two, and the client cannot know which.
  talk.says(simple("NOOP")).hears("* VANISHED 5", "* OK [HIGHESTMODSEQ 5] .");
  talk.refuses("* VANISHED 7", "UID 7 is that of no message");
  talk.hears("t3 OK .");
  assertEquals(talk.model.selection!.slots!.map(({ uid }) => uid), [
    2,
    undefined,
  ]);
  assertEquals(talk.model.checkpoints.at(-1)!.modseq, 5);
});

Deno.test("with UIDONLY messages are named by UID, and those not named are but counted", () => {
  const talk = new Talk(new World(), { uidOnly: true })
    .says(select("a", false)).hears(
      "* FLAGS (\\Seen \\Deleted)",
      "* 3 EXISTS",
      "* OK [UIDVALIDITY 7] .",
      "* OK [UIDNEXT 7] .",
    );
  talk.refuses("* OK [UNSEEN 1] .", "UNSEEN where UIDONLY is on");
  talk.hears("t1 OK [READ-WRITE] .");
  talk.refuses("* 1 FETCH (FLAGS ())", "FETCH is no response with a number");
  talk.refuses("* VANISHED 2", "EXPUNGE during no command");
  const known = () => talk.model.selection!.slots!.map(({ uid }) => uid);
  talk.hears("* 4 UIDFETCH (FLAGS ())");
  talk.refuses("* 9 UIDFETCH (FLAGS ())", "UID 9 is that of no message");
  talk.refuses("* 4 UIDFETCH (UID 5)", "is 4 and 5");
  assertEquals(known(), [4, undefined, undefined]);
  talk.hears("* 4 EXISTS", "* 9 UIDFETCH (FLAGS (\\Seen))");
  talk.hears("* 2 UIDFETCH (UID 2 FLAGS ())");
  assertEquals(known(), [2, 4, 9, undefined]);
  talk.model.world.removes(7);
  talk.says(simple("NOOP"));
  talk.refuses("* 1 EXPUNGE", "EXPUNGE where VANISHED is due");
  talk.hears("* VANISHED 4,5", "t2 OK .");
  assertEquals(known(), [2, 9]);
  talk.says(simple("NOOP"));
  talk.refuses("* VANISHED 6", "UID 6 is that of no message");
});
