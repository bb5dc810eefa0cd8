/**
 * What a failed login costs, before a mechanism says that another has not failed.
 */

import { assertEquals } from "@std/assert";
import type { Host } from "../../protocol/host.ts";
import { No } from "../../protocol/imap/errors.ts";
import { DEFAULT_LIMITS } from "../../protocol/limits.ts";
import { logInBySasl, type LoginSession } from "../../protocol/login.ts";
import { saslServer } from "./sasl_server.ts";
import { ScramClient } from "./scram_client.ts";

/** A session whose client has to wait, and what happens in it. */
function session(happens: string[], wait: number): LoginSession {
  const host: Partial<Host> = {
    limits: { ...DEFAULT_LIMITS, failedLoginDelay: 0 },
    sasl: saslServer().backend,
    throttle: {
      wait: () => wait,
      failed: () => happens.push("failed"),
      succeeded: () => happens.push("succeeded"),
    },
    event: () => {},
    now: Date.now,
  };
  return {
    id: 1,
    host: host as Host,
    wire: {
      remote: "192.0.2.1:1",
      secure: true,
      stream: {},
      pause: (time) => {
        if (time > 0) happens.push(`waits ${time}`);
        return Promise.resolve();
      },
    },
    facts: {} as LoginSession["facts"],
    mayLogin: true,
    failedLogins: 0,
    login: () => Promise.resolve(void happens.push("logged in")),
  };
}

async function logIn(password: string, wait = 5): Promise<string[]> {
  const happens: string[] = [];
  const client = new ScramClient("alice", password);
  const encode = (text: string) => new TextEncoder().encode(text);
  const ask = (challenge: string) => {
    const text = atob(challenge);
    happens.push(text.slice(0, 2));
    const final = text.startsWith("r=") ? client.final(text) : "";
    return Promise.resolve(encode(btoa(final)));
  };
  const initial = encode(client.first());
  try {
    await logInBySasl(session(happens, wait), "SCRAM-SHA-256", initial, ask);
  } catch (error) {
    if (!(error instanceof No)) throw error;
    happens.push(`${error.code}`);
  }
  return happens;
}

Deno.test("a right proof is told from a wrong one no sooner", async () => {
  assertEquals(await logIn("secret"), [
    "r=",
    "waits 5",
    "v=",
    "logged in",
    "succeeded",
  ]);
  assertEquals(await logIn("wrong"), [
    "r=",
    "waits 5",
    "failed",
    "AUTHENTICATIONFAILED",
  ]);
});

Deno.test("where too many wait a right proof is answered like a wrong one", async () => {
  for (const password of ["secret", "wrong"]) {
    assertEquals(await logIn(password, Infinity), ["r=", "UNAVAILABLE"]);
  }
});
