/**
 * STARTTLS, LOGIN and AUTHENTICATE: RFC 9051 § 6.2.
 *
 * @module
 */

import { assertMayLogin, logInByPassword, logInBySasl } from "../../login.ts";
import type { Command, Completion } from "../command.ts";
import { noArguments } from "../command.ts";
import { Bad } from "../errors.ts";
import type { Session } from "../session.ts";
import { capabilityList } from "./session_commands.ts";

/** STARTTLS. */
export const startTls: Command<void> = {
  name: "STARTTLS",
  state: "not-authenticated",
  parse: noArguments,
  execute(session) {
    if (session.wire.secure) throw new Bad("TLS is on already");
    if (!session.wire.canStartTls) throw new Bad("There is no certificate");
    session.next = "startTls";
  },
};

/** What is said to one who has logged in. */
function welcome(session: Session): Completion {
  const text = "Logged in";
  if (session.policy.capabilitiesUnasked === false) return { text };
  return { code: `CAPABILITY ${capabilityList(session)}`, text };
}

// login = "LOGIN" SP userid SP password
/** LOGIN. */
export const login: Command<{ user: string; password: string }> = {
  name: "LOGIN",
  state: "not-authenticated",
  secret: true,

  parse(d) {
    const user = d.sp().astring();
    return { user, password: d.sp().astring() };
  },

  async execute(session, { user, password }) {
    assertMayLogin(session);
    await logInByPassword(session, "LOGIN", user, password);
    return welcome(session);
  },
};

interface AuthenticateArguments {
  readonly mechanism: string;
  readonly initial: Uint8Array | undefined;
}

// authenticate = "AUTHENTICATE" SP auth-type [SP initial-resp] *(CRLF base64)
/** AUTHENTICATE, with the initial response of SASL-IR (RFC 4959). */
export const authenticate: Command<AuthenticateArguments> = {
  name: "AUTHENTICATE",
  state: "not-authenticated",
  secret: true,

  parse(d) {
    const mechanism = d.sp().atom().toUpperCase();
    // A response of no bytes is "=" (RFC 4959 § 3). A space with nothing behind it, which mutt sends where it has no
    // response, is taken for none, so that mechanisms in which the server begins can.
    const given = d.trySp() && !d.atEnd();
    return { mechanism, initial: given ? d.base64() : undefined };
  },

  async execute(session, { mechanism, initial }) {
    await logInBySasl(session, mechanism, initial, (challenge) => {
      // continue-req, RFC 9051 § 6.2.2
      session.out.text("+ ").text(challenge).crlf();
      return session.wire.readLine();
    });
    return welcome(session);
  },
};
