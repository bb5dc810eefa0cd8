import { assert, assertEquals, assertThrows } from "@std/assert";
import { connect } from "node:tls";
import { serve } from "../../mod.ts";
import { HostNames } from "./host_names.ts";
import { makeCertificate } from "./self_signed.ts";
import { TlsService } from "./tls_service.ts";

const first = await makeCertificate(["mail.example.com"]);
const second = await makeCertificate(["mail.example.org"]);

Deno.test("names are found exactly, then by a wildcard for one label", () => {
  const names = new HostNames<number>();
  names.add("Mail.Example.com", 1);
  names.add("*.example.com", 2);
  names.add("*.example.com", 3);
  names.add("m*.example.org", 4);
  assertEquals(names.get("MAIL.example.COM"), 1);
  assertEquals(names.get("imap.example.com"), 2);
  for (
    const name of [
      "a.b.example.com",
      "example.com",
      ".example.com",
      "",
      "mx.example.org",
    ]
  ) {
    assertEquals(names.get(name), undefined, name);
  }
});

/** The fingerprint of the certificate that a client gets, or undefined when there is no handshake. */
function fingerprint(
  port: number,
  servername: string,
  maxVersion: "TLSv1.2" | "TLSv1.3" = "TLSv1.3",
): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const socket = connect({
    host: "127.0.0.1",
    port,
    servername,
    maxVersion,
    rejectUnauthorized: false,
  }, () => {
    const { raw } = socket.getPeerCertificate();
    resolve(new Uint8Array(raw).toBase64().slice(0, 200));
    socket.destroy();
  });
  socket.on("error", () => resolve(undefined));
  socket.on("close", () => resolve(undefined));
  return promise;
}

/** A certificate's first bytes, as {@linkcode fingerprint} gives them. */
function start(pem: string): string {
  return pem.split("\n").slice(1).join("").slice(0, 200);
}

Deno.test("a client gets the certificate of the host that it names, or the first", async () => {
  await using server = serve({
    listeners: [{ kind: "imaps", port: 0 }],
    tls: { ...first, certificates: [second] },
    onListen: () => {},
  });
  const { port } = server.addr;
  assertEquals(await fingerprint(port, "mail.example.com"), start(first.cert));
  assertEquals(await fingerprint(port, "mail.example.org"), start(second.cert));
  assertEquals(await fingerprint(port, "other.example"), start(first.cert));
  server.reload({ tls: second });
  assertEquals(await fingerprint(port, "mail.example.com"), start(second.cert));
});

Deno.test("a version below the least gets no handshake", async () => {
  const begin = (minVersion: "TLSv1.2" | "TLSv1.3") =>
    serve({
      listeners: [{ kind: "imaps", port: 0 }],
      tls: { ...first, minVersion },
      onListen: () => {},
    });
  await using old = begin("TLSv1.2");
  await using recent = begin("TLSv1.3");
  assert(await fingerprint(old.addr.port, "x.example", "TLSv1.2"));
  assert(await fingerprint(recent.addr.port, "x.example", "TLSv1.3"));
  assertEquals(
    await fingerprint(recent.addr.port, "x.example", "TLSv1.2"),
    undefined,
  );
});

Deno.test("certificates that cannot be are refused at once", () => {
  assertThrows(
    () => new TlsService({ cert: first.cert, key: second.key }),
    TypeError,
    "does not belong",
  );
  assertThrows(
    () => new TlsService({ ...first, minVersion: "TLSv1.1" as never }),
    TypeError,
    "no version",
  );
  assertThrows(
    () => new TlsService({ ...first, certificates: [{ cert: "x", key: "y" }] }),
    TypeError,
    "cannot be read",
  );
});
