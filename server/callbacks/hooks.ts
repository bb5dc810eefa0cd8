/**
 * The callbacks that stand around connections, sessions and commands rather than in front of the storage.
 *
 * Four of them are gates: they decide whether something happens. What has happened stands: a session that is
 * open or a command that was executed is not undone by what a callback throws afterwards.
 *
 * @module
 */

import { Bye, No } from "../../protocol/imap/errors.ts";
import type {
  CommandFacts,
  ConnectionFacts,
  Hooks,
} from "../../protocol/hooks.ts";
import type { Credentials, Identity } from "../../protocol/host.ts";
import { commonScope } from "../../storage/scope.ts";
import { prepareUserName } from "../users.ts";
import { type Bound, call, CallbackError, type CallContext } from "./call.ts";
import type { CallbackName } from "./call.ts";
import type { AuthenticateEvent, User } from "./events.ts";
import { searchHook } from "./search.ts";
import type { Callbacks } from "./types.ts";

/** Makes the hooks of a protocol; where there is no callback there is no hook. */
export function hooksOf(callbacks: Callbacks, context: CallContext): Hooks {
  const { connect, login, logout, command, searchMessages } = callbacks;
  return {
    ...(connect && { connect: (facts) => letIn(facts, callbacks, context) }),
    ...(login && {
      login: (facts, identity, mechanism, goOn) =>
        gate(
          context,
          "login",
          login.bind(callbacks),
          { ...eventOf(facts), user: userOf(identity), mechanism },
          goOn,
          new No("AUTHORIZATIONFAILED", "This login is not let in"),
        ),
    }),
    ...(logout && {
      async logout(facts, identity) {
        const event = { ...eventOf(facts), user: userOf(identity) };
        const nothing = () => Promise.resolve();
        try {
          await call(context, "logout", logout.bind(callbacks), event, nothing);
        } catch (error) {
          context.report(error, { callback: "logout" });
        }
      },
    }),
    ...(command && {
      command: (facts, goOn) =>
        gate(
          context,
          "command",
          command.bind(callbacks),
          commandEvent(facts),
          goOn,
          new No("NOPERM", "This command is not let through"),
        ),
    }),
    ...(searchMessages && { search: searchHook(callbacks, context) }),
  };
}

/** Asks whether a connection may stay; throws `Bye` when not. */
async function letIn(
  facts: ConnectionFacts,
  callbacks: Callbacks,
  context: CallContext,
): Promise<void> {
  try {
    await gate(
      context,
      "connect",
      callbacks.connect!.bind(callbacks),
      eventOf(facts),
      () => Promise.resolve(),
      new No(undefined, "No connections from there"),
    );
  } catch (error) {
    if (error instanceof No) throw new Bye(error.message, error.code);
    throw error;
  }
}

/** Lets something happen if the callback goes on; then it is as it is, whatever the callback does. */
async function gate<Event, T>(
  context: CallContext,
  name: CallbackName,
  callback: Bound<Event, void, void>,
  event: Event,
  goOn: () => Promise<T>,
  refusal: No,
): Promise<T> {
  let happened: Promise<T> | undefined;
  const base = async () => {
    happened = goOn();
    await happened;
  };
  try {
    await call(context, name, callback, event, base);
  } catch (error) {
    if (happened === undefined) throw error;
    const failed = await happened.then(() => undefined, (own) => own);
    if (failed !== error) context.report(error, { callback: name });
  }
  if (happened === undefined) throw refusal;
  return await happened;
}

/**
 * Puts the callback in front of what checks names and passwords.
 * @param base what checks them without it
 */
export function authenticateWith(
  callbacks: Callbacks,
  context: CallContext,
  caseInsensitive: boolean,
  base: (credentials: Credentials) => Promise<Identity | undefined>,
): (credentials: Credentials) => Promise<Identity | undefined> {
  const callback = callbacks.authenticate?.bind(callbacks);
  if (callback === undefined) return base;
  return async (credentials) => {
    const name = prepareUserName(credentials.user, caseInsensitive);
    if (name === undefined) return undefined;
    const event: AuthenticateEvent = { ...credentials, user: { name } };
    let proved: Identity | undefined;
    const next = async (changed: AuthenticateEvent) => {
      const user = changed.user.name;
      proved = await base({ ...credentials, ...changed, user });
      return proved && userOf(proved);
    };
    try {
      const { answer } = await call(
        context,
        "authenticate",
        callback,
        event,
        next,
      );
      const identity = identityOf(answer, name);
      if (identity === undefined || proved === undefined) return identity;
      return narrowed(identity, proved);
    } catch (error) {
      const failed = error instanceof No &&
        error.code === "AUTHENTICATIONFAILED";
      if (failed) return undefined;
      throw error;
    }
  };
}

/**
 * Whom the callback makes of them: with no more than either leaves, for no longer, and with the token where it is of
 * the same account.
 */
function narrowed(identity: Identity, proved: Identity): Identity {
  const { user } = identity;
  const { token } = proved;
  const scope = commonScope(identity.scope, proved.scope);
  const expires = Math.min(
    identity.expires ?? Infinity,
    proved.expires ?? Infinity,
  );
  return {
    user,
    ...(scope === undefined ? {} : { scope }),
    ...(token === undefined || user !== proved.user ? {} : { token }),
    ...(expires === Infinity ? {} : { expires }),
  };
}

function identityOf(
  answer: User | Identity | boolean | undefined,
  name: string,
): Identity | undefined {
  if (answer === undefined || answer === false) return undefined;
  if (answer === true) return { user: name };
  const { user, scope, expires }: Partial<Identity> = "user" in Object(answer)
    ? answer as Identity
    : { user: (answer as User | null)?.name as string };
  const prepared = typeof user === "string"
    ? prepareUserName(user, false)
    : undefined;
  if (
    prepared === undefined ||
    !["undefined", "number"].includes(typeof expires) ||
    !["undefined", "object"].includes(typeof scope)
  ) {
    throw new CallbackError(
      "authenticate",
      "has answered with what is no user",
    );
  }
  return {
    user: prepared,
    ...(scope == null ? {} : { scope }),
    ...(expires === undefined ? {} : { expires }),
  };
}

function userOf({ user }: Identity): User {
  return { name: user };
}

function eventOf(
  { connection, remote, secure }: ConnectionFacts,
): ConnectionFacts {
  return { connection, remote, secure };
}

function commandEvent(facts: CommandFacts) {
  const { identity, tag, name, uid } = facts;
  const who = identity === undefined ? {} : { user: userOf(identity) };
  return { ...eventOf(facts), ...who, tag, name, uid };
}
