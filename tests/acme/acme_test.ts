/** Certificates by ACME, from an authority on loopback. Real ones are asked in the tests with real clients. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { X509Certificate } from "node:crypto";
import { AcmeError } from "../../server/tls/acme/account.ts";
import {
  acmeFiles,
  AcmeKeeper,
  isDue,
  readAcmeCertificate,
} from "../../server/tls/acme/keeper.ts";
import { obtainByAcme } from "../../server/tls/acme/obtain.ts";
import type { AcmeOptions } from "../../server/tls/acme/options.ts";
import { makeCertificate } from "../../server/tls/self_signed.ts";
import { AcmeAuthority, type Habits } from "./authority.ts";

const HOSTS = ["mail.example.com", "imap.example.com"];

/** What a test has: an authority, the options to ask it by, a folder, and something that ends it all. */
interface Setting {
  readonly authority: AcmeAuthority;
  readonly options: AcmeOptions;
  readonly dir: string;
  readonly obtain: (
    domains?: readonly string[],
  ) => Promise<{ cert: string; key: string }>;
}

async function withAuthority(
  habits: Habits,
  test: (setting: Setting) => Promise<void>,
): Promise<void> {
  const dir = await Deno.makeTempDir();
  const httpPort = freePort();
  try {
    await using authority = await AcmeAuthority.start(httpPort, habits);
    const options: AcmeOptions = {
      domains: HOSTS,
      agreeTerms: true,
      email: "postmaster@example.com",
      directory: authority.directory,
      httpPort,
      httpHostname: "127.0.0.1",
    };
    const { signal } = new AbortController();
    const { account } = acmeFiles(dir);
    await test({
      ...{ authority, options, dir },
      obtain: (domains = HOSTS) =>
        obtainByAcme({ ...options, domains }, account, signal),
    });
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

Deno.test("a certificate for all hosts, with those that lead to its issuer", () =>
  withAuthority({}, async ({ obtain, authority, dir }) => {
    const { cert, key } = await obtain();
    const certificate = new X509Certificate(cert);
    for (const host of HOSTS) assert(certificate.checkHost(host));
    assertEquals(cert.match(/-----BEGIN CERTIFICATE-----/g)?.length, 2);
    assert(key.startsWith("-----BEGIN PRIVATE KEY-----\n"));
    const { account } = acmeFiles(dir);
    assertEquals((await Deno.stat(account)).mode! & 0o777, 0o600);
    // The account is found again, and so are the proofs; the key is another.
    authority.asked.length = 0;
    const again = await obtain();
    assert(again.key !== key);
    assert(!authority.asked.includes("POST /challenge"));
  }));

Deno.test("nonces that are refused", () =>
  withAuthority({ refusedNonces: 3 }, async ({ obtain }) => {
    assert((await obtain()).cert.length > 0);
  }));

Deno.test("an authority that takes no nonce at all is given up", () =>
  withAuthority({ refusedNonces: Infinity }, async ({ obtain, authority }) => {
    await assertRejects(() => obtain(), AcmeError, "badNonce");
    const tries = authority.asked.filter((one) => one === "POST /account");
    assertEquals(tries.length, 10);
  }));

Deno.test("what the authority has against it is told, in one line", () =>
  withAuthority({}, async ({ obtain }) => {
    await assertRejects(
      () => obtain(["mail.example.com", "not-ours.example.com"]),
      AcmeError,
      "not-ours.example.com is not yours (unauthorized)",
    );
  }));

Deno.test("the port for the proofs is free before and after", () =>
  withAuthority({}, async ({ obtain, options }) => {
    const { httpPort: port } = options;
    {
      using _taken = Deno.listen({ hostname: "127.0.0.1", port: port! });
      await assertRejects(() => obtain(), Deno.errors.AddrInUse);
    }
    await obtain();
    Deno.listen({ hostname: "127.0.0.1", port: port! }).close();
  }));

Deno.test("a directory that is none", async () => {
  const answers = ["no JSON", "[]", '"text"', "null", "{}", '{"newNonce":1}'];
  const { signal } = new AbortController();
  const file = await Deno.makeTempFile();
  await Deno.remove(file);
  for (const answer of answers) {
    await using server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      () => new Response(answer),
    );
    const options: AcmeOptions = {
      ...{ domains: HOSTS, agreeTerms: true, httpPort: freePort() },
      directory: `http://127.0.0.1:${server.addr.port}/`,
    };
    await assertRejects(() => obtainByAcme(options, file, signal), AcmeError);
  }
  await Deno.remove(file);
});

Deno.test("it is time where there is none, it is for others, or a third of its life is left", async () => {
  const pair = await makeCertificate(["mail.example.com"]);
  const { validFrom, validTo } = new X509Certificate(pair.cert);
  const [begins, expires] = [Date.parse(validFrom), Date.parse(validTo)];
  const life = expires - begins;
  const hosts = ["Mail.example.com"];
  assertEquals(isDue(undefined, hosts, begins), true);
  assertEquals(isDue(pair, hosts, begins), false);
  assertEquals(isDue(pair, hosts, expires - life * 0.34), false);
  assertEquals(isDue(pair, hosts, expires - life * 0.33), true);
  assertEquals(isDue(pair, hosts, expires + 1), true);
  assertEquals(isDue(pair, [...hosts, "imap.example.com"], begins), true);
});

Deno.test("the file is there once the certificate is, and stays while it is good", () =>
  withAuthority({}, async ({ options, authority, dir }) => {
    const files = acmeFiles(join(dir, "data"));
    const { certificate } = files;
    const first = new AcmeKeeper(options, files);
    const pair = await written(certificate);
    await first.close();
    assertEquals((await Deno.stat(certificate)).mode! & 0o777, 0o600);
    for (const host of HOSTS) {
      assert(new X509Certificate(pair.cert).checkHost(host));
    }
    authority.asked.length = 0;
    await new AcmeKeeper(options, files).close();
    assertEquals(authority.asked, []);
    // What is no certificate is none.
    await Deno.writeTextFile(certificate, pair.cert + "none");
    assertEquals(await readAcmeCertificate(certificate), undefined);
    const second = new AcmeKeeper(options, files);
    assert((await written(certificate)).key !== pair.key);
    await second.close();
  }));

/** Waits until a file has a certificate. */
async function written(path: string): Promise<{ cert: string; key: string }> {
  for (;;) {
    const pair = await readAcmeCertificate(path);
    if (pair !== undefined) return pair;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

Deno.test("a certificate that lacks a host is not taken", () =>
  withAuthority({ forgetful: true }, async ({ obtain }) => {
    await assertRejects(() => obtain(), AcmeError, "not for mail.example.com");
  }));
