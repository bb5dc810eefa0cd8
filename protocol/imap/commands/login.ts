/**
 * STARTTLS, LOGIN and AUTHENTICATE: RFC 9051 § 6.2.
 *
 * @module
 */

import { mechanisms } from "../../sasl/mod.ts";
import type { Command, Completion } from "../command.ts";
import { noArguments } from "../command.ts";
import { Bad, Bye, No } from "../errors.ts";
import type { Session } from "../session.ts";
import { Decoder } from "../../wire/decoder.ts";
import { capabilityList } from "./session_commands.ts";

/** STARTTLS. */
export const startTls: Command<void> = {
  name: "STARTTLS",
  state: "not-authenticated",
  parse: noArguments,
  execute(session) {
    if (session.wire.secure) throw new Bad("TLS is on already");
    if (!session.wire.canStartTls) throw new Bad("There is no certificate");
    session.startTls = true;
  },
};

/** Checks a name and a password and opens the account. */
async function logIn(
  session: Session,
  mechanism: string,
  user: string,
  password: string,
): Promise<Completion> {
  const { host, wire } = session;
  const identity = await host.authenticate({
    mechanism,
    user,
    password,
    remote: wire.remote,
    secure: wire.secure,
  });
  if (identity === undefined) throw await failedLogin(session, mechanism, user);
  const enter = () => session.login(identity);
  if (host.hooks?.login === undefined) await enter();
  else await host.hooks.login(session.facts, identity, mechanism, enter);
  session.failedLogins = 0;
  host.event("login", {
    connection: session.id,
    remote: wire.remote,
    user: identity.user,
    mechanism,
  });
  const text = "Logged in";
  if (session.policy.capabilitiesUnasked === false) return { text };
  return { code: `CAPABILITY ${capabilityList(session)}`, text };
}

/** Waits longer with each failure, and at last ends the connection. */
async function failedLogin(
  session: Session,
  mechanism: string,
  user: string,
): Promise<No | Bye> {
  const { host, wire } = session;
  const failures = ++session.failedLogins;
  host.event("login failed", {
    connection: session.id,
    remote: wire.remote,
    user,
    mechanism,
  });
  await wire.pause(host.limits.failedLoginDelay * failures);
  if (failures >= host.limits.failedLogins) {
    return new Bye("Too many failed logins");
  }
  return new No("AUTHENTICATIONFAILED", "The name or the password is wrong");
}

/** Refuses before a password is even looked at (RFC 5530 § 3, hostile listeners). */
function assertMayLogin(session: Session): void {
  if (!session.mayLogin) {
    throw new No("PRIVACYREQUIRED", "Passwords are taken over TLS only");
  }
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
    return await logIn(session, "LOGIN", user, password);
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
    return { mechanism, initial: d.trySp() ? d.base64() : undefined };
  },

  async execute(session, { mechanism, initial }) {
    const make = mechanisms.get(mechanism);
    if (make === undefined) {
      throw new No("CANNOT", "This mechanism is not offered");
    }
    assertMayLogin(session);
    const exchange = make();
    let response = initial;
    for (;;) {
      const step = exchange.next(response);
      if (step.type === "failure") throw new Bad(step.text);
      if (step.type === "refusal") {
        throw new No("AUTHORIZATIONFAILED", step.text);
      }
      if (step.type === "password") {
        return await logIn(session, mechanism, step.user, step.password);
      }
      response = await challenge(session, step.bytes);
    }
  },
};

/** Sends a challenge and waits for the answer (RFC 9051 § 6.2.2). */
async function challenge(
  session: Session,
  bytes: Uint8Array,
): Promise<Uint8Array> {
  session.out.text("+ ").text(bytes.toBase64()).crlf();
  const line = await session.wire.readLine();
  if (line === null) throw new Bye("The client has gone");
  if (line.length === 1 && line[0] === STAR) {
    throw new Bad("The login was cancelled");
  }
  const d = new Decoder({ text: line, literals: [] });
  const answer = line.length === 0 ? line : d.base64();
  d.end();
  return answer;
}

const STAR = "*".charCodeAt(0);
