/**
 * The attributes of messages by which SORT and THREAD put them in order.
 *
 * @module
 */

import { NumberColumn, TextColumn } from "./column.ts";
import type { Attribute } from "./order_index.ts";
import { unicodeCasemap } from "../unicode_casemap.ts";

/** The sent date, in milliseconds (RFC 5256 § 2.2). */
export const SENT: Attribute<NumberColumn> = () =>
  new NumberColumn((facts) => facts.sent);

/** The base subject (RFC 5256 § 2.1). */
export const SUBJECT: Attribute<TextColumn> = () =>
  new TextColumn((facts) => unicodeCasemap(facts.subject.text));
