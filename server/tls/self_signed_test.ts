import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { X509Certificate } from "node:crypto";
import { makeCertificate } from "./self_signed.ts";
import { loadOrMakeCertificate } from "./self_signed_files.ts";
import { readServerCertificate } from "./server_certificate.ts";

Deno.test("a made certificate is no authority and names this machine", async () => {
  const pair = await makeCertificate(["mail.example.org"]);
  const certificate = new X509Certificate(pair.cert);
  assertEquals(certificate.ca, false);
  assert(certificate.checkHost("localhost"));
  assert(certificate.checkHost("mail.example.org"));
  assert(certificate.checkIP("127.0.0.1"));
  assertEquals(certificate.checkHost("example.com"), undefined);
  readServerCertificate(pair, {});
});

Deno.test("a pair is made once and kept, its key for the owner alone", async () => {
  const dir = await Deno.makeTempDir();
  try {
    const [cert, key] = [join(dir, "tls/a.crt"), join(dir, "tls/a.key")];
    const made = await loadOrMakeCertificate(cert, key);
    assertEquals(await loadOrMakeCertificate(cert, key), made);
    assertEquals((await Deno.stat(key)).mode! & 0o777, 0o600);
    await Deno.remove(cert);
    await assertRejects(
      () => loadOrMakeCertificate(cert, key),
      Error,
      "is there but",
    );
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("a key of another certificate and text that is no key are refused", async () => {
  const [a, b] = [await makeCertificate(), await makeCertificate()];
  assertThrows(
    () => readServerCertificate({ cert: a.cert, key: b.key }, {}),
    TypeError,
    "does not belong",
  );
  assertThrows(
    () => readServerCertificate({ cert: a.cert, key: "none" }, {}),
    TypeError,
    "key",
  );
  assertThrows(
    () => readServerCertificate({ cert: "none", key: a.key }, {}),
    TypeError,
    "certificate",
  );
});
