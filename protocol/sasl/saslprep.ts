/**
 * SASLprep (RFC 4013): names and passwords in the one form in which they are hashed.
 *
 * @module
 */

/** What SASLprep leaves as it is, so that its tables need not be loaded. */
const PLAIN_ASCII = /^[\x20-\x7e]*$/;

/**
 * Prepares text. Code points that Unicode 3.2 does not know are let through, as for a query (RFC 3454 § 7), for a
 * password too: what was typed may be newer than the tables.
 * @returns the text prepared, or undefined when it may not be, or nothing is left of it
 */
export async function saslPrepared(text: string): Promise<string | undefined> {
  if (text === "") return undefined;
  if (PLAIN_ASCII.test(text)) return text;
  const { saslprep } = await import("@mongodb-js/saslprep");
  try {
    // What is mapped to nothing (RFC 3454 B.1) may leave nothing.
    return saslprep(text, { allowUnassigned: true }) || undefined;
  } catch {
    return undefined;
  }
}
