/**
 * The base: commands and items of RFC 3501 and RFC 9051, and the capabilities that they stand for.
 *
 * @module
 */

import type { Extension } from "../extension.ts";
import { plainItems } from "../fetch/attributes.ts";
import { sectionItems } from "../fetch/section.ts";
import { append } from "./append.ts";
import { copy } from "./copy.ts";
import { close, expunge } from "./expunge.ts";
import { fetch } from "./fetch.ts";
import { list, lsub } from "./list.ts";
import { authenticate, login, startTls } from "./login.ts";
import {
  create,
  deleteMailbox,
  rename,
  subscribe,
  unsubscribe,
} from "./mailbox_changes.ts";
import { search } from "./search.ts";
import { examine, select } from "./select.ts";
import { capability, check, logout, noop } from "./session_commands.ts";
import { searchReturnOptions } from "../search/returns.ts";
import { status, statusItems } from "./status.ts";
import { store } from "./store.ts";

/** See the module's text. What has no commands or items of its own is in those of the first entry. */
export const base: readonly Extension[] = [
  {
    // The base of all versions; it is there whichever of them are offered.
    commands: [
      capability,
      noop,
      logout,
      check,
      startTls,
      login,
      authenticate,
      select,
      examine,
      create,
      deleteMailbox,
      rename,
      subscribe,
      unsubscribe,
      list,
      lsub,
      status,
      append,
      close,
      expunge,
      search,
      fetch,
      store,
      copy,
    ],
    fetchItems: [...plainItems, ...sectionItems],
    statusItems,
    searchReturnOptions,
    sortReturnOptions: searchReturnOptions,
  },
  { capabilities: () => ["IMAP4rev1"], documents: { IMAP4rev1: "3501" } },
  {
    capabilities: () => ["IMAP4rev2"],
    documents: { IMAP4rev2: "9051" },
    enable: ["IMAP4rev2"],
  },
  {
    // RFC 9051 § 6.2.1, § 6.2.2, § 6.2.3: offered before login only.
    capabilities: ({ authenticated, mayLogin, canStartTls, mechanisms }) => {
      if (authenticated) return [];
      const starttls = canStartTls ? ["STARTTLS"] : [];
      const disabled = mayLogin ? [] : ["LOGINDISABLED"];
      const auth = mechanisms.map((name) => `AUTH=${name}`);
      return [...starttls, ...disabled, ...auth];
    },
    documents: { STARTTLS: "9051", LOGINDISABLED: "9051", "AUTH=": "9051" },
  },
  { capabilities: () => ["SASL-IR"], documents: { "SASL-IR": "4959" } },
  { capabilities: () => ["LITERAL+"], documents: { "LITERAL+": "7888" } },
  { capabilities: () => ["UIDPLUS"], documents: { UIDPLUS: "4315" } },
  {
    capabilities: () => ["ESEARCH", "SEARCHRES"],
    documents: { ESEARCH: "4731", SEARCHRES: "5182" },
  },
  { capabilities: () => ["STATUS=SIZE"], documents: { "STATUS=SIZE": "8438" } },
  { capabilities: () => ["MULTIAPPEND"], documents: { MULTIAPPEND: "3502" } },
];
