/**
 * The messages of Kerberos 4. No RFC has them: they are those of the "Project Athena Technical Plan", section E.2.1,
 * and of the libraries that were made after it. RFC 1731 § 2 shows one, whose parts are as here.
 *
 * @module
 */

import { decryptPcbc, DES_BLOCK } from "./kerberos_v4_des.ts";

/** A principal, `name.instance@realm`. */
export interface KerberosV4Name {
  /** The user or the service. */
  readonly name: string;
  /** Empty for a user, the machine for a service. */
  readonly instance: string;
  /** The realm; empty for that of the service. */
  readonly realm: string;
}

/** What a client sends to prove itself: a ticket, and what shows that it is its own. */
export interface KerberosV4Request {
  /** The version of the service's key; 0 for whichever there is. */
  readonly keyVersion: number;
  /** The realm of the service. */
  readonly realm: string;
  /** For the service's key. */
  readonly ticket: Uint8Array;
  /** For the session key. */
  readonly authenticator: Uint8Array;
  /** Whether numbers in the authenticator have the byte of least weight first. */
  readonly littleEndian: boolean;
}

/** A ticket, decrypted. */
export interface KerberosV4Ticket {
  /** Whose it is. */
  readonly client: KerberosV4Name;
  /** The session key. */
  readonly sessionKey: Uint8Array;
  /** From when it is good, in seconds since 1970. */
  readonly begins: number;
  /** Until when, in seconds since 1970. */
  readonly ends: number;
  /** The service that it is for. */
  readonly service: string;
  /** The machine of the service. */
  readonly instance: string;
}

/** An authenticator, decrypted. */
export interface KerberosV4Authenticator {
  /** Who made it. */
  readonly client: KerberosV4Name;
  /** What the server has asked for: four bytes, as they stand there. */
  readonly checksum: Uint8Array;
  /** When it was made, in seconds since 1970. */
  readonly time: number;
}

const VERSION = 4;
const APPLICATION_REQUEST = 3 << 1;
const LITTLE_ENDIAN = 1;

/** The longest of names, instances and realms, in octets. */
const MAX_NAME = 39;

/** Takes a request apart; undefined for what is none. */
export function parseRequest(
  bytes: Uint8Array,
): KerberosV4Request | undefined {
  return parse(bytes, (reader) => {
    const version = reader.byte();
    const type = reader.byte();
    if (
      version !== VERSION || (type & ~LITTLE_ENDIAN) !== APPLICATION_REQUEST
    ) {
      throw MALFORMED;
    }
    const keyVersion = reader.byte();
    const realm = reader.text();
    const lengths = [reader.byte(), reader.byte()] as const;
    const [ticket, authenticator] = lengths.map((n) => reader.bytes(n));
    reader.end();
    const littleEndian = (type & LITTLE_ENDIAN) !== 0;
    return {
      ...{ keyVersion, realm, littleEndian },
      ...{ ticket: ticket!, authenticator: authenticator! },
    };
  });
}

/** Decrypts a ticket; undefined when the key is not the right one. */
export function openTicket(
  ticket: Uint8Array,
  key: Uint8Array,
): KerberosV4Ticket | undefined {
  return open(ticket, key, (reader) => {
    const flags = reader.byte();
    const client = reader.name();
    reader.bytes(4); // the address of the client, which translation of addresses changes
    const sessionKey = reader.bytes(DES_BLOCK);
    const life = reader.byte();
    const begins = reader.number((flags & LITTLE_ENDIAN) !== 0);
    const service = reader.text();
    const instance = reader.text();
    reader.padding();
    const ends = begins + lifetime(life);
    return { client, sessionKey, begins, ends, service, instance };
  });
}

/** Decrypts an authenticator; undefined when the key is not the right one. */
export function openAuthenticator(
  { authenticator, littleEndian }: KerberosV4Request,
  sessionKey: Uint8Array,
): KerberosV4Authenticator | undefined {
  return open(authenticator, sessionKey, (reader) => {
    const client = reader.name();
    const checksum = reader.bytes(4);
    reader.byte(); // a fraction of a second
    const time = reader.number(littleEndian);
    reader.padding();
    return { client, checksum, time };
  });
}

/** Seconds: up to 127 five minutes each, from 128 to 191 ever longer up to 30 days, then these; 255 has no end. */
function lifetime(life: number): number {
  if (life < 128) return life * 300;
  if (life === 255) return Infinity;
  const step = Math.min(life - 128, 63);
  return Math.round(38_400 * (2_592_000 / 38_400) ** (step / 63));
}

function open<T>(
  encrypted: Uint8Array,
  key: Uint8Array,
  read: (reader: Reader) => T,
): T | undefined {
  return encrypted.length % DES_BLOCK !== 0
    ? undefined
    : parse(decryptPcbc(key, encrypted), read);
}

function parse<T>(
  bytes: Uint8Array,
  read: (reader: Reader) => T,
): T | undefined {
  try {
    return read(new Reader(bytes));
  } catch (error) {
    if (error === MALFORMED) return undefined;
    throw error;
  }
}

const MALFORMED = new SyntaxError("This is no message of Kerberos 4");

/** Reads a message from its start to its end. */
class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  bytes(length: number): Uint8Array {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw MALFORMED;
    const bytes = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return bytes;
  }

  byte(): number {
    return this.bytes(1)[0]!;
  }

  number(littleEndian: boolean): number {
    const { buffer, byteOffset } = this.bytes(4);
    return new DataView(buffer).getUint32(byteOffset, littleEndian);
  }

  /** Printable ASCII, and a NUL. */
  text(): string {
    const end = this.#bytes.indexOf(0, this.#at);
    if (end < 0 || end - this.#at > MAX_NAME) throw MALFORMED;
    const octets = this.bytes(end - this.#at);
    this.byte();
    if (octets.some((octet) => octet < 0x21 || octet > 0x7e)) throw MALFORMED;
    return String.fromCharCode(...octets);
  }

  name(): KerberosV4Name {
    return { name: this.text(), instance: this.text(), realm: this.text() };
  }

  /** NULs up to the end of a block; some libraries add one whole block of them. */
  padding(): void {
    const rest = this.#bytes.subarray(this.#at);
    if (rest.length > DES_BLOCK || rest.some((octet) => octet !== 0)) {
      throw MALFORMED;
    }
  }

  end(): void {
    if (this.#at !== this.#bytes.length) throw MALFORMED;
  }
}
