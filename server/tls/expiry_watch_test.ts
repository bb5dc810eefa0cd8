import { assertEquals } from "@std/assert";
import { expiryNotices } from "./expiry_watch.ts";
import { makeCertificate } from "./self_signed.ts";
import { readServerCertificate } from "./server_certificate.ts";

const HOUR = 3_600_000;

Deno.test("a certificate is talked of for its last two weeks, and when it is over", async () => {
  const pair = await makeCertificate(["mail.example.com"]);
  const certificate = readServerCertificate(pair, {});
  const { expires } = certificate;
  const noticesAt = (time: number) =>
    expiryNotices([certificate], time).map(({ level, about }) => [
      level,
      about.hosts,
    ]);
  const hosts = "localhost mail.example.com";
  assertEquals(noticesAt(Date.now()), []);
  assertEquals(noticesAt(expires - 15 * 24 * HOUR), []);
  assertEquals(noticesAt(expires - 14 * 24 * HOUR), [["warning", hosts]]);
  assertEquals(noticesAt(expires - HOUR), [["warning", hosts]]);
  assertEquals(noticesAt(expires), [["error", hosts]]);
  const [notice] = expiryNotices([certificate, certificate], expires + HOUR);
  assertEquals(notice!.about.expires, new Date(expires).toISOString());
});
