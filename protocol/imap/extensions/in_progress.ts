/**
 * INPROGRESS: RFC 9585. How far a command is that takes long.
 *
 * @module
 */

import type { Extension } from "../extension.ts";
import type { Progress } from "../progress.ts";

/** `inprogress-tag SP inprogress-state`: of a number that is not known, or makes no sense, NIL. */
export function progressDetails(
  tag: string,
  { done, goal }: Readonly<Progress>,
): string {
  // "If the tag is not available or if it contains the "]" character, it MUST be set to NIL."
  const name = tag.includes("]") ? "NIL" : `"${tag}"`;
  // GOAL "MUST be greater than PROGRESS", also where there is more to do than it seemed.
  if (goal > 0) return `${name} ${Math.min(done, goal - 1)} ${goal}`;
  return done > 0 ? `${name} ${done} NIL` : `${name} NIL NIL`;
}

/** INPROGRESS. */
export const inProgressExtension: Extension = {
  capabilities: () => ["INPROGRESS"],
  documents: { INPROGRESS: "9585" },
  // resp-text-code =/ "INPROGRESS" [ SP "(" inprogress-tag SP inprogress-state ")" ]
  progressNotice({ out }, tag, progress) {
    const details = progressDetails(tag, progress);
    out.text(`* OK [INPROGRESS (${details})] Still at it`).crlf();
  },
};
