/**
 * The closed list of what this server speaks: the base, then extensions, one a file.
 *
 * CAPABILITY, ENABLE and the grammar's slots are made from it. Its order is the order of CAPABILITY.
 *
 * @module
 */

import type { Host } from "../../host.ts";
import type { Extension } from "../extension.ts";
import { Registry } from "../registry.ts";
import { base } from "../commands/mod.ts";
import { compressExtension } from "./compress.ts";
import { appendLimitExtension } from "./append_limit.ts";
import { binaryExtension, binaryFetchExtension } from "./binary.ts";
import { catenateExtension } from "./catenate.ts";
import { condstoreExtension } from "./condstore.ts";
import {
  contextExtension,
  contextSearchExtension,
  contextSortExtension,
} from "./context.ts";
import { enableExtension } from "./enable.ts";
import { filtersExtension } from "./filters.ts";
import { i18nLevelExtension } from "./i18n_level.ts";
import { idExtension } from "./id.ts";
import { idleExtension } from "./idle.ts";
import { imap4Extension } from "./imap4.ts";
import { inProgressExtension } from "./in_progress.ts";
import { listExtendedExtension } from "./list_extended.ts";
import { listStatusExtension } from "./list_status.ts";
import { messageLimitExtension } from "./message_limit.ts";
import { listMetadataExtension } from "./list_metadata.ts";
import { metadataExtension } from "./metadata.ts";
import { moveExtension } from "./move.ts";
import { multiSearchExtension } from "./multisearch.ts";
import { namespaceExtension } from "./namespace.ts";
import { notifyExtension } from "./notify.ts";
import { objectIdExtension } from "./objectid.ts";
import { partialExtension, partialSearchExtension } from "./partial.ts";
import { previewExtension } from "./preview.ts";
import { qresyncExtension } from "./qresync.ts";
import { replaceExtension } from "./replace.ts";
import { saveDateExtension } from "./savedate.ts";
import {
  extendedSortExtension,
  sortDisplayExtension,
  sortExtension,
} from "./sort.ts";
import { specialUseExtension } from "./special_use.ts";
import { threadExtensions } from "./thread.ts";
import { uidBatchesExtension } from "./uid_batches.ts";
import { uidOnlyExtension } from "./uidonly.ts";
import { unauthenticateExtension } from "./unauthenticate.ts";
import { unselectExtension } from "./unselect.ts";
import { withinExtension } from "./within.ts";
import { utf8Extension } from "./utf8.ts";

/** All extensions. */
export const extensions: readonly Extension[] = [
  ...base,
  imap4Extension,
  idExtension,
  enableExtension,
  idleExtension,
  namespaceExtension,
  unselectExtension,
  compressExtension,
  unauthenticateExtension,
  notifyExtension,
  moveExtension,
  listExtendedExtension,
  listStatusExtension,
  specialUseExtension,
  withinExtension,
  i18nLevelExtension,
  contextExtension,
  contextSearchExtension,
  partialSearchExtension,
  partialExtension,
  multiSearchExtension,
  ...threadExtensions,
  sortExtension,
  sortDisplayExtension,
  extendedSortExtension,
  contextSortExtension,
  metadataExtension,
  listMetadataExtension,
  filtersExtension,
  objectIdExtension,
  saveDateExtension,
  previewExtension,
  condstoreExtension,
  qresyncExtension,
  uidOnlyExtension,
  uidBatchesExtension,
  messageLimitExtension,
  inProgressExtension,
  binaryFetchExtension,
  binaryExtension,
  catenateExtension,
  appendLimitExtension,
  replaceExtension,
  utf8Extension,
];

const registries = new WeakMap<Host, Map<string, Registry>>();

const NONE: ReadonlySet<string> = new Set();

/**
 * The registry of a server, made once for each set of capabilities that some clients are not offered.
 * @param hidden those capabilities, in capitals
 */
export function registryOf(
  host: Host,
  hidden: ReadonlySet<string> = NONE,
): Registry {
  let known = registries.get(host);
  if (known === undefined) registries.set(host, known = new Map());
  const key = [...hidden].sort().join(" ");
  let registry = known.get(key);
  if (registry === undefined) {
    const disabled = host.disabledCapabilities.union(hidden);
    registry = new Registry(extensions, disabled);
    known.set(key, registry);
  }
  return registry;
}
