/**
 * LOGIN: no RFC, an expired draft (draft-murchison-sasl-login-00) that many clients still speak. The server asks
 * for the name and then for the password.
 *
 * @module
 */

import type { Exchange, Step } from "./exchange.ts";
import type { Mechanism } from "./server.ts";

const encoder = new TextEncoder();
const UTF8 = new TextDecoder("utf-8", { fatal: true });

/** LOGIN. */
export const login: Mechanism = {
  name: "LOGIN",
  isOffered: ({ backend, mayShowSecrets }) =>
    mayShowSecrets && (backend?.mechanisms.has("LOGIN") ?? false),
  begin,
};

function begin(): Exchange {
  let user: string | undefined;
  return {
    next(response): Step {
      if (response === undefined) return challenge("Username:");
      const text = textOf(response);
      if (text === undefined) {
        return { type: "failure", text: "The response is not that of LOGIN" };
      }
      if (user !== undefined) return { type: "password", user, password: text };
      user = text;
      return challenge("Password:");
    },
  };
}

function challenge(text: string): Step {
  return { type: "challenge", bytes: encoder.encode(text) };
}

/** A name or a password; undefined for what can be neither. */
function textOf(response: Uint8Array): string | undefined {
  try {
    const text = UTF8.decode(response);
    return text === "" || text.includes("\0") ? undefined : text;
  } catch {
    return undefined;
  }
}
