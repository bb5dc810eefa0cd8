/**
 * The attributes of messages by which SORT and THREAD put them in order.
 *
 * @module
 */

import { NumberColumn, TextColumn } from "./column.ts";
import type { Attribute } from "./order_index.ts";
import { ReferenceColumn } from "./reference_column.ts";
import { unicodeCasemap } from "../unicode_casemap.ts";

/** The sent date, in milliseconds (RFC 5256 § 2.2). */
export const SENT: Attribute<NumberColumn> = () =>
  new NumberColumn((facts) => facts.sent);

/** The base subject (RFC 5256 § 2.1). */
export const SUBJECT: Attribute<TextColumn> = () =>
  new TextColumn((facts) => unicodeCasemap(facts.subject.text));

/** Whether it is a reply or forward, 1 or 0 (RFC 5256 § 3, REFERENCES). */
export const REPLIES: Attribute<NumberColumn> = () =>
  new NumberColumn((facts) => facts.subject.isReplyOrForward ? 1 : 0);

/** What it refers to (RFC 5256 § 3, REFERENCES). */
export const REFERENCES: Attribute<ReferenceColumn> = () =>
  new ReferenceColumn();
