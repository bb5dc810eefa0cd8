/**
 * CAPA (RFC 2449 § 5), LANG (RFC 6856 § 3) and QUIT (RFC 1939 § 4, § 6).
 *
 * @module
 */

import { Bad, No, refusalOf } from "../../imap/errors.ts";
import { VERSION } from "../../version.ts";
import { type Command, noArgument, words } from "../command.ts";
import type { Session } from "../session.ts";
import { offeredMechanisms } from "./authorization.ts";

/** The capabilities of a session now, a line each (RFC 2449 § 6, RFC 3206 § 6, RFC 6856). */
function* capabilities(session: Session): Generator<string> {
  yield "TOP";
  yield "UIDL";
  yield "RESP-CODES";
  yield "AUTH-RESP-CODE";
  yield "PIPELINING";
  // Nothing is ever removed but by a client.
  yield "EXPIRE NEVER";
  const { pop3LoginDelay } = session.host.limits;
  if (pop3LoginDelay > 0) {
    yield `LOGIN-DELAY ${Math.ceil(pop3LoginDelay / 1_000)}`;
  }
  // Without USER as an argument: names and passwords are not prepared by SASLprep (RFC 6856 § 2.2).
  yield "UTF8";
  yield "LANG";
  // What is offered before a login is told after it too (RFC 2449 § 5), but for STLS (RFC 2595 § 4).
  if (session.mayLogin) yield "USER";
  const mechanisms = offeredMechanisms(session);
  if (mechanisms.length > 0) yield `SASL ${mechanisms.join(" ")}`;
  if (session.state === "authorization" && session.wire.canStartTls) {
    yield "STLS";
  }
  yield `IMPLEMENTATION imapd/${VERSION}`;
}

/** CAPA. */
export const capa: Command = {
  name: "CAPA",
  state: "any",
  execute(session, argument) {
    noArgument(argument);
    session.wire.ok("Capabilities follow");
    for (const line of capabilities(session)) {
      if (session.offers(line.split(" ", 1)[0]!)) {
        session.out.text(line).crlf();
      }
    }
    session.out.text(".").crlf();
    return undefined;
  },
};

/** What the texts of responses are in: their language, and the default of protocols, which is the same. */
const LANGUAGES: ReadonlyMap<string, string> = new Map([
  ["en", "English"],
  ["i-default", "Default language"],
]);

// LANG [language-range]
/** LANG. */
export const lang: Command = {
  name: "LANG",
  state: "any",
  capability: "LANG",
  execute(session, argument) {
    const [range] = words(argument, 0, 1);
    if (range === undefined) {
      session.wire.ok("Languages follow");
      for (const [tag, name] of LANGUAGES) {
        session.out.text(`${tag} ${name}`).crlf();
      }
      session.out.text(".").crlf();
      return undefined;
    }
    const tag = languageOf(range);
    if (tag === undefined) throw new No(undefined, "No such language");
    return `${tag} This is the language`;
  },
};

/** Basic filtering (RFC 4647 § 3.3.1). @throws {Bad} when it is no basic language range (§ 2.1) */
function languageOf(range: string): string | undefined {
  if (range === "*") return "en";
  if (!/^[a-z]{1,8}(-[a-z0-9]{1,8})*$/i.test(range)) {
    throw new Bad("Expected a language range");
  }
  const lower = range.toLowerCase();
  return [...LANGUAGES.keys()].find((tag) =>
    tag === lower || tag.startsWith(`${lower}-`)
  );
}

/** QUIT. */
export const quit: Command = {
  name: "QUIT",
  state: "any",
  async execute(session, argument) {
    noArgument(argument);
    session.ended = true;
    if (session.state === "authorization") return "Signing off";
    try {
      await session.update();
    } catch (error) {
      if (refusalOf(error) === undefined) {
        const { facts, host, identity } = session;
        host.fault(error, { ...facts, user: identity?.user, command: "QUIT" });
      }
      throw new No("SYS/TEMP", "Some deleted messages are not removed");
    }
    return "Signing off";
  },
};
