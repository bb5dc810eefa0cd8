/**
 * ANONYMOUS: RFC 4505. Whoever wants to is let in, and may say something of themselves, which proves nothing.
 *
 * @module
 */

import type { Exchange, Step } from "./exchange.ts";
import type { Mechanism, SaslServer } from "./server.ts";

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** How many characters the trace may have: RFC 4505 § 2. */
const MAX_CHARACTERS = 255;

/** ANONYMOUS. */
export const anonymous: Mechanism = {
  name: "ANONYMOUS",
  isOffered: ({ backend }) =>
    backend?.anonymous !== undefined && backend.mechanisms.has("ANONYMOUS"),
  begin,
};

// message = [ email / token ]
function begin({ backend }: SaslServer): Exchange {
  return {
    async next(response): Promise<Step> {
      if (response === undefined) {
        return { type: "challenge", bytes: new Uint8Array(0) };
      }
      const trace = traceOf(response);
      if (trace === undefined) {
        const text = `Expected at most ${MAX_CHARACTERS} printable characters`;
        return { type: "failure", text };
      }
      const identity = await backend!.anonymous!();
      if (identity === undefined) return { type: "rejection", user: undefined };
      return {
        type: "success",
        identity: { ...identity, anonymous: true },
        ...(trace === "" ? {} : { trace }),
      };
    },
  };
}

/**
 * What the profile "trace" of stringprep prohibits (RFC 4505 § 3, tables C.2 to C.9 of RFC 3454): control and
 * private use characters, those that are none, what stands for something else and what turns text around.
 */
const PROHIBITED =
  /[\p{Cc}\p{Co}\p{Cs}\p{Noncharacter_Code_Point}\u06dd\u070f\u180e\u200c-\u200f\u2028-\u202e\u2060-\u2063\u206a-\u206f\u2066-\u2069\u061c\u0340\u0341\ufeff\ufff9-\ufffd\u{1d173}-\u{1d17a}\u{e0000}-\u{e007f}]/u;

function traceOf(response: Uint8Array): string | undefined {
  if (response.length > 4 * MAX_CHARACTERS) return undefined;
  let text: string;
  try {
    text = UTF8.decode(response);
  } catch {
    return undefined;
  }
  const fits = [...text].length <= MAX_CHARACTERS && !PROHIBITED.test(text);
  return fits ? text : undefined;
}
