import { assertEquals } from "@std/assert";
import { MailboxState } from "../../storage/mailbox_state.ts";
import type { MailboxId } from "../../storage/model.ts";
import { FlagFilter, isKeyword } from "./flag_filter.ts";

function emptyState(): MailboxState {
  return new MailboxState({
    id: 1 as MailboxId,
    uidValidity: 1,
    uidNext: 1,
    highestModseq: 1,
    firstRecent: 1,
  });
}

Deno.test("keywords are atoms", () => {
  for (const word of ["$Junk", "a", "A.b-c/d", "x".repeat(200)]) {
    assertEquals(isKeyword(word), true);
  }
  const none = ["", "\\Seen", "a b", 'a"', "(a)", "a*", "a]", "é"];
  for (const word of [...none, "x".repeat(201)]) {
    assertEquals(isKeyword(word), false, word);
  }
});

Deno.test("flags that no mailbox keeps are left out, keywords that do not fit are named", () => {
  const state = emptyState();
  state.flagTable.intern(["known"]);
  const filter = new FlagFilter(state, 3);
  assertEquals(filter.fit(["\\Recent", "\\seen", "\\Odd", "KNOWN"]), [
    "\\seen",
    "KNOWN",
  ]);
  assertEquals(filter.fit(["one", "a]", "two", "three"]), ["one", "two"]);
  assertEquals(filter.fit(["ONE", "four", "known"]), ["ONE", "known"]);
  assertEquals(filter.leftOut, ["a]", "three", "four"]);
});
