/**
 * What goes wrong with the server that mail comes from, and whether to try again.
 *
 * @module
 */

/** The server cannot be reached, or lets nobody in; the message says why. Running again goes on. */
export class SourceGone extends Error {}

/** The server refuses one thing; the message has its words. */
export class SourceRefusal extends Error {}

/** The connection ends each time that one thing is asked for. */
export class SourceBreaks extends Error {}

/** What ImapFlow's errors have on them. */
interface ImapFlowError extends Error {
  readonly code?: string;
  readonly authenticationFailed?: boolean;
  readonly responseStatus?: string;
  readonly responseText?: string;
  readonly serverResponseCode?: string;
  /** The tagged answer, parsed; a text where the command made one of it. */
  readonly response?: unknown;
}

/** The parts of a tagged answer that its response code stands in. */
interface TaggedAnswer {
  readonly attributes?: readonly {
    readonly section?: readonly { readonly value?: unknown }[];
  }[];
}

/** Response codes of a state that passes (RFC 5530 § 3, RFC 9051 § 7.1). */
const PASSING = new Set(["UNAVAILABLE", "LIMIT", "INUSE", "THROTTLED"]);

/** Where no server is; before the first connection it is more likely that the address is wrong. */
const NOBODY = new Set(["ECONNREFUSED", "ENOTFOUND", "EHOSTUNREACH"]);

/** Whether a command was answered, with NO or BAD, so that the connection is as good as before. */
export function isAnswer(error: unknown): boolean {
  return (error as ImapFlowError).responseStatus !== undefined;
}

/** Whether it is worth while to try again later. */
export function isPassing(error: unknown, connectedBefore: boolean): boolean {
  const { code, authenticationFailed, message } = error as ImapFlowError;
  if (code === "ETHROTTLE") return true;
  if (isAnswer(error) || authenticationFailed === true) {
    return PASSING.has(responseCode(error) ?? "");
  }
  if (/certificate|STARTTLS/i.test(message)) return false;
  return connectedBefore || !NOBODY.has(code ?? "");
}

/** What to tell people of an error: the server's own words where there are some. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { responseText, responseStatus, message } = error as ImapFlowError;
  if (responseStatus === undefined) return message;
  const name = responseCode(error);
  const code = name === undefined ? "" : ` [${name}]`;
  return `${responseStatus}${code} ${responseText ?? ""}`.trim();
}

/** The response code of an answer (RFC 9051 § 7.1), in capitals. */
function responseCode(error: unknown): string | undefined {
  const { serverResponseCode, response } = error as ImapFlowError;
  const [first] = (response as TaggedAnswer | undefined)?.attributes ?? [];
  const name = serverResponseCode ?? first?.section?.[0]?.value;
  return typeof name === "string" ? name.toUpperCase() : undefined;
}
