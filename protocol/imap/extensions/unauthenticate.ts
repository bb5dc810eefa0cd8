/**
 * UNAUTHENTICATE: RFC 8437.
 *
 * What a client has said by ID stays, and TLS; all else is as it was before the login.
 *
 * @module
 */

import { type Command, noArguments } from "../command.ts";
import { Bye } from "../errors.ts";
import type { Extension } from "../extension.ts";

// command-auth =/ "UNAUTHENTICATE"
const unauthenticate: Command<void> = {
  name: "UNAUTHENTICATE",
  state: "authenticated",
  parse: noArguments,

  async execute(session) {
    try {
      await session.logout(true);
    } catch (error) {
      // A client may have sent a login behind it already: a NO is not permitted (§ 3).
      session.host.fault(error, { connection: session.id });
      throw new Bye("The session cannot be reset");
    }
    session.next = "uncompress";
  },
};

/** UNAUTHENTICATE. */
export const unauthenticateExtension: Extension = {
  capabilities: ({ authenticated }) => authenticated ? ["UNAUTHENTICATE"] : [],
  documents: { UNAUTHENTICATE: "8437" },
  commands: [unauthenticate],
};
