/** Item 2: STARTTLS where there is nothing to start. */

import { assertMatch } from "@std/assert";
import { serve } from "../../mod.ts";
import { testCertificate } from "../../testing/certificate.ts";
import { Wire } from "./wire.ts";

const tls = await testCertificate();
const options = {
  port: 0,
  onListen: () => {},
  users: { alice: "secret" },
};

Deno.test("a second STARTTLS is BAD, and the session goes on under the first", async () => {
  await using server = serve({ ...options, tls });
  using wire = await Wire.open(server.addr.port);
  await wire.until(/\r\n/);
  assertMatch(await wire.ask("a STARTTLS"), /^a OK /m);
  await wire.startTls(tls.cert);
  assertMatch(await wire.ask("b STARTTLS"), /^b BAD /m);
  assertMatch(await wire.ask("c NOOP"), /^c OK /m);
  assertMatch(await wire.ask("d LOGIN alice secret"), /^d OK /m);
  assertMatch(await wire.ask("e STARTTLS"), /^e BAD /m);
});

Deno.test("STARTTLS after a login is BAD, selected or not", async () => {
  await using server = serve({ ...options, tls });
  using wire = await Wire.open(server.addr.port);
  await wire.until(/\r\n/);
  assertMatch(await wire.ask("a LOGIN alice secret"), /^a OK /m);
  assertMatch(await wire.ask("b STARTTLS"), /^b BAD /m);
  assertMatch(await wire.ask("c SELECT INBOX"), /^c OK /m);
  assertMatch(await wire.ask("d STARTTLS"), /^d BAD /m);
  assertMatch(await wire.ask("e NOOP"), /^e OK /m);
});

Deno.test("STARTTLS with an argument, without a certificate, or on a port of TLS is BAD", async () => {
  await using with_ = serve({ ...options, tls });
  using first = await Wire.open(with_.addr.port);
  await first.until(/\r\n/);
  assertMatch(await first.ask("a STARTTLS now"), /^a BAD /m);
  assertMatch(await first.ask("b CAPABILITY"), / STARTTLS[ \r]/);
  await using without = serve(options);
  using second = await Wire.open(without.addr.port);
  await second.until(/\r\n/);
  assertMatch(await second.ask("a STARTTLS"), /^a BAD /m);
  const listeners = [{ kind: "imaps" as const, port: 0 }];
  await using implicit = serve({ ...options, listeners, tls });
  using third = await Wire.open(implicit.addr.port);
  await third.startTls(tls.cert);
  assertMatch(await third.until(/\r\n/), /^\* OK /);
  assertMatch(await third.ask("a STARTTLS"), /^a BAD /m);
});
