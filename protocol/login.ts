/**
 * Logging in, as all protocols for mailboxes do it: proof of identity, what a failure costs, and the exchange of a
 * SASL mechanism (RFC 4422).
 *
 * @module
 */

import type { ByteStream } from "./byte_stream.ts";
import type { ConnectionFacts } from "./hooks.ts";
import type { Host, Identity } from "./host.ts";
import { Bad, Bye, No } from "./imap/errors.ts";
import { offeredMechanisms, type SaslServer } from "./sasl/mod.ts";
import { decodeBase64 } from "./wire/base64.ts";

/** A session in which nobody has logged in yet. */
export interface LoginSession {
  /** The number of the connection. */
  readonly id: number;
  /** The server. */
  readonly host: Host;
  /** The connection. */
  readonly wire: {
    /** The client's address. */
    readonly remote: string;
    /** Whether TLS is on. */
    readonly secure: boolean;
    /** The connection, for what SASL binds to it. */
    readonly stream: Pick<ByteStream, "clientCertificate" | "channelBinding">;
    /** Waits, in milliseconds; not longer than the connection lasts. */
    pause(time: number): Promise<void>;
  };
  /** What hooks are told of the connection. */
  readonly facts: ConnectionFacts;
  /** Whether a name and a password may come as they are. */
  readonly mayLogin: boolean;
  /** Failed logins so far. */
  failedLogins: number;
  /** Opens the account of one who has proved who they are. */
  login(identity: Identity): Promise<void>;
}

/** A login that is tried. */
export interface Attempt {
  /** The mechanism or command. */
  readonly mechanism: string;
  /** The name that the client gave. */
  readonly user: string;
  /** What a client without a name says of itself (RFC 4505). */
  readonly trace?: string | undefined;
}

/** Refuses before a password is even looked at. @throws {No} PRIVACYREQUIRED (RFC 5530 § 3) */
export function assertMayLogin(session: LoginSession): void {
  if (!session.mayLogin) {
    throw new No("PRIVACYREQUIRED", "Passwords are taken over TLS only");
  }
}

/**
 * Opens the account of whoever is proved to be there, past the application's hook. A failure waits longer each
 * time, and the last one ends the connection.
 * @param prove finds out who it is
 * @throws {No} AUTHENTICATIONFAILED, UNAVAILABLE where too many wait, or why the account cannot be opened
 * @throws {Bye} after too many failures
 */
export async function logIn(
  session: LoginSession,
  attempt: Attempt,
  prove: () => Promise<Identity | undefined>,
): Promise<void> {
  const { host, wire } = session;
  // Before the proof, so that no number of connections guesses faster than one.
  const wait = host.throttle?.wait(wire.remote, attempt.user) ?? 0;
  if (wait === Infinity) throw await refusedLogin(session, attempt);
  if (wait > 0) await wire.pause(wait);
  const identity = await prove();
  if (identity === undefined) throw await failedLogin(session, attempt);
  const enter = () => session.login(identity);
  if (host.hooks?.login === undefined) await enter();
  else {
    const { mechanism } = attempt;
    await host.hooks.login(session.facts, identity, mechanism, enter);
  }
  session.failedLogins = 0;
  host.throttle?.succeeded(attempt.user);
  host.event("login", about(session, { ...attempt, user: identity.user }));
}

/** As {@linkcode logIn}, by a name and a password. */
export function logInByPassword(
  session: LoginSession,
  mechanism: string,
  user: string,
  password: string,
): Promise<void> {
  const { host, wire: { remote, secure } } = session;
  return logIn(
    session,
    { mechanism, user },
    () => host.authenticate({ mechanism, user, password, remote, secure }),
  );
}

/**
 * As {@linkcode logIn}, by a SASL mechanism.
 * @param mechanism its name, in capitals
 * @param initial the response that the client sent along (SASL-IR), undefined for none
 * @param ask sends a challenge; settles with the client's line, or null when the client has gone
 * @throws {Bad} where the client says what the mechanism does not know, or cancels
 */
export async function logInBySasl(
  session: LoginSession,
  mechanism: string,
  initial: Uint8Array | undefined,
  ask: (challenge: string) => Promise<Uint8Array | null>,
): Promise<void> {
  const server = saslServer(session);
  const known = offeredMechanisms(server).find(({ name }) =>
    name === mechanism
  );
  if (known === undefined) {
    // One that passwords cross is there, and only wants TLS (RFC 5530 § 3).
    assertMayLogin(session);
    throw new No("CANNOT", "This mechanism is not offered");
  }
  const exchange = known.begin(server);
  try {
    let response = initial;
    for (;;) {
      const step = await exchange.next(response);
      switch (step.type) {
        case "challenge":
          response = responseOf(await ask(step.bytes.toBase64()));
          break;
        case "success": {
          const { identity, bytes, trace } = step;
          const { user } = identity;
          return await logIn(session, { mechanism, user, trace }, async () => {
            // RFC 9051 § 6.2.2, RFC 5034 § 4: what comes with success is one more challenge.
            if (bytes !== undefined) await acknowledged(bytes, ask);
            return identity;
          });
        }
        case "password":
          return await logInByPassword(
            session,
            mechanism,
            step.user,
            step.password,
          );
        case "rejection":
          return await logIn(
            session,
            { mechanism, user: step.user ?? "" },
            async () => {
              // RFC 7628 § 3.2.3: an empty message, "*", or nothing any more; it has failed already.
              const { bytes } = step;
              if (bytes !== undefined) await ask(bytes.toBase64());
              return undefined;
            },
          );
        case "failure":
          throw new Bad(step.text);
        case "refusal":
          throw new No("AUTHORIZATIONFAILED", step.text);
      }
    }
  } finally {
    exchange.close?.();
  }
}

/** The server and the connection as mechanisms see them. */
export function saslServer(session: LoginSession): SaslServer {
  const { host, wire, mayLogin } = session;
  return {
    backend: host.sasl,
    hostname: host.hostname ?? "localhost",
    secure: wire.secure,
    mayShowSecrets: mayLogin,
    clientCertificate: wire.stream.clientCertificate,
    now: () => host.now(),
    channelBinding: (type) => wire.stream.channelBinding?.(type),
  };
}

/** The client has nothing to add. */
async function acknowledged(
  bytes: Uint8Array,
  ask: (challenge: string) => Promise<Uint8Array | null>,
): Promise<void> {
  const response = responseOf(await ask(bytes.toBase64()));
  if (response.length > 0) throw new Bad("An empty response was expected");
}

/** base64 / "*"      RFC 9051 § 6.2.2, RFC 5034 § 4 */
function responseOf(line: Uint8Array | null): Uint8Array {
  if (line === null) throw new Bye("The client has gone");
  if (line.length === 1 && line[0] === STAR) {
    throw new Bad("The login was cancelled");
  }
  return decodeBase64(line);
}

const STAR = "*".charCodeAt(0);

async function failedLogin(
  session: LoginSession,
  attempt: Attempt,
): Promise<No | Bye> {
  const { host, wire } = session;
  host.throttle?.failed(wire.remote, attempt.user);
  host.event("login failed", about(session, attempt));
  const text = "The name or the password is wrong";
  return await afterFailure(session, new No("AUTHENTICATIONFAILED", text));
}

/** The same for one that nobody has looked at. */
async function refusedLogin(
  session: LoginSession,
  attempt: Attempt,
): Promise<No | Bye> {
  session.host.event("login refused", about(session, attempt));
  const text = "Too many logins from there have failed, try later";
  return await afterFailure(session, new No("UNAVAILABLE", text));
}

/** Waits longer with each failure, and at last ends the connection. */
async function afterFailure(
  session: LoginSession,
  answer: No,
): Promise<No | Bye> {
  const { host, wire } = session;
  const failures = ++session.failedLogins;
  await wire.pause(host.limits.failedLoginDelay * failures);
  return failures >= host.limits.failedLogins
    ? new Bye("Too many failed logins")
    : answer;
}

function about(
  { id, wire }: LoginSession,
  { mechanism, user, trace }: Attempt,
): Record<string, unknown> {
  const { remote } = wire;
  return {
    ...{ connection: id, remote, user, mechanism },
    ...(trace === undefined ? {} : { trace }),
  };
}
