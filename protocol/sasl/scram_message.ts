/**
 * What a client says in SCRAM: RFC 5802 § 7.
 *
 * @module
 */

/** How a client stands to channel binding: it cannot, it could if the server did, it does. */
export type BindingFlag = "n" | "y" | "p";

/** A client-first-message. */
export interface ClientFirst {
  /** gs2-cbind-flag. */
  readonly flag: BindingFlag;
  /** The channel binding that it chose, for `p`. */
  readonly binding: string | undefined;
  /** authzid, quoting undone. */
  readonly authzid: string | undefined;
  /** username, quoting undone. */
  readonly user: string;
  /** c-nonce. */
  readonly nonce: string;
  /** gs2-header. */
  readonly header: string;
  /** client-first-message-bare. */
  readonly bare: string;
}

/** A client-final-message. */
export interface ClientFinal {
  /** channel-binding, in base64. */
  readonly binding: string;
  /** nonce. */
  readonly nonce: string;
  /** proof. */
  readonly proof: Uint8Array;
  /** client-final-message-without-proof. */
  readonly withoutProof: string;
}

/** More bytes than this no message has: two names of 255 bytes with every one of them quoted, and nonces. */
const MAX_LENGTH = 4_096;

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

// printable  = %x21-2B / %x2D-7E
const PRINTABLE = "[\\x21-\\x2b\\x2d-\\x7e]+";
// extensions = attr-val *("," attr-val); the letters that have a meaning are none, a mandatory one (m) above all
const EXTENSIONS = "(?:,(?![aceimnprsv])[A-Za-z]=[^,]+)*";
const BASE64 = "[A-Za-z0-9+/=]+";

// client-first-message = gs2-header client-first-message-bare
// gs2-header           = gs2-cbind-flag "," [ authzid ] ","
// gs2-cbind-flag       = ("p=" cb-name) / "n" / "y"
// client-first-message-bare = [reserved-mext ","] username "," nonce ["," extensions]
const CLIENT_FIRST = new RegExp(
  `^((n|y|p(?==))(?:=([A-Za-z0-9.-]+))?,(?:a=([^,]+))?,)(n=([^,]+),r=(${PRINTABLE})${EXTENSIONS})$`,
);

// client-final-message               = client-final-message-without-proof "," proof
// client-final-message-without-proof = channel-binding "," nonce ["," extensions]
const CLIENT_FINAL = new RegExp(
  `^(c=(${BASE64}),r=(${PRINTABLE})${EXTENSIONS}),p=(${BASE64})$`,
);

/** Reads a client-first-message; undefined for what is none. */
export function parseClientFirst(bytes: Uint8Array): ClientFirst | undefined {
  const match = CLIENT_FIRST.exec(textOf(bytes));
  if (match === null) return undefined;
  const [, header, flag, binding, authzid, bare, name, nonce] = match;
  if ((flag === "p") !== (binding !== undefined)) return undefined;
  const user = unquote(name!);
  const acting = authzid === undefined ? undefined : unquote(authzid);
  if (user === undefined || (authzid !== undefined && acting === undefined)) {
    return undefined;
  }
  return {
    flag: flag as BindingFlag,
    binding,
    authzid: acting,
    user,
    nonce: nonce!,
    header: header!,
    bare: bare!,
  };
}

/** Reads a client-final-message; undefined for what is none. */
export function parseClientFinal(bytes: Uint8Array): ClientFinal | undefined {
  const match = CLIENT_FINAL.exec(textOf(bytes));
  if (match === null) return undefined;
  const [, withoutProof, binding, nonce, base64] = match;
  try {
    const proof = Uint8Array.fromBase64(base64!, {
      lastChunkHandling: "strict",
    });
    return {
      binding: binding!,
      nonce: nonce!,
      proof,
      withoutProof: withoutProof!,
    };
  } catch {
    return undefined;
  }
}

/** The text of a message; empty, which no message is, for what has none. */
function textOf(bytes: Uint8Array): string {
  if (bytes.length > MAX_LENGTH || bytes.includes(0)) return "";
  try {
    return UTF8.decode(bytes);
  } catch {
    return "";
  }
}

// saslname = 1*(value-safe-char / "=2C" / "=3D")
function unquote(name: string): string | undefined {
  return /=(?!2C|3D)/.test(name)
    ? undefined
    : name.replaceAll("=2C", ",").replaceAll("=3D", "=");
}
