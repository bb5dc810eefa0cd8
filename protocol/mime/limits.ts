/**
 * How much of a message is looked at: what work its header and its structure may make.
 *
 * These are no settings: what is made of a message is kept, and has to be what would be made of it again.
 *
 * @module
 */

/** What reading the structure of a message, its envelope and its text may cost. Sizes are in bytes. */
export interface MimeLimits {
  /** Parts and embedded messages together. */
  readonly maxParts: number;
  /** Multiparts and embedded messages inside one another. */
  readonly maxDepth: number;
  /** Fields of a header that are looked at for Content- fields. */
  readonly maxHeaderFields: number;
  /** Bytes of a header that are looked at for Content- fields. */
  readonly maxHeaderBytes: number;
  /** Bytes of a Content- field, and of a text in an envelope, that are looked at. */
  readonly maxFieldBytes: number;
  /** Parameters of a field. */
  readonly maxParameters: number;
  /** Bytes of a header that are looked at for the envelope, for fields that are asked for, and by a search. */
  readonly maxEnvelopeBytes: number;
  /** Bytes of an address field, and of a field that is searched, that are looked at. */
  readonly maxAddressBytes: number;
  /** Addresses of all fields of one name in an envelope. */
  readonly maxAddresses: number;
  /** Bytes of a part's body that a search looks at. */
  readonly maxBodyBytes: number;
  /** Bytes of a field that are looked at to put messages in order. */
  readonly maxSortBytes: number;
  /** Characters of a text by which messages are put in order. */
  readonly maxSortText: number;
  /** References of a message by which it is threaded: of more, those at either end. */
  readonly maxReferences: number;
  /** Bytes by which boundaries are compared; RFC 2046 § 5.1.1 allows 70 characters. */
  readonly maxBoundary: number;
}

/** What is so for all messages. */
export const MIME_LIMITS: MimeLimits = {
  maxParts: 10_000,
  maxDepth: 100,
  maxHeaderFields: 10_000,
  maxHeaderBytes: 1_048_576,
  maxFieldBytes: 65_536,
  maxParameters: 1_000,
  maxEnvelopeBytes: 2 * 1_048_576,
  maxAddressBytes: 1_048_576,
  maxAddresses: 10_000,
  maxBodyBytes: 128 * 1_048_576,
  maxSortBytes: 8_192,
  maxSortText: 1_000,
  maxReferences: 100,
  maxBoundary: 250,
};
