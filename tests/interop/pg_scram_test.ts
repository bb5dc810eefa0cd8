/**
 * SCRAM of node-postgres, the one client at hand that binds to a certificate as we do (`tls-server-end-point`, RFC 5929
 * § 4). It speaks no IMAP, which is spoken for it here; and PostgreSQL knows the user from elsewhere, so that in SCRAM
 * the name is always `*`.
 *
 * @module
 */

import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { connect, type TLSSocket } from "node:tls";
import * as sasl from "pg-sasl";
import { saslTest } from "./sasl_server.ts";

const PLUS = "SCRAM-SHA-256-PLUS";

/** A connection over TLS that answers line by line. */
class Line implements Disposable {
  readonly socket: TLSSocket;
  readonly #lines: AsyncIterator<string>;

  constructor(port: number, ca: string) {
    this.socket = connect({ port, host: "127.0.0.1", ca });
    this.#lines = linesOf(this.socket);
  }

  async hear(): Promise<string> {
    const { value } = await this.#lines.next();
    return value ?? "";
  }

  async ask(line: string): Promise<string> {
    this.socket.write(`${line}\r\n`);
    return await this.hear();
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }
}

async function* linesOf(socket: TLSSocket): AsyncGenerator<string, void> {
  let text = "";
  for await (const chunk of socket) {
    text += chunk;
    for (
      let end;
      (end = text.indexOf("\r\n")) >= 0;
      text = text.slice(end + 2)
    ) {
      yield text.slice(0, end);
    }
  }
}

await saslTest(
  "node-postgres binds to the certificate",
  [],
  { users: { "*": "secret" }, sasl: { mechanisms: [PLUS, "SCRAM-SHA-256"] } },
  async ({ ports, certificate, said }) => {
    const ca = await Deno.readTextFile(certificate);
    /** Logs in as if the connection were the one of a stream. */
    const logIn = async (password: string, offered: string[], other?: Line) => {
      using line = new Line(ports.imaps, ca);
      assertMatch(await line.hear(), /AUTH=SCRAM-SHA-256-PLUS /);
      const stream = (other ?? line).socket;
      const session = sasl.startSession(offered, stream);
      const first = await line.ask(
        `a AUTHENTICATE ${session.mechanism} ${btoa(session.response)}`,
      );
      if (!first.startsWith("+ ")) return first;
      const challenge = atob(first.slice(2));
      await sasl.continueSession(session, password, challenge, stream);
      const last = await line.ask(btoa(session.response));
      if (!last.startsWith("+ ")) return last;
      // It throws where the server has not proved to know the password.
      sasl.finalizeSession(session, atob(last.slice(2)));
      return await line.ask("");
    };
    const all = [PLUS, "SCRAM-SHA-256"];
    assertMatch(await logIn("secret", all), /^a OK /);
    assertMatch(await logIn("wrong", all), /^a NO \[AUTHENTICATIONFAILED\] /);
    assertEquals(said.filter((line) => line.startsWith("login ")), [
      `login ${PLUS}`,
    ]);
    // Somebody in between has another certificate, or takes -PLUS out of what is offered.
    const { cert, key } = await otherCertificate();
    const middle = Deno.listenTls({ port: 0, cert, key });
    const accepted = middle.accept();
    using between = new Line((middle.addr as Deno.NetAddr).port, cert);
    await new Promise((resolve) =>
      between.socket.once("secureConnect", resolve)
    );
    assertMatch(await logIn("secret", all, between), /^a NO /);
    (await accepted).close();
    middle.close();
    assertMatch(await logIn("secret", ["SCRAM-SHA-256"]), /^a NO /);
    await assertRejects(() => logIn("", all), Error, "non-empty");
  },
);

async function otherCertificate(): Promise<{ cert: string; key: string }> {
  const { makeCertificate } = await import("../../server/tls/self_signed.ts");
  return await makeCertificate(["127.0.0.1", "localhost"]);
}
