/**
 * AUTH: RFC 4954, with the mechanisms of all protocols (RFC 4422). It is there where only some may deliver.
 *
 * @module
 */

import { Bad, No, refusalOf } from "../imap/errors.ts";
import { logInBySasl, type LoginSession, saslServer } from "../login.ts";
import { offeredMechanisms } from "../sasl/mod.ts";
import { decodeBase64 } from "../wire/base64.ts";
import { utf8Bytes } from "../wire/text.ts";
import { Refusal } from "./reply.ts";
import type { Session } from "./session.ts";

/** The lines of the reply to LHLO that say by which mechanisms the client may log in: one, or none. */
export function authLines(session: Session): string[] {
  if (session.host.mayDeliver === undefined) return [];
  const names = offeredMechanisms(saslServer(loginSession(session)))
    .map(({ name }) => name);
  return names.length > 0 ? [`AUTH ${names.join(" ")}`] : [];
}

/** @throws {Refusal} 530 where the client has to log in first (RFC 4954 § 6) */
export function assertMayDeliver({ host, stream, user }: Session): void {
  if (host.mayDeliver?.(stream, user) ?? true) return;
  throw new Refusal("530 5.7.0", "Log in first");
}

// auth-command = "AUTH" SP sasl-mech [SP initial-response] *(CRLF [base64]) [CRLF cancel-response]
/** AUTH. */
export async function auth(session: Session, argument: string): Promise<void> {
  const { transport, host, client, transaction, user } = session;
  if (host.mayDeliver === undefined) {
    throw new Refusal("502 5.5.1", "There is nothing to log in for");
  }
  if (client === undefined || transaction !== undefined || user !== undefined) {
    throw new Refusal("503 5.5.1", "This is no time to log in");
  }
  const [mechanism = "", initial, more] = argument.split(" ");
  if (mechanism === "" || more !== undefined) {
    throw new Refusal("501 5.5.4", "Expected AUTH mechanism [response]");
  }
  const ask = async (challenge: string) => {
    transport.challenge(challenge);
    const line = await transport.line(true);
    if (line !== "too long") return line;
    throw new Refusal("500 5.5.6", "The response is too long");
  };
  try {
    await logInBySasl(
      loginSession(session),
      mechanism.toUpperCase(),
      initial === undefined ? undefined : initialResponse(initial),
      ask,
    );
  } catch (error) {
    throw refusalTo(error);
  }
  transport.reply("235 2.7.0", "Logged in");
}

// initial-response = base64 / "="
function initialResponse(word: string): Uint8Array {
  return word === "=" ? new Uint8Array(0) : decodeBase64(utf8Bytes(word));
}

/** What a refused login is here; whatever else it is stays it. */
function refusalTo(error: unknown): unknown {
  const refusal = refusalOf(error);
  if (refusal instanceof Bad) return new Refusal("501 5.5.2", refusal.message);
  if (!(refusal instanceof No)) return error;
  return new Refusal(
    CODES.get(refusal.code ?? "") ?? "535 5.7.8",
    refusal.message,
  );
}

/** Response codes of RFC 5530 where they are not a matter of credentials. */
const CODES: ReadonlyMap<string, string> = new Map([
  ["CANNOT", "504 5.5.4"],
  ["PRIVACYREQUIRED", "504 5.5.4"],
  ["UNAVAILABLE", "454 4.7.0"],
  ["LIMIT", "454 4.7.0"],
]);

/** The session as logins see it. */
function loginSession(session: Session): LoginSession {
  const { id, host, stream } = session;
  const { remote, secure, local } = stream;
  return {
    ...{ id, host },
    wire: {
      ...{ remote, secure, stream },
      pause: (time) => session.pause.wait(time),
    },
    facts: session.facts,
    mayLogin: secure || local || host.insecureAuth,
    get failedLogins() {
      return session.failedLogins;
    },
    set failedLogins(count) {
      session.failedLogins = count;
    },
    login(identity) {
      const { user, scope } = identity;
      // What is for reading or for a part of an account is not for the mail of all.
      const narrow = scope?.readOnly || scope?.mailboxes !== undefined;
      if (narrow || !host.mayDeliver!(stream, user)) {
        throw new No("AUTHORIZATIONFAILED", "You may not deliver");
      }
      const open = { identity, stream, end: session.end };
      if (!host.login(open)) {
        throw new No("LIMIT", "Too many connections of this user");
      }
      session.open = open;
      return Promise.resolve();
    },
  };
}
