import { assertEquals, assertRejects } from "@std/assert";
import type { Peer } from "./peer.ts";
import { ProxyHeaderError, readProxyHeader } from "./proxy_protocol.ts";

const encoder = new TextEncoder();

/** Reads a header cut into pieces of a length; what is left of the bytes comes along. */
async function read(
  bytes: Uint8Array,
  piece = bytes.length,
): Promise<{ peer: Peer | undefined; rest: Uint8Array }> {
  let at = 0;
  let unread = new Uint8Array(0);
  const peer = await readProxyHeader({
    read() {
      if (at >= bytes.length) return Promise.resolve(null);
      const next = bytes.subarray(at, at + piece);
      at += next.length;
      return Promise.resolve(next);
    },
    unread(given) {
      unread = given.slice();
    },
  });
  const rest = new Uint8Array([...unread, ...bytes.subarray(at)]);
  return { peer, rest };
}

/** A header of version 2. */
function v2(
  command: number,
  family: number,
  addresses: readonly number[],
  tlvs: readonly number[] = [],
): Uint8Array {
  const length = addresses.length + tlvs.length;
  return Uint8Array.of(
    ...[13, 10, 13, 10, 0, 13, 10, 81, 85, 73, 84, 10],
    ...[command, family, length >> 8, length & 255],
    ...addresses,
    ...tlvs,
  );
}

function joined(...parts: Uint8Array[]): Uint8Array {
  return new Uint8Array(parts.flatMap((part) => [...part]));
}

const V4 = [192, 0, 2, 1, 198, 51, 100, 2, 0xc3, 0x50, 0, 143];
const CLIENT = encoder.encode("a NOOP\r\n");

Deno.test("a line names the client, however it is cut; what follows is the client's", async () => {
  const line = encoder.encode(
    "PROXY TCP4 192.0.2.1 198.51.100.2 50000 143\r\n",
  );
  for (let piece = 1; piece < line.length + 3; piece++) {
    const { peer, rest } = await read(joined(line, CLIENT), piece);
    assertEquals(peer, {
      remote: "192.0.2.1:50000",
      address: "192.0.2.1",
      local: false,
      secure: false,
    });
    assertEquals(rest, CLIENT);
  }
});

Deno.test("IPv6 by line and by block", async () => {
  const line = "PROXY TCP6 2001:db8::1 2001:db8::2 1 2\r\n";
  const { peer } = await read(encoder.encode(line));
  assertEquals(peer?.remote, "[2001:db8::1]:1");
  const one = [0x20, 1, 0xd, 0xb8, ...Array(11).fill(0), 1];
  const two = [0x20, 1, 0xd, 0xb8, ...Array(11).fill(0), 2];
  const block = v2(0x21, 0x21, [...one, ...two, 0, 1, 0, 2]);
  assertEquals((await read(block)).peer, peer);
});

Deno.test("a block names the client, however it is cut", async () => {
  const block = v2(0x21, 0x11, V4, [0x04, 0, 1, 9]);
  for (let piece = 1; piece < block.length + 3; piece++) {
    const { peer, rest } = await read(joined(block, CLIENT), piece);
    assertEquals(peer?.remote, "192.0.2.1:50000");
    assertEquals(peer?.secure, false);
    assertEquals(rest, CLIENT);
  }
});

Deno.test("a block says whether the client speaks TLS", async () => {
  const ssl = (client: number) => [0x20, 0, 5, client, 0, 0, 0, 0];
  const secure = async (tlvs: number[]) =>
    (await read(v2(0x21, 0x11, V4, tlvs))).peer?.secure;
  assertEquals(await secure(ssl(1)), true);
  assertEquals(await secure([0x01, 0, 2, 104, 50, ...ssl(1)]), true);
  assertEquals(await secure(ssl(6)), false);
});

Deno.test("a block carries the name of a client's certificate that was verified", async () => {
  const tlv = (type: number, ...value: readonly number[]) => [
    type,
    value.length >> 8,
    value.length & 255,
    ...value,
  ];
  const version = tlv(0x21, ...encoder.encode("TLSv1.3"));
  const named = (name: Uint8Array) => [...version, ...tlv(0x22, ...name)];
  const certificate = async (
    client: number,
    verify: number,
    subs: readonly number[] = named(encoder.encode("Ålice")),
  ) => {
    const ssl = tlv(0x20, client, 0, 0, 0, verify, ...subs);
    return (await read(v2(0x21, 0x11, V4, ssl))).peer?.clientCertificate;
  };
  const alice = { commonNames: ["Ålice"], emails: [], fingerprint: "" };
  assertEquals(await certificate(1 | 2, 0), alice);
  assertEquals(await certificate(1 | 4, 0), alice);
  // Not verified, none shown, no TLS, no name, names that are none.
  assertEquals(await certificate(1 | 2, 1), undefined);
  assertEquals(await certificate(1, 0), undefined);
  assertEquals(await certificate(2 | 4, 0), undefined);
  assertEquals(await certificate(1 | 2, 0, version), undefined);
  for (const name of [[0x61, 0], [0x61, 10], [0xff, 0xfe]]) {
    const subs = named(Uint8Array.from(name));
    assertEquals(await certificate(1 | 2, 0, subs), undefined);
  }
  const cutOff = [[0x22, 0, 9, 0x61], [0x22, 0], [0x22]];
  for (const subs of cutOff) {
    await assertRejects(() => certificate(1 | 2, 0, subs), ProxyHeaderError);
  }
});

Deno.test("a proxy that speaks for itself, and one that does not know", async () => {
  assertEquals((await read(v2(0x20, 0, []))).peer, undefined);
  assertEquals((await read(v2(0x20, 0x11, V4))).peer, undefined);
  assertEquals((await read(v2(0x21, 0, [1, 2, 3]))).peer, undefined);
  for (const line of ["PROXY UNKNOWN\r\n", "PROXY UNKNOWN a b 1 2\r\n"]) {
    const { peer, rest } = await read(joined(encoder.encode(line), CLIENT));
    assertEquals(peer, undefined);
    assertEquals(rest, CLIENT);
  }
});

Deno.test("what is no header is refused, and after a bounded number of bytes", async () => {
  const lines = [
    "a LOGIN alice secret\r\n",
    "PROXY TCP4 192.0.2.1 198.51.100.2 50000\r\n",
    "PROXY TCP4 192.0.2.256 198.51.100.2 1 2\r\n",
    "PROXY TCP4 192.0.2.1 198.51.100.2 65536 2\r\n",
    "PROXY TCP4 192.0.2.1 198.51.100.2 01 2\r\n",
    "PROXY TCP4 192.0.2.1 198.51.100.2 1 2 3\r\n",
    "PROXY TCP4 2001:db8::1 2001:db8::2 1 2\r\n",
    "PROXY TCP6 zzzz::1 2001:db8::2 1 2\r\n",
    "PROXY TCP4 192.0.2.1 198.51.100.2 1 2\n",
    "PROXY UDP4 192.0.2.1 198.51.100.2 1 2\r\n",
    `PROXY ${"x".repeat(200)}\r\n`,
    "PROXY ",
    "",
    "\r\n\r\n0123456789",
  ];
  const blocks = [
    v2(0x11, 0x11, V4),
    v2(0x22, 0x11, V4),
    v2(0x21, 0x11, V4.slice(1)),
    v2(0x21, 0x11, V4, [0x20, 0, 9, 1]),
    v2(0x21, 0x11, V4).subarray(0, 20),
    joined(v2(0x21, 0x11, V4).subarray(0, 14), Uint8Array.of(255, 255)),
  ];
  for (const bytes of [...lines.map((l) => encoder.encode(l)), ...blocks]) {
    await assertRejects(() => read(bytes, 7), ProxyHeaderError);
  }
});
