/** Which certificates of clients are believed, by real handshakes with `node:tls`. */

import { assertEquals, assertThrows } from "@std/assert";
import { X509Certificate } from "node:crypto";
import { connect } from "node:tls";
import type { ClientCertificate } from "../../protocol/sasl/server.ts";
import { Authority } from "../../tests/sasl/authority.ts";
import type { CertificatePair, TlsOptions, TlsVersion } from "../options.ts";
import { Server } from "../server.ts";
import { ClientCertificates } from "./client_certificates.ts";
import { makeCertificate } from "./self_signed.ts";

const DAY = 24 * 3_600_000;
const own = await makeCertificate(["mail.example.com"]);
const other = await makeCertificate(["mail.example.org"]);
const authority = await Authority.make();
const stranger = await Authority.make();
const alice = await authority.issue("Alice", "alice@example.org");
const mallory = await stranger.issue("Alice", "alice@example.org");

/** A server that tells nobody but this test what it knows of a client. */
class Watch implements AsyncDisposable {
  readonly server: Server;
  readonly #known: (ClientCertificate | undefined)[] = [];

  constructor(tls: Partial<TlsOptions>) {
    const handler = async (
      stream: {
        readonly clientCertificate?: ClientCertificate | undefined;
        write(bytes: Uint8Array): Promise<void>;
      },
    ) => {
      this.#known.push(stream.clientCertificate);
      await stream.write(new TextEncoder().encode("x"));
    };
    this.server = new Server({
      listeners: [{ kind: "imaps", port: 0 }],
      tls: { ...own, ...tls },
      onListen: () => {},
    }, { imap: handler, pop3: handler, lmtp: handler });
  }

  /** The common names that are known of a client. */
  async meet(
    pair: CertificatePair | undefined,
    servername: string,
    maxVersion: TlsVersion = "TLSv1.3",
  ): Promise<readonly string[] | undefined> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const socket = connect({
      ...{ host: "127.0.0.1", port: this.server.addr.port, servername },
      ...{ maxVersion, rejectUnauthorized: false },
      ...pair,
    });
    socket.on("error", reject);
    socket.once("data", () => resolve());
    await promise;
    await new Promise((closed) => {
      socket.once("close", closed);
      socket.destroy();
    });
    return this.#known.pop()?.commonNames;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.server.shutdown();
  }
}

for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
  Deno.test(`${version}: a certificate of a known authority is believed, no other`, async () => {
    await using watch = new Watch({ clientCa: authority.cert });
    const meet = (name: string, pair?: CertificatePair) =>
      watch.meet(pair, `${name}${version.at(-1)}.example`, version);
    assertEquals(await meet("a", alice), ["Alice"]);
    assertEquals(await meet("b", mallory), undefined);
    assertEquals(await meet("c"), undefined);
  });
}

Deno.test("a session that is resumed makes no certificate better than it was", () => {
  const clients = new ClientCertificates(authority.cert);
  const of = (
    pair: CertificatePair,
    resumed: boolean,
    authorized = true,
    now = Date.now(),
  ) =>
    clients.of({
      authorized,
      isSessionReused: () => resumed,
      getPeerX509Certificate: () => new X509Certificate(pair.cert),
    }, now)?.commonNames;
  // The platform says of every session that is resumed that it is authorized.
  assertEquals(of(mallory, false, false), undefined);
  assertEquals(of(mallory, true), undefined);
  assertEquals(of(alice, true), undefined);
  assertEquals(of(alice, false), ["Alice"]);
  assertEquals(of(alice, true), ["Alice"]);
  assertEquals(of(mallory, true), undefined);
  // It is for as long as the certificate is.
  assertEquals(of(alice, true, true, Date.now() + DAY), undefined);
  assertEquals(of(alice, false, true, Date.now() + DAY), undefined);
});

Deno.test("clients are not asked where no authority is known", async () => {
  await using watch = new Watch({});
  assertEquals(await watch.meet(alice, "f.example"), undefined);
});

Deno.test("whichever certificate the client gets", async () => {
  const tls = { certificates: [other], clientCa: authority.cert };
  await using watch = new Watch(tls);
  for (const name of ["mail.example.com", "mail.example.org"]) {
    assertEquals(await watch.meet(alice, name), ["Alice"]);
  }
});

Deno.test("other authorities begin anew, the same ones go on", async () => {
  await using watch = new Watch({ clientCa: authority.cert });
  const tls = { ...own, clientCa: authority.cert };
  assertEquals(await watch.meet(alice, "g.example"), ["Alice"]);
  watch.server.reload({ tls });
  const again = await watch.meet(alice, "g.example");
  assertEquals(again, ["Alice"]);
  watch.server.reload({ tls: { ...tls, clientCa: stranger.cert } });
  assertEquals(await watch.meet(alice, "g.example"), undefined);
  assertEquals(await watch.meet(mallory, "h.example"), ["Alice"]);
});

Deno.test("authorities that are none are refused at once", () => {
  for (const text of ["", "none", own.key]) {
    assertThrows(() => new ClientCertificates(text), TypeError, "no certif");
  }
  const broken = authority.cert.replace(/\nMII/, "\nAAA");
  assertThrows(
    () => new ClientCertificates(authority.cert + broken),
    TypeError,
    "cannot be read",
  );
});
