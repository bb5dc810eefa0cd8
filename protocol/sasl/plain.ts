/**
 * PLAIN: RFC 4616.
 *
 * @module
 */

import type { Exchange, Step } from "./exchange.ts";
import type { Mechanism } from "./server.ts";

const UTF8 = new TextDecoder("utf-8", { fatal: true });

/** PLAIN. */
export const plain: Mechanism = {
  name: "PLAIN",
  isOffered: ({ backend, mayShowSecrets }) =>
    mayShowSecrets && (backend?.mechanisms.has("PLAIN") ?? true),
  begin,
};

// message = [authzid] UTF8NUL authcid UTF8NUL passwd
function begin(): Exchange {
  return {
    next(response): Step {
      if (response === undefined) {
        return { type: "challenge", bytes: new Uint8Array(0) };
      }
      let fields: string[];
      try {
        fields = UTF8.decode(response).split("\0");
      } catch {
        return failure("The response is not UTF-8");
      }
      const [authzid, authcid, password] = fields;
      if (fields.length !== 3 || !authcid || !password) {
        return failure("The response is not that of PLAIN");
      }
      // To act for another needs a right that nobody has here.
      if (authzid !== "" && authzid !== authcid) {
        return { type: "refusal", text: "You cannot act for another user" };
      }
      return { type: "password", user: authcid, password };
    },
  };
}

function failure(text: string): Step {
  return { type: "failure", text };
}
