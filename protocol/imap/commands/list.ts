/**
 * LIST: RFC 9051 § 6.3.9 and RFC 5258; LSUB: RFC 3501 § 6.3.9.
 *
 * @module
 */

import type { MailboxInfo } from "../../../storage/model.ts";
import { compareNames } from "../../../storage/names.ts";
import type { Decoder } from "../../wire/decoder.ts";
import { compilePattern } from "../../wire/mailbox_name.ts";
import type { Command, ParseContext } from "../command.ts";
import { Bad } from "../errors.ts";
import type { ListReturnOption, ListSelectionOption } from "../extension.ts";
import type { Session } from "../session.ts";

/** A LIST response (RFC 9051 § 7.3.1). */
export function listResponse(
  session: Session,
  info: MailboxInfo,
  about: {
    name?: "LIST" | "LSUB";
    subscribed?: boolean;
    childInfo?: string[];
    oldName?: string | undefined;
    noAccess?: boolean;
  } = {},
): void {
  const { out } = session;
  const { name = "LIST" } = about;
  out.text("* ").text(name).sp();
  writeAttributes(session, info, about);
  out.sp();
  out.string(session.host.storage.hierarchyDelimiter).sp().mailbox(info.name);
  if (about.childInfo !== undefined) {
    // childinfo-extended-item, RFC 9051 § 6.3.9.6
    out.text(' ("CHILDINFO" (');
    out.text(about.childInfo.map((option) => `"${option}"`).join(" "));
    out.text("))");
  }
  if (about.oldName !== undefined) {
    // oldname-extended-item, RFC 9051 § 6.3.9.7
    out.text(' ("OLDNAME" (').mailbox(about.oldName).text("))");
  }
  out.crlf();
}

/** "(" [mbx-list-flags] ")"        RFC 9051 § 9 */
function writeAttributes(
  session: Session,
  info: MailboxInfo,
  about: { readonly subscribed?: boolean; readonly noAccess?: boolean },
): void {
  const { out, policy } = session;
  const { id, specialUse, hasChildren } = info;
  const subscribed = about.subscribed && info.subscribed;
  const special = policy.specialUse !== false && specialUse.length > 0;
  if (id !== undefined && !subscribed && !special && !about.noAccess) {
    // As most are.
    out.text(hasChildren ? "(\\HasChildren)" : "(\\HasNoChildren)");
    return;
  }
  const attributes: string[] = [];
  if (id === undefined) {
    attributes.push("\\NonExistent");
    // It implies \Noselect, which is for those who do not know it (RFC 5258 § 3); RFC 9051 § 9 allows but one.
    if (!session.rev2) attributes.push("\\Noselect");
  }
  // mbx-list-oflag =/ "\NoAccess"        RFC 5465 § 8
  if (about.noAccess) attributes.push("\\NoAccess");
  attributes.push(hasChildren ? "\\HasChildren" : "\\HasNoChildren");
  if (subscribed) attributes.push("\\Subscribed");
  if (special) attributes.push(...specialUse);
  out.flags(attributes);
}

interface ListArguments {
  readonly selection: readonly ListSelectionOption[];
  readonly recursive: boolean;
  readonly reference: string;
  readonly patterns: readonly string[];
  readonly extended: boolean;
  readonly subscribed: boolean;
  readonly additions: readonly ReturnType<
    NonNullable<ListReturnOption["parse"]>
  >[];
}

const OPEN = "(".charCodeAt(0);

// list = "LIST" [SP list-select-opts] SP mailbox SP mbox-or-pat [SP list-return-opts]
/** LIST. */
export const list: Command<ListArguments> = {
  name: "LIST",
  state: "authenticated",

  parse(d, context) {
    let extended = false;
    const names = new Set<string>();
    d.sp();
    if (d.peek() === OPEN) {
      extended = true;
      d.list(() => names.add(selectionName(d, context)));
      d.sp();
    }
    const recursive = names.delete("RECURSIVEMATCH");
    names.delete("REMOTE");
    if (recursive && names.size === 0) {
      throw new Bad("RECURSIVEMATCH needs another selection option");
    }
    const reference = d.listMailbox();
    d.sp();
    let patterns: string[];
    if (d.peek() === OPEN) {
      extended = true;
      patterns = d.nonEmptyList(() => d.listMailbox());
    } else patterns = [d.listMailbox()];
    limitWildcards(reference, patterns, context);
    const { subscribed, additions, given } = returnOptions(d, context);
    return {
      selection: [...names].map((name) =>
        context.registry.listSelectionOptions.get(name)!
      ),
      recursive,
      reference,
      patterns,
      extended: extended || given,
      subscribed: subscribed || names.has("SUBSCRIBED"),
      additions,
    };
  },

  async execute(session, args) {
    const { patterns, reference } = args;
    if (!args.extended && patterns[0] === "") return rootOf(session);
    const delimiter = session.host.storage.hierarchyDelimiter;
    const matchers = patterns.filter((pattern) => pattern !== "")
      .map((pattern) => compilePattern(reference + pattern, delimiter));
    const matches = (name: string) => matchers.some((match) => match(name));
    const selected = (info: MailboxInfo) =>
      args.selection.length === 0
        ? info.id !== undefined || info.hasChildren
        : args.selection.every((option) => option.test(info));

    const all = await session.account.mailboxes();
    const parents = args.recursive
      ? parentsOfSelected(all, delimiter, selected, matches)
      : new Map<string, boolean>();
    const listed = withParents(all, [...parents.keys()], delimiter).filter((
      info,
    ) =>
      matches(info.name) &&
      (selected(info) || parents.get(info.name) === true)
    );
    const additions = await Promise.all(
      args.additions.map((prepare) => prepare(session, listed)),
    );
    const options = args.selection.map((option) => option.name);
    const { subscribed } = args;
    const plain = { subscribed };
    const parent = { subscribed, childInfo: options };
    for (const [index, info] of listed.entries()) {
      listResponse(session, info, parents.has(info.name) ? parent : plain);
      // What was asked for is told of selected names, not of those listed for names below them.
      if (selected(info)) { for (const add of additions) add(index); }
      const full = session.flushBatch();
      if (full !== undefined) await full;
    }
  },
};

/** The name of a selection option that exists. */
function selectionName(d: Decoder, context: ParseContext): string {
  const name = d.keyword();
  if (
    name !== "RECURSIVEMATCH" && name !== "REMOTE" &&
    !context.registry.listSelectionOptions.has(name)
  ) throw new Bad("Unknown LIST selection option");
  return name;
}

// list-return-opts = "RETURN" SP "(" [return-option *(SP return-option)] ")"
function returnOptions(
  d: Decoder,
  context: ParseContext,
): Pick<ListArguments, "subscribed" | "additions"> & { given: boolean } {
  const additions = new Map<string, ListArguments["additions"][number]>();
  const names = new Set<string>();
  const given = d.trySp();
  if (given) {
    if (d.keyword() !== "RETURN") throw new Bad("Expected RETURN");
    d.sp().list(() => {
      const name = d.keyword();
      const option = context.registry.listReturnOptions.get(name);
      if (option === undefined) throw new Bad("Unknown LIST return option");
      names.add(name);
      const addition = option.parse?.(d, context);
      if (addition !== undefined) additions.set(name, addition);
    });
  }
  return {
    given,
    subscribed: names.has("SUBSCRIBED"),
    additions: [...additions.values()],
  };
}

function limitWildcards(
  reference: string,
  patterns: readonly string[],
  { limits }: ParseContext,
): void {
  let wildcards = 0;
  for (const pattern of patterns) {
    wildcards += (reference + pattern).replaceAll(/[^*%]/g, "").length;
    if (wildcards > limits.listWildcards) {
      throw new Bad("Too many wildcards", "LIMIT");
    }
  }
}

/**
 * RECURSIVEMATCH: the names that have a selected name below them, and whether one of those does not match the
 * pattern itself, so that the name has to be listed for its sake (RFC 9051 § 6.3.9.6).
 */
function parentsOfSelected(
  all: readonly MailboxInfo[],
  delimiter: string,
  selected: (info: MailboxInfo) => boolean,
  matches: (name: string) => boolean,
): Map<string, boolean> {
  const parents = new Map<string, boolean>();
  for (const info of all) {
    if (!selected(info)) continue;
    const hidden = !matches(info.name);
    let end = info.name.lastIndexOf(delimiter);
    for (; end > 0; end = info.name.lastIndexOf(delimiter, end - 1)) {
      const parent = info.name.slice(0, end);
      parents.set(parent, hidden || parents.get(parent) === true);
    }
  }
  return parents;
}

/** A list with the levels that are above subscribed names alone, which no list of mailboxes has, in their places. */
function withParents(
  all: readonly MailboxInfo[],
  parents: readonly string[],
  delimiter: string,
): readonly MailboxInfo[] {
  if (parents.length === 0) return all;
  const known = new Set(all.map((info) => info.name));
  const missing = parents.filter((name) => !known.has(name));
  if (missing.length === 0) return all;
  const nothing = { specialUse: [], subscribed: false, hasChildren: false };
  return [...all, ...missing.map((name) => ({ name, ...nothing }))]
    .map((info) => ({ info, levels: info.name.split(delimiter) }))
    .sort((a, b) => compareNames(a.levels, b.levels))
    .map(({ info }) => info);
}

/** An empty name asks for the delimiter and the root of the hierarchy. */
function rootOf(session: Session): void {
  session.out.text("* LIST (\\Noselect) ")
    .string(session.host.storage.hierarchyDelimiter).text(' ""').crlf();
}

// lsub = "LSUB" SP mailbox SP list-mailbox
/** LSUB; in IMAP4rev2 there is LIST (SUBSCRIBED) for it, but it does no harm. */
export const lsub: Command<{ reference: string; pattern: string }> = {
  name: "LSUB",
  state: "authenticated",

  parse(d, context) {
    const reference = d.sp().listMailbox();
    const pattern = d.sp().listMailbox();
    limitWildcards(reference, [pattern], context);
    return { reference, pattern };
  },

  async execute(session, { reference, pattern }) {
    if (pattern === "") return rootOf(session);
    const delimiter = session.host.storage.hierarchyDelimiter;
    const matches = compilePattern(reference + pattern, delimiter);
    const all = await session.account.mailboxes();
    const subscribed = all.filter((info) => info.subscribed);
    // A name with "%" stands for subscribed names below it, too (RFC 3501 § 6.3.9).
    const parents = pattern.includes("%")
      ? parentsOfSelected(all, delimiter, (info) => info.subscribed, matches)
      : new Map<string, boolean>();
    const listed = new Set(subscribed.map((info) => info.name));
    for (const info of withParents(all, [...parents.keys()], delimiter)) {
      if (!matches(info.name)) continue;
      if (listed.has(info.name)) {
        listResponse(session, info, { name: "LSUB" });
      } else if (parents.get(info.name) === true) {
        session.out.text("* LSUB (\\Noselect) ").string(delimiter).sp()
          .mailbox(info.name).crlf();
      }
    }
  },
};
