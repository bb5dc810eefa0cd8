/**
 * NAMESPACE: RFC 2342, RFC 9051 § 6.3.10.
 *
 * @module
 */

import { type Command, noArguments } from "../command.ts";
import type { Extension } from "../extension.ts";

const namespace: Command<void> = {
  name: "NAMESPACE",
  state: "authenticated",
  parse: noArguments,

  // namespace-response = "NAMESPACE" SP namespace SP namespace SP namespace: personal, others', shared
  execute(session) {
    session.out.text('* NAMESPACE (("" ')
      .string(session.host.storage.hierarchyDelimiter)
      .text(")) NIL NIL").crlf();
  },
};

/** NAMESPACE: one personal namespace without a prefix. */
export const namespaceExtension: Extension = {
  capabilities: () => ["NAMESPACE"],
  documents: { NAMESPACE: "2342" },
  commands: [namespace],
};
