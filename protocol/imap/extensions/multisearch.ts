/**
 * MULTISEARCH: RFC 7377. Searches in mailboxes that need not be selected.
 *
 * @module
 */

import { type MailboxInfo, StorageError } from "../../../storage/model.ts";
import type { Mailbox } from "../../../storage/storage.ts";
import type { Decoder } from "../../wire/decoder.ts";
import type { Command, Completion } from "../command.ts";
import { Bad, No } from "../errors.ts";
import type { Extension } from "../extension.ts";
import {
  type MailboxFilter,
  type MailboxFilterKind,
  MailboxFilters,
  parseMailboxFilter,
} from "../mailbox_filter.ts";
import { completeInPart, type Portion, tooMany } from "../message_limit.ts";
import { withProgress } from "../progress.ts";
import type { SearchContext, SearchWork } from "../search/evaluate.ts";
import type { SearchKey } from "../search/key.ts";
import { Pace } from "../../../storage/pace.ts";
import { RETURN_ALL, type SearchReturns } from "../search/returns.ts";
import {
  highestOf,
  keyToSearch,
  otherContext,
  parseSearch,
  type SearchArguments,
  searchMailbox,
  selectedContext,
  writeExtendedAtOnce,
} from "../search/run.ts";
import { isModseq, saysNumbers, some } from "../search/search_key.ts";
import type { StartUpdates } from "../search/update_contexts.ts";
import type { Session } from "../session.ts";

interface MultiSearchArguments extends SearchArguments {
  readonly filters: readonly MailboxFilter[];
}

/** "The "selected-delayed" specifier is not valid here" (§ 2.2). */
const KINDS: readonly MailboxFilterKind[] = [
  "selected",
  "inboxes",
  "personal",
  "subscribed",
  "mailboxes",
  "subtree",
  "subtree-one",
];

/** "If the source options are not present, the value "selected" is assumed" (§ 2.2). */
const SELECTED: readonly MailboxFilter[] = [{ kind: "selected" }];

// esearch-source-opts = "IN" SP "(" source-mbox [SP "(" scope-options ")"] ")"
// source-mbox         = filter-mailboxes *(SP filter-mailboxes)
function parseSources(d: Decoder): readonly MailboxFilter[] {
  if (d.tryKeyword("IN") === undefined) return SELECTED;
  // No scope options are defined, so that a list of them is nothing that could stand here.
  const filters = d.sp().nonEmptyList(() => parseMailboxFilter(d, KINDS));
  d.sp();
  return filters;
}

/** What the mailboxes of one ESEARCH have in common. */
interface Job {
  readonly session: Session;
  readonly tag: string;
  readonly key: SearchKey;
  readonly returns: SearchReturns;
  readonly work: SearchWork;
  /** Takes what is found in the selected mailbox, where the client is to hear how that changes; once. */
  updates: StartUpdates | undefined;
}

/** RETURN (UPDATE). @throws {Bad} where it cannot be */
function beginUpdates(
  session: Session,
  tag: string,
  key: SearchKey,
  returns: SearchReturns | undefined,
): StartUpdates | undefined {
  const { update } = returns ?? {};
  if (update === undefined) return undefined;
  const searched = { tag, uid: true, named: true, key, update };
  return session.selected.updates.begin(searched);
}

// esearch = "ESEARCH" [SP esearch-source-opts] [SP search-return-opts] SP search-program
/** ESEARCH. What it answers are UIDs whether UID stands before it, as in an example of § 2, or not. */
const multiSearch: Command<MultiSearchArguments> = {
  name: "ESEARCH",
  uid: "also",
  state: "authenticated",
  keepsNumbers: true,

  parse(d, context) {
    const filters = parseSources(d.sp());
    const { returns, key } = parseSearch(d, context);
    const selectedAlone = filters.every(({ kind }) => kind === "selected");
    if (returns?.save && !selectedAlone) {
      throw new Bad("SAVE is for a search in the selected mailbox alone");
    }
    return { filters, returns, key };
  },

  async execute(
    session,
    { filters: given, returns, key: givenKey },
    { uid, tag },
  ) {
    const filters = new MailboxFilters(
      given,
      session.host.storage.hierarchyDelimiter,
    );
    const needsSelected = filters.selected || returns?.update !== undefined;
    if (needsSelected && session.state !== "selected") {
      throw new Bad("Select a mailbox first");
    }
    const save = returns?.save === true;
    try {
      const key = await keyToSearch(session, givenKey);
      if (some(key, isModseq)) session.enableCondstore();
      // RFC 7162 § 3.2.10.2, as of UID SEARCH
      session.holdsExpunge = uid && session.vanishes && some(key, saysNumbers);
      const updates = beginUpdates(session, tag, key, returns);
      return await withProgress(session, tag, async (progress) => {
        const work = { pace: new Pace(), progress };
        const job: Job = {
          session,
          tag,
          key,
          returns: returns ?? RETURN_ALL,
          work,
          updates,
        };
        if (given.every(({ kind }) => kind === "selected")) {
          progress.goal = session.view.length;
          return await searchSelected(job);
        }
        const infos = await sources(session, filters);
        progress.goal = await countMessages(session, infos);
        for (const info of infos) await searchNamed(job, info);
        // UPDATE "MUST apply only to the currently selected mailbox" (§ 2.2), which may not have been among them.
        if (job.updates !== undefined) {
          session.selected.updates.refuse(tag, "That is not selected");
        }
        return undefined;
      });
    } catch (error) {
      // RFC 5182 § 2.1
      if (save && !(error instanceof Bad)) {
        session.selected.saved = new Uint32Array(0);
      }
      throw error;
    }
  },
};

async function searchSelected(job: Job): Promise<Completion | undefined> {
  const { session, returns } = job;
  const { uids, code } = await searchInSelected(job);
  if (returns.save) session.selected.saved = returns.pick(uids);
  return completeInPart(session, code);
}

async function searchInSelected(job: Job): Promise<Portion> {
  const portion = await searchIn(job, selectedContext(job.session));
  job.updates?.(portion);
  job.updates = undefined;
  return portion;
}

/** The mailboxes to search, each once. What is not there, or not to be seen, is left out (§ 2.2, § 5). */
async function sources(
  session: Session,
  filters: MailboxFilters,
): Promise<readonly MailboxInfo[]> {
  const selected = filters.selected ? session.view.mailbox.name : undefined;
  const infos = (await session.account.mailboxes()).filter((info) =>
    info.id !== undefined && (filters.includes(info) || info.name === selected)
  );
  const { searchMailboxes } = session.host.limits;
  if (infos.length > searchMailboxes) {
    throw new No("LIMIT", `More than ${searchMailboxes} mailboxes`);
  }
  return infos;
}

/** How many messages there are to search. @throws {No} when they are more than a command may work on */
async function countMessages(
  session: Session,
  infos: readonly MailboxInfo[],
): Promise<number> {
  const counts = await session.account.status(infos.map(({ name }) => name));
  const messages = counts.reduce((sum, one) => sum + (one?.messages ?? 0), 0);
  const { messageLimit } = session.host.limits;
  if (messageLimit > 0 && messages > messageLimit) throw tooMany(messageLimit);
  return messages;
}

/** Searches one mailbox of several. */
async function searchNamed(job: Job, { name }: MailboxInfo): Promise<void> {
  const { session, work } = job;
  if (work.pace!.due) await work.pace!.rest();
  if (isSelected(session, name)) await searchInSelected(job);
  else await searchOther(job, name);
  const full = session.flushBatch();
  if (full !== undefined) await full;
}

/** Searches a mailbox that is open only meanwhile. One that has gone, or may not be opened, is passed over. */
async function searchOther(job: Job, name: string): Promise<void> {
  const { session } = job;
  let mailbox: Mailbox | undefined;
  try {
    mailbox = await session.account.openMailbox(name);
    await mailbox.refresh();
    await searchIn(job, otherContext(session, mailbox));
  } catch (error) {
    const gone = error instanceof StorageError &&
      (error.code === "NONEXISTENT" || error.code === "NOPERM");
    if (!gone) throw error;
  } finally {
    mailbox?.close();
  }
}

function isSelected(session: Session, name: string): boolean {
  if (session.state !== "selected") return false;
  const { mailbox, state } = session.view;
  return mailbox.name === name && !state.deleted;
}

/** Searches a mailbox and answers; "an ESEARCH response MUST NOT be returned" where nothing was found (§ 2.1). */
async function searchIn(job: Job, context: SearchContext): Promise<Portion> {
  const { session, tag, key, returns, work } = job;
  const { mailbox } = context;
  const portion = await searchMailbox(session, context, key, work);
  const { uids } = portion;
  if (uids.length > 0 && returns.answers && !mailbox.state.deleted) {
    const modseq = some(key, isModseq)
      ? highestOf(mailbox.state, returns.pick(uids))
      : 0;
    writeExtendedAtOnce(session, {
      tag,
      mailbox,
      uid: true,
      returns,
      numbers: uids,
      modseq,
    });
  }
  return portion;
}

/** MULTISEARCH. */
export const multiSearchExtension: Extension = {
  capabilities: () => ["MULTISEARCH"],
  documents: { MULTISEARCH: "7377" },
  commands: [multiSearch],
};
