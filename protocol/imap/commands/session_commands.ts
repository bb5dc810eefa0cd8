/**
 * CAPABILITY, NOOP, LOGOUT and CHECK: RFC 9051 § 6.1, RFC 3501 § 6.4.1.
 *
 * @module
 */

import { saslServer } from "../../login.ts";
import { offeredMechanisms } from "../../sasl/mod.ts";
import { type Command, noArguments } from "../command.ts";
import type { Session } from "../session.ts";

/** The capabilities of a session now, in one line. */
export function capabilityList(session: Session): string {
  const authenticated = session.state !== "not-authenticated";
  const mechanisms = authenticated
    ? []
    : offeredMechanisms(saslServer(session)).map(({ name }) => name);
  return session.registry.capabilityLine({
    authenticated,
    mechanisms,
    mayLogin: session.mayLogin,
    canStartTls: session.wire.canStartTls,
    limits: session.host.limits,
    utf8Only: session.host.utf8Only === true,
    hasAppendLimits: session.host.appendLimit !== undefined,
  });
}

/** CAPABILITY. */
export const capability: Command<void> = {
  name: "CAPABILITY",
  state: "any",
  parse: noArguments,
  execute(session) {
    session.out.text(`* CAPABILITY ${capabilityList(session)}`).crlf();
  },
};

/** NOOP: a chance to be told what is new. */
export const noop: Command<void> = {
  name: "NOOP",
  state: "any",
  parse: noArguments,
  execute: (session) =>
    session.state === "selected" ? session.view.mailbox.refresh() : undefined,
};

/** CHECK: every answer of this server is durable already, so that it is a NOOP. */
export const check: Command<void> = {
  name: "CHECK",
  state: "selected",
  parse: noArguments,
  execute: (session) => session.view.mailbox.refresh(),
};

/** LOGOUT. */
export const logout: Command<void> = {
  name: "LOGOUT",
  state: "any",
  parse: noArguments,
  execute(session) {
    session.unselect();
    session.out.text("* BYE Logging out").crlf();
    session.ended = true;
  },
};
