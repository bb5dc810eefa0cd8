/**
 * What a FETCH item is once it has been read: what it needs of a message, and how it is written.
 *
 * @module
 */

import type { FlagSet } from "../../../storage/flag_set.ts";
import type { No } from "../errors.ts";
import type { Summary } from "../summary.ts";
import type { Session } from "../session.ts";

/** A range of a message's bytes: from the first up to before the second. */
export type ByteRange = readonly [start: number, end: number];

/** `<origin.length>`: which octets of a section (RFC 9051 § 6.4.5). */
export interface Partial {
  /** The first octet, from 0. */
  readonly origin: number;
  /** How many at the most. */
  readonly length: number;
}

/** A message whose FETCH response is being written. The object serves the next message, too: nobody may keep it. */
export interface FetchMessage {
  /** The session that the response goes to. */
  readonly session: Session;
  /** The message. */
  readonly uid: number;
  /** Its flags. */
  readonly flags: FlagSet;
  /** The modseq of its last change. */
  readonly modseq: number;
  /** INTERNALDATE, in milliseconds since 1970. */
  readonly internalDate: number;
  /** When it came into the mailbox, in milliseconds since 1970; 0 where nobody knows. */
  readonly saveDate: number;
  /** The number of its thread; 0 where it has none. */
  readonly thread: number;
  /** Where its body is: `ContentId.home`. */
  readonly contentHome: number;
  /** `ContentId.number` of its body. */
  readonly contentNumber: number;
  /** Its size in bytes, as the client is shown it. */
  readonly size: number;
  /** Its size as it is kept; that of a surrogate is another (RFC 6858 § 3). */
  readonly storedSize: number;
  /** Its summary, made for this response; only for attributes that say they need it. */
  readonly summary: Summary;
  /** Bytes of its source; only within the range that the attribute asked for. */
  slice(start: number, end: number): Uint8Array;
  /** Reads bytes of a message that is too large to have in memory, into `room` if may be; undefined for others. */
  readonly read:
    | ((start: number, end: number, room: Uint8Array) => Promise<Uint8Array>)
    | undefined;
}

/** A FETCH item with its arguments. */
export interface FetchAttribute {
  /** What is asked for: two attributes with the same name are the same. */
  readonly name: string;
  /** What it needs: the mailbox's state only, the message's summary, or also bytes of its source. */
  readonly needs: "state" | "summary" | "source";
  /** Whether fetching it sets `\Seen` (RFC 9051 § 6.4.5). */
  readonly setsSeen?: boolean;
  /** Whether it takes the place of another one of its name in the same command. */
  readonly prevails?: boolean;
  /**
   * Which bytes it needs of a message; absent for the whole of it. Undefined where the part is not there.
   * @param size the message's size
   */
  range?(summary: Summary, size: number): ByteRange | undefined;
  /** Whether a kept summary says enough; if not, it is made anew of the source. Absent for always. */
  suffices?(summary: Summary): boolean;
  /** Whether the range follows from the size, and the summary is not looked at. */
  readonly sizeTells?: boolean;
  /** The item's name and a space, encoded, where its value is the octets of its range as they are. */
  readonly label?: Uint8Array;
  /** The same item in part, where it can be had so (PARTIAL, RFC 1730 § 6.4.6). */
  partial?(octets: Partial): FetchAttribute;
  /** Why it cannot be had of a message, such as `[UNKNOWN-CTE]`; the message is then left out, and left as it is. */
  refusal?(summary: Summary): No | undefined;
  /** Writes the item's name, a space and its value. */
  write(message: FetchMessage): void;
}
