/**
 * CRAM-MD5: RFC 2195. For clients that know nothing better and have no TLS: whoever listens can try passwords
 * against what was said, and the server has to know the password as it is.
 *
 * @module
 */

import { createHmac, timingSafeEqual } from "node:crypto";
import type { Exchange, Step } from "./exchange.ts";
import type { Mechanism, SaslServer } from "./server.ts";

const encoder = new TextEncoder();
const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** More bytes than this no answer has: a name of 255, a space and the digest. */
const MAX_LENGTH = 512;

/**
 * The mechanism.
 * @param makeDigits makes what is random in a challenge, in decimal digits, another each time
 */
export function cramMd5(makeDigits: () => string = randomDigits): Mechanism {
  return {
    name: "CRAM-MD5",
    isOffered: ({ backend }) =>
      backend?.password !== undefined && backend.mechanisms.has("CRAM-MD5"),
    begin: (server) => begin(server, makeDigits()),
  };
}

function begin(server: SaslServer, digits: string): Exchange {
  const time = Math.floor(server.now() / 1_000);
  // msg-id with random digits, a timestamp and the name of the server
  const challenge = `<${digits}.${time}@${server.hostname}>`;
  let challenged = false;
  return {
    async next(response): Promise<Step> {
      if (!challenged && response === undefined) {
        challenged = true;
        return { type: "challenge", bytes: encoder.encode(challenge) };
      }
      const answer = response && answerOf(response);
      // RFC 4422 § 3.3: where the server begins, the client sends nothing along.
      if (!challenged || answer === undefined) {
        return {
          type: "failure",
          text: "The response is not that of CRAM-MD5",
        };
      }
      const { user, digest } = answer;
      const known = await server.backend!.password!(user);
      // Of nobody a digest is made all the same, so that it takes as long.
      const right = createHmac("md5", known?.password ?? "")
        .update(challenge).digest("hex");
      const proved = timingSafeEqual(
        encoder.encode(right),
        encoder.encode(digest),
      );
      return proved && known !== undefined
        ? { type: "success", identity: known.identity }
        : { type: "rejection", user };
    },
  };
}

/** The user name, a space and the digest in hexadecimal digits. A name may have spaces, a digest has none. */
function answerOf(
  response: Uint8Array,
): { readonly user: string; readonly digest: string } | undefined {
  if (response.length > MAX_LENGTH) return undefined;
  let text: string;
  try {
    text = UTF8.decode(response);
  } catch {
    return undefined;
  }
  const match = /^([^\0]+) ([0-9a-f]{32})$/i.exec(text);
  if (match === null) return undefined;
  return { user: match[1]!, digest: match[2]!.toLowerCase() };
}

function randomDigits(): string {
  const [a, b] = crypto.getRandomValues(new BigUint64Array(2));
  return `${a}${b}`;
}
