/**
 * The PROXY protocol, versions 1 and 2 (haproxy's proxy-protocol.txt, 2020): what a proxy in front of the
 * server says of the client before the client's own bytes.
 *
 * @module
 */

import type { ClientCertificate } from "../protocol/sasl/server.ts";
import { type Peer, peerAt } from "./peer.ts";

/** Where a header is read from. */
export interface HeaderSource {
  /** Waits for bytes; null at the end. */
  read(expected: number): Promise<Uint8Array | null>;
  /** Takes back what was read too far: the next read begins with it. */
  unread(bytes: Uint8Array): void;
}

/** What came is no header, or not in time. */
export class ProxyHeaderError extends Error {
  /** Says what is wrong with it. */
  constructor(message: string) {
    super(message);
    this.name = "ProxyHeaderError";
  }
}

/** `PROXY ` and its line in full, CRLF included (§ 2.1). */
const MAX_LINE = 107;
const V1 = new TextEncoder().encode("PROXY ");
/** CR LF CR LF NUL CR LF "QUIT" LF (§ 2.2). */
const V2 = Uint8Array.of(13, 10, 13, 10, 0, 13, 10, 81, 85, 73, 84, 10);
/** Signature, version and command, family, length. */
const V2_HEAD = 16;
/** More than addresses and what proxies have to say; the protocol allows 65,535. */
const MAX_V2 = 4_096;
/** A TLV with what is known of TLS (§ 2.2.6), and what it begins with: bits of the client, result of the check. */
const TYPE_SSL = 0x20;
const SSL_HEAD = 5;
const CLIENT_SSL = 0x01;
/** The client has shown a certificate, on this connection or earlier in its TLS session. */
const CLIENT_CERT = 0x02 | 0x04;
/** A TLV inside it with the common name of the client's certificate, in UTF-8. */
const SUBTYPE_SSL_CN = 0x22;

/**
 * Reads the header at the start of a connection.
 * @returns the client, or undefined when the proxy speaks for itself (a health check) or does not know
 * @throws {ProxyHeaderError} when what comes is no header
 */
export async function readProxyHeader(
  source: HeaderSource,
): Promise<Peer | undefined> {
  const reader = new HeaderReader(source);
  const start = await reader.take(V1.length);
  if (startsWith(start, V1)) {
    return peerOfLine(await reader.line(V1.length));
  }
  if (!startsWith(start, V2.subarray(0, V1.length))) {
    throw new ProxyHeaderError("There is no PROXY header");
  }
  const head = await reader.take(V2_HEAD);
  if (!startsWith(head, V2)) throw new ProxyHeaderError("Bad signature");
  const length = head[14]! << 8 | head[15]!;
  if (length > MAX_V2) throw new ProxyHeaderError("The header is too long");
  const all = await reader.take(V2_HEAD + length);
  reader.end(V2_HEAD + length);
  return peerOfBlock(all);
}

/** Bytes from the start of a connection on, gathered until there are enough. */
class HeaderReader {
  readonly #source: HeaderSource;
  #bytes = new Uint8Array(0);

  constructor(source: HeaderSource) {
    this.#source = source;
  }

  /** The first `count` bytes. */
  async take(count: number): Promise<Uint8Array> {
    while (this.#bytes.length < count) {
      await this.#more(count - this.#bytes.length);
    }
    return this.#bytes.subarray(0, count);
  }

  /** The rest of the line that begins at the start, without CRLF. */
  async line(from: number): Promise<string> {
    for (;;) {
      const end = this.#bytes.indexOf(10, from);
      if (end >= 0) {
        if (this.#bytes[end - 1] !== 13 || end >= MAX_LINE) break;
        const line = this.#bytes.subarray(from, end - 1);
        this.end(end + 1);
        return String.fromCharCode(...line);
      }
      if (this.#bytes.length >= MAX_LINE) break;
      await this.#more(1);
    }
    throw new ProxyHeaderError("The line does not end as it should");
  }

  /** The header is this long; the rest is the client's. */
  end(length: number): void {
    const rest = this.#bytes.subarray(length);
    if (rest.length > 0) this.#source.unread(rest);
  }

  async #more(expected: number): Promise<void> {
    const bytes = await this.#source.read(expected);
    if (bytes === null) {
      throw new ProxyHeaderError("The connection ended in its header");
    }
    const all = new Uint8Array(this.#bytes.length + bytes.length);
    all.set(this.#bytes);
    all.set(bytes, this.#bytes.length);
    this.#bytes = all;
  }
}

/** What stands behind `PROXY ` in a header of version 1. */
function peerOfLine(line: string): Peer | undefined {
  if (line === "UNKNOWN" || line.startsWith("UNKNOWN ")) return undefined;
  const [family, from = "", to = "", fromPort, toPort, ...more] = line.split(
    " ",
  );
  const pattern = family === "TCP4"
    ? IPV4
    : family === "TCP6"
    ? IPV6
    : undefined;
  const known = pattern?.test(from) && pattern.test(to) && more.length === 0;
  if (!known) throw new ProxyHeaderError("The line names no addresses");
  return peerAt(
    { hostname: from, port: portOf(fromPort) },
    { hostname: to, port: portOf(toPort) },
  );
}

const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/;
const IPV6 = /^(?=[^:]*:[^:]*:)[0-9a-fA-F:]{2,39}$/;

function portOf(text = ""): number {
  const port = /^(0|[1-9]\d{0,4})$/.test(text) ? Number(text) : NaN;
  if (!(port <= 65_535)) throw new ProxyHeaderError("A port is none");
  return port;
}

/** A header of version 2, all of it. */
function peerOfBlock(block: Uint8Array): Peer | undefined {
  const command = block[12]!;
  if (command === 0x20) return undefined;
  if (command !== 0x21) throw new ProxyHeaderError("There is no such command");
  const family = block[13]!;
  const size = family === 0x11 ? 4 : family === 0x21 ? 16 : undefined;
  // Other families, such as UNSPEC, are to be taken as coming from the proxy (§ 2.2).
  if (size === undefined) return undefined;
  const view = new DataView(block.buffer, block.byteOffset + V2_HEAD);
  const ends = size * 2 + 4;
  if (block.length < V2_HEAD + ends) {
    throw new ProxyHeaderError("The addresses are cut off");
  }
  const address = (at: number, port: number) => ({
    hostname: size === 4 ? ipv4(view, at) : ipv6(view, at),
    port: view.getUint16(port),
  });
  const ssl = tlvsOf(block.subarray(V2_HEAD + ends)).get(TYPE_SSL);
  const peer = peerAt(
    address(0, size * 2),
    address(size, size * 2 + 2),
    ssl !== undefined && (ssl[0]! & CLIENT_SSL) !== 0,
  );
  const clientCertificate = peer.secure ? certificateOf(ssl!) : undefined;
  return clientCertificate === undefined
    ? peer
    : { ...peer, clientCertificate };
}

/** The values of a list by their types: of each the first. */
function tlvsOf(bytes: Uint8Array): Map<number, Uint8Array> {
  const values = new Map<number, Uint8Array>();
  for (let at = 0; at < bytes.length;) {
    const end = at + 3 + (bytes[at + 1]! << 8 | bytes[at + 2]!);
    if (!(at + 3 <= end && end <= bytes.length)) {
      throw new ProxyHeaderError("A value is cut off");
    }
    const type = bytes[at]!;
    if (!values.has(type)) values.set(type, bytes.subarray(at + 3, end));
    at = end;
  }
  return values;
}

/** The client's certificate by what the proxy says of TLS, where the proxy has verified one. */
function certificateOf(ssl: Uint8Array): ClientCertificate | undefined {
  if (ssl.length < SSL_HEAD) throw new ProxyHeaderError("A value is cut off");
  const verified = ssl.subarray(1, SSL_HEAD).every((byte) => byte === 0);
  if ((ssl[0]! & CLIENT_CERT) === 0 || !verified) return undefined;
  const name = tlvsOf(ssl.subarray(SSL_HEAD)).get(SUBTYPE_SSL_CN);
  if (name === undefined) return undefined;
  const commonName = new TextDecoder().decode(name);
  // deno-lint-ignore no-control-regex -- what is no text in a name makes it none to believe
  if (/[\x00-\x1f\x7f\ufffd]/.test(commonName)) return undefined;
  // Of the rest the protocol has nothing to say.
  return { commonNames: [commonName], emails: [], fingerprint: "" };
}

function ipv4(view: DataView, at: number): string {
  return [0, 1, 2, 3].map((index) => view.getUint8(at + index)).join(".");
}

function ipv6(view: DataView, at: number): string {
  const groups = Array.from(
    { length: 8 },
    (_, index) => view.getUint16(at + index * 2).toString(16),
  );
  // The platform writes an address in its short form (RFC 5952).
  return new URL(`http://[${groups.join(":")}]/`).hostname.slice(1, -1);
}

function startsWith(bytes: Uint8Array, prefix: Uint8Array): boolean {
  return prefix.every((byte, index) => bytes[index] === byte);
}
