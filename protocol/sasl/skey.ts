/**
 * SKEY: RFC 1731 § 4, the one-time passwords of RFC 1760, which OTP has taken the place of.
 *
 * It rests on chains of MD4 folded to 64 bits. MD4 has been broken for long, and of the three hash functions that
 * OTP knows it is the weakest: this is for clients that know nothing else. Nothing but TLS protects the session.
 *
 * @module
 */

import type { Exchange, Step } from "./exchange.ts";
import { OCCUPIED } from "./otp.ts";
import { parseOtpWords } from "./otp_format.ts";
import { OTP_LENGTH } from "./otp_hash.ts";
import type { Mechanism, OtpLogin, SaslServer } from "./server.ts";

const encoder = new TextEncoder();
const UTF8 = new TextDecoder("utf-8", { fatal: true });

/** How many octets a name or six words may have. */
const MAX_RESPONSE = 255;

/** SKEY. */
export const skey: Mechanism = {
  name: "SKEY",
  isOffered: ({ backend }) =>
    backend?.otp !== undefined && backend.mechanisms.has("SKEY"),
  begin,
};

function begin({ backend }: SaslServer): Exchange {
  let user: string | undefined;
  let login: OtpLogin | undefined;
  return {
    async next(response): Promise<Step> {
      if (response === undefined) {
        return { type: "challenge", bytes: new Uint8Array(0) };
      }
      if (login !== undefined) {
        const password = parsePassword(response);
        const identity = password && await login.use(password);
        return identity === undefined
          ? { type: "rejection", user }
          : { type: "success", identity };
      }
      user = textOf(response);
      if (!user || user.includes("\0")) {
        return { type: "failure", text: "The response is not that of SKEY" };
      }
      login = await backend!.otp!(user, "md4");
      if (login === undefined) return OCCUPIED;
      // "the decimal sequence number followed by a single space and the seed string"
      const { sequence, seed } = login;
      return {
        type: "challenge",
        bytes: encoder.encode(`${sequence} ${seed}`),
      };
    },
    close: () => login?.close(),
  };
}

/** "either [...] a 64-bit value in network byte order or encoded in the six English words format" */
function parsePassword(response: Uint8Array): Uint8Array | undefined {
  if (response.length === OTP_LENGTH) return response;
  const text = textOf(response);
  return text === undefined ? undefined : parseOtpWords(text, "md4");
}

function textOf(bytes: Uint8Array): string | undefined {
  if (bytes.length > MAX_RESPONSE) return undefined;
  try {
    return UTF8.decode(bytes);
  } catch {
    return undefined;
  }
}
