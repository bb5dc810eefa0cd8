/**
 * The commands of the AUTHORIZATION state: USER, PASS and APOP (RFC 1939 § 7), AUTH (RFC 5034), STLS (RFC 2595
 * § 4), UTF8 (RFC 6856 § 2.1).
 *
 * @module
 */

import { Bad, Bye } from "../../imap/errors.ts";
import {
  assertMayLogin,
  logIn,
  logInByPassword,
  logInBySasl,
  saslServer,
} from "../../login.ts";
import { offeredMechanisms as offered } from "../../sasl/mod.ts";
import { decodeBase64 } from "../../wire/base64.ts";
import { utf8Bytes } from "../../wire/text.ts";
import { type Command, noArgument, words } from "../command.ts";
import type { Session } from "../session.ts";
import { totalsText } from "./listings.ts";

// USER name
/** USER. Whether there is such a user is not told before PASS (RFC 1939 § 13). */
export const user: Command = {
  name: "USER",
  state: "authorization",
  capability: "USER",
  execute(session, argument) {
    assertMayLogin(session);
    if (!argument) throw new Bad("A name is missing");
    session.user = argument;
    return "Now the password";
  },
};

// PASS string
/** PASS. Spaces are part of the password. */
export const pass: Command = {
  name: "PASS",
  state: "authorization",
  capability: "USER",
  secret: true,
  async execute(session, argument) {
    assertMayLogin(session);
    const { user } = session;
    session.user = undefined;
    if (user === undefined) throw new Bad("USER has to come first");
    if (!argument) throw new Bad("A password is missing");
    return await enter(
      session,
      () => logInByPassword(session, "USER", user, argument),
    );
  },
};

// APOP name digest
/** APOP. */
export const apop: Command = {
  name: "APOP",
  state: "authorization",
  capability: "APOP",
  secret: true,
  async execute(session, argument) {
    const { challenge, host, wire: { remote, secure } } = session;
    const { apop } = host;
    if (challenge === undefined || apop === undefined) {
      throw new Bad("APOP is not offered");
    }
    // A name may have spaces in it, a digest has none.
    const match = /^(.+) ([0-9a-f]{32})$/i.exec(argument ?? "");
    if (match === null) throw new Bad("Expected a name and a digest");
    const [, user, digest] = match as unknown as [string, string, string];
    const prove = () =>
      apop.call(host, {
        user,
        challenge,
        digest: digest.toLowerCase(),
        remote,
        secure,
      });
    return await enter(
      session,
      () => logIn(session, { mechanism: "APOP", user }, prove),
    );
  },
};

// auth-command     = "AUTH" SP sasl-mech [SP initial-response] *(CRLF [base64]) [CRLF cancel-response] CRLF
// initial-response = base64 / "="
/** AUTH. Without a mechanism it lists them, as servers did before there was CAPA. */
export const auth: Command = {
  name: "AUTH",
  state: "authorization",
  capability: "SASL",
  secret: true,
  async execute(session, argument) {
    const [mechanism, initial] = words(argument, 0, 2);
    if (mechanism === undefined) return listMechanisms(session);
    const response = initial === undefined
      ? undefined
      : initialResponse(initial);
    const ask = (challenge: string) => {
      // continue-req = "+" SP [base64] CRLF
      session.out.text("+ ").text(challenge).crlf();
      return session.wire.readLine();
    };
    return await enter(
      session,
      () => logInBySasl(session, mechanism.toUpperCase(), response, ask),
    );
  },
};

/** Logs in; the failure that is one too many is one of credentials too (RFC 3206 § 6). */
async function enter(
  session: Session,
  login: () => Promise<void>,
): Promise<string> {
  try {
    await login();
  } catch (error) {
    const last = error instanceof Bye &&
      session.failedLogins >= session.host.limits.failedLogins;
    throw last ? new Bye(error.message, "AUTHENTICATIONFAILED") : error;
  }
  return totalsText(session);
}

/** @throws {ParseError} when it is none */
function initialResponse(word: string): Uint8Array {
  return word === "=" ? new Uint8Array(0) : decodeBase64(utf8Bytes(word));
}

/** The SASL mechanisms that this client may use now (RFC 5034 § 3). */
export function offeredMechanisms(session: Session): string[] {
  if (!session.offers("SASL")) return [];
  return offered(saslServer(session)).map(({ name }) => name)
    .filter((name) => session.offers(`AUTH=${name}`));
}

function listMechanisms(session: Session): undefined {
  session.wire.ok("Mechanisms follow");
  for (const name of offeredMechanisms(session)) session.out.text(name).crlf();
  session.out.text(".").crlf();
}

/** STLS. */
export const stls: Command = {
  name: "STLS",
  state: "authorization",
  capability: "STLS",
  execute(session, argument) {
    noArgument(argument);
    if (session.wire.secure) throw new Bad("TLS is on already");
    if (!session.wire.canStartTls) throw new Bad("There is no certificate");
    // RFC 6856 § 2.1: what was agreed on in clear text is no base for TLS.
    if (session.utf8) throw new Bad("STLS comes before UTF8");
    session.startTls = true;
    return "Begin the handshake";
  },
};

/** UTF8. */
export const utf8: Command = {
  name: "UTF8",
  state: "authorization",
  capability: "UTF8",
  execute(session, argument) {
    noArgument(argument);
    session.utf8 = true;
    return "UTF-8 is on";
  },
};
