/**
 * A part of a message, as offsets and as what its Content- fields say.
 *
 * @module
 */

import type { Parameters } from "./parameters.ts";

/** A message, or a body part of one. Offsets are bytes from the start of the whole message. */
export interface Part {
  /** Where the header begins. */
  readonly headerStart: number;
  /** Where the body begins, after the empty line that ends the header if there is one. */
  readonly bodyStart: number;
  /** Where the body ends. The line end before a boundary belongs to the boundary (RFC 2046 § 5.1.1). */
  readonly bodyEnd: number;
  /** Line feeds in the body: the size in lines that BODYSTRUCTURE gives for text and message/rfc822. 0 for other types. */
  readonly bodyLines: number;
  /** The media type in upper case; `TEXT` where the header has no valid one (RFC 2045 § 5.2). */
  readonly type: string;
  /** The media subtype in upper case. */
  readonly subtype: string;
  /**
   * The parameters of the media type, in order, names as written, duplicates kept. RFC 2231 continuations
   * are joined, charsets not decoded: see `decodeParameters`. No default is added.
   */
  readonly parameters: Parameters;
  /** Content-Transfer-Encoding in upper case; `7BIT` where the header has none (RFC 2045 § 6.1). */
  readonly encoding: string;
  /** Content-ID. */
  readonly id: string | null;
  /** Content-Description; encoded words stay as they are. */
  readonly description: string | null;
  /** Content-MD5. */
  readonly md5: string | null;
  /** Content-Disposition: the type as written, and parameters like those of the media type. */
  readonly disposition:
    | { readonly type: string; readonly parameters: Parameters }
    | null;
  /** Content-Language: its tags. */
  readonly language: readonly string[];
  /** Content-Location, with the white space of its folding gone (RFC 2557 § 4.4.1). */
  readonly location: string | null;
  /**
   * The parts of a multipart, in order; none for another type. A multipart may be without any: no boundary
   * parameter, no delimiter line, or a limit reached.
   */
  readonly children: readonly Part[];
  /**
   * The message in a message/rfc822 or message/global. Null for another type, and where it is not to be
   * read: under a transfer encoding (RFC 2046 § 5.2.1), or beyond a limit.
   */
  readonly message: Part | null;
}
