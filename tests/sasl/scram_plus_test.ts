/**
 * SCRAM-SHA-256-PLUS over TLS: bound to the certificate that the client has seen (RFC 5929 § 4).
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { serve } from "../../server/mod.ts";
import { testCertificate } from "../../testing/certificate.ts";
import { LineConnection, logInByScram } from "./login_lines.ts";
import { ScramClient } from "./scram_client.ts";

const FLAG = "p=tls-server-end-point";
const NAMES = ["SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"];

/** The hash of a certificate that is signed with SHA-256. */
async function endPoint(pem: string): Promise<Uint8Array> {
  const base64 = pem.replace(/-----END[^]*/, "").replace(/-----[^-]*-----/, "");
  const der = Uint8Array.fromBase64(base64);
  return new Uint8Array(await crypto.subtle.digest("SHA-256", der));
}

async function overTls(port: number, cert: string): Promise<LineConnection> {
  const options = { hostname: "localhost", port, caCerts: [cert] };
  return await LineConnection.begin(await Deno.connectTls(options));
}

async function overStartTls(
  port: number,
  cert: string,
): Promise<LineConnection> {
  const plain = await Deno.connect({ hostname: "localhost", port });
  const greeting = await heard(plain);
  assert(!greeting.includes("-PLUS"), greeting);
  await plain.write(new TextEncoder().encode("s STARTTLS\r\n"));
  assertMatch(await heard(plain), /^s OK/);
  const options = { hostname: "localhost", caCerts: [cert] };
  const conn = await Deno.startTls(plain, options);
  return LineConnection.over(conn);
}

/** What has come: a line, as nobody has said more. */
async function heard(conn: Deno.Conn): Promise<string> {
  const buffer = new Uint8Array(4_096);
  let text = "";
  while (!text.endsWith("\r\n")) {
    const length = await conn.read(buffer);
    assert(length !== null);
    text += new TextDecoder().decode(buffer.subarray(0, length));
  }
  return text;
}

for (const kind of ["imaps", "imap"] as const) {
  Deno.test(`-PLUS on ${kind}`, async () => {
    const tls = await testCertificate();
    await using server = serve({
      listeners: [{ kind, port: 0 }],
      users: { alice: "secret" },
      tls,
      sasl: { mechanisms: [...NAMES, "PLAIN"] },
      limits: { failedLoginDelay: 0 },
    });
    const connect = kind === "imaps" ? overTls : overStartTls;
    using connection = await connect(server.addr.port, tls.cert);
    const list = await connection.hears("a CAPABILITY");
    assertEquals(
      list.match(/AUTH=\S+/g),
      [...NAMES, "PLAIN"].map((name) => `AUTH=${name}`),
    );
    await connection.hear();
    const logIn = (mechanism: string, flag: string, binding?: Uint8Array) =>
      logInByScram(
        connection,
        `a AUTHENTICATE ${mechanism}`,
        new ScramClient("alice", "secret", {
          flag,
          ...(binding === undefined ? {} : { binding }),
        }),
      );
    const seen = await endPoint(tls.cert);
    const other = new Uint8Array(32);
    assertMatch((await logIn(NAMES[0]!, FLAG, other)).answer!, /^a NO/);
    assertMatch((await logIn(NAMES[1]!, "y")).answer!, /^a NO/);
    const { answer, proved } = await logIn(NAMES[0]!, FLAG, seen);
    assertMatch(answer!, /^a OK/);
    assert(proved);
  });
}
