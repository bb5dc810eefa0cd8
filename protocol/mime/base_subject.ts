/**
 * The base subject: a subject without what answering and forwarding put around it (RFC 5256 § 2.1, § 5).
 *
 * @module
 */

/** What lies beyond it is not looked at. */
const MAX_SUBJECT = 2_000;

/** A base subject. */
export interface BaseSubject {
  /** The text, encoded words decoded by the caller. */
  readonly text: string;
  /** Whether the subject said that it is an answer: `Re:` stood in front. */
  readonly isReply: boolean;
  /** Whether anything that answering or forwarding adds was there: a "reply or forward" (RFC 5256 § 3, REFERENCES). */
  readonly isReplyOrForward: boolean;
}

// subj-trailer = "(fwd)" / WSP
const TRAILER = /(?:\(fwd\)| )$/i;
// subj-blob    = "[" *BLOBCHAR "]" *WSP
const BLOB = /^\[[^[\]]*\] */;
// subj-leader  = (*subj-blob subj-refwd) / WSP
// subj-refwd   = ("re" / ("fw" ["d"])) *WSP [subj-blob] ":"
const LEADER = /^(?:\[[^[\]]*\] *)*(re|fwd?) *(?:\[[^[\]]*\] *)?:/i;
// subj-fwd     = subj-fwd-hdr subject subj-fwd-trl
const FORWARD = /^\[fwd:(.*)\]$/is;

/** The base subject of a subject. */
export function baseSubject(subject: string): BaseSubject {
  let text = subject.slice(0, MAX_SUBJECT).replace(/[\t\r\n ]+/g, " ");
  let isReply = false;
  let isReplyOrForward = false;
  for (;;) {
    for (;;) {
      const trailer = TRAILER.exec(text)?.[0];
      if (trailer === undefined) break;
      isReplyOrForward ||= trailer !== " ";
      text = text.slice(0, -trailer.length);
    }
    for (;;) {
      const leader = LEADER.exec(text);
      const blob = BLOB.exec(text)?.[0].length ?? 0;
      if (text.startsWith(" ")) text = text.slice(1);
      else if (leader !== null) {
        isReply ||= leader[1]!.toLowerCase() === "re";
        isReplyOrForward = true;
        text = text.slice(leader[0].length);
      } else if (blob > 0 && blob < text.length) text = text.slice(blob);
      else break;
    }
    const inner = FORWARD.exec(text)?.[1];
    if (inner === undefined) return { text, isReply, isReplyOrForward };
    isReplyOrForward = true;
    text = inner;
  }
}
