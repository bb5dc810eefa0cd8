/**
 * A server's host with faults in front of what it does.
 *
 * @module
 */

import type { ClientPolicy, Host } from "../protocol/host.ts";
import type { CommandFacts, Hooks } from "../protocol/hooks.ts";
import { Bad, Bye, No } from "../protocol/imap/errors.ts";
import type { FaultRules } from "./fault_rules.ts";
import type { Fault } from "./faults.ts";
import type { Tap } from "./tap.ts";

/** What is put in front of a host. */
export interface FaultyHostOptions {
  /** What is to go wrong. */
  readonly faults: FaultRules;
  /** The connection of a client. */
  tapOf(remote: string): Tap;
  /** The time in milliseconds since 1970. */
  now(): number;
  /** What is different for all clients. */
  readonly policy: ClientPolicy;
}

/** The host as connections are to see it; all else is as it was. */
export function faultyHost(host: Host, options: FaultyHostOptions): Host {
  return hostWith(host, {
    hooks: hooksWith(host.hooks ?? {}, options),
    now: options.now,
    policy: (client) => ({ ...options.policy, ...host.policy?.(client) }),
  });
}

/** A host with some members in place of its own. */
export function hostWith(host: Host, own: Partial<Host>): Host {
  return new Proxy(host, {
    get(target, key) {
      if (Object.hasOwn(own, key)) return Reflect.get(own, key);
      const value = Reflect.get(target, key);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

/** The hooks with faults in front. */
function hooksWith(hooks: Hooks, { faults, tapOf }: FaultyHostOptions): Hooks {
  const command = <T>(facts: CommandFacts, goOn: () => Promise<T>) => {
    const name = `${facts.uid ? "UID " : ""}${facts.name}`;
    const fault = faults.take(name, facts.identity?.user);
    const next = () => hooks.command?.(facts, goOn) ?? goOn();
    if (fault === undefined) return next();
    return suffer(fault, tapOf(facts.remote), facts.tag, next);
  };
  return {
    ...hooks,
    async connect(facts) {
      const fault = faults.take("CONNECT", undefined);
      const next = async () => await hooks.connect?.(facts);
      if (fault === undefined) await next();
      else await suffer(fault, tapOf(facts.remote), "", next);
    },
    async login(facts, identity, mechanism, goOn) {
      if (hooks.login === undefined) await goOn();
      else await hooks.login(facts, identity, mechanism, goOn);
      tapOf(facts.remote).identify(identity.user);
    },
    // Commands of which one may go on while another waits do so unless something is to go wrong.
    get command() {
      return faults.empty ? hooks.command : command;
    },
  } as Hooks;
}

/** Lets a command suffer a fault. */
async function suffer<T>(
  fault: Fault,
  tap: Tap,
  tag: string,
  next: () => Promise<T>,
): Promise<T> {
  switch (fault.type) {
    case "no":
      throw new No(fault.code, fault.text);
    case "bad":
      throw new Bad(fault.text, fault.code);
    case "bye":
      throw new Bye(fault.text, fault.code);
    case "cutLiteral":
      tap.cutAnswer(tag, fault.after);
      return await next();
    case "delay":
      await tap.pause(fault.time);
      return await next();
    case "silence":
      await tap.gone;
      throw new Bye("The server is going down");
    case "drop":
      if (fault.executed) {
        tap.mute();
        await next().catch(() => {});
      }
      tap.drop();
      throw new Bye("Dropped");
    case "cutUpload":
      return await next();
  }
}
