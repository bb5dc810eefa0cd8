/**
 * All commands, grammar slots and capabilities, gathered from the list of extensions.
 *
 * @module
 */

import { DEFAULT_LIMITS } from "../limits.ts";
import type { AnyCommand } from "./command.ts";
import type {
  CapabilityContext,
  CreateParameter,
  Extension,
  FetchItem,
  ListReturnOption,
  ListSelectionOption,
  StatusItem,
} from "./extension.ts";
import type { SearchKeyParser } from "./search/key.ts";

/** See the module's text. */
export class Registry {
  readonly #extensions: readonly Extension[];
  readonly #disabled: ReadonlySet<string>;
  readonly #commands = new Map<string, AnyCommand>();
  /** What ENABLE may name (RFC 5161): in capitals, and as it is spelled. */
  readonly enable: Map<string, string> = new Map();
  /** FETCH items by name. */
  readonly fetchItems: Map<string, FetchItem> = new Map();
  /** STATUS items by name. */
  readonly statusItems: Map<string, StatusItem> = new Map();
  /** LIST selection options by name. */
  readonly listSelectionOptions: Map<string, ListSelectionOption> = new Map();
  /** LIST return options by name. */
  readonly listReturnOptions: Map<string, ListReturnOption> = new Map();
  /** Search keys by name. */
  readonly searchKeys: Map<string, SearchKeyParser> = new Map();
  /** Parameters of CREATE by name. */
  readonly createParameters: Map<string, CreateParameter> = new Map();

  /**
   * Gathers what the extensions add.
   * @param disabled capabilities that are not to be offered: they are not announced, and an extension none of
   * whose capabilities are left adds nothing
   * @throws {Error} when two of them claim the same name
   */
  constructor(extensions: readonly Extension[], disabled: ReadonlySet<string>) {
    this.#disabled = disabled;
    this.#extensions = extensions.filter((extension) => {
      const offered = extension.capabilities?.(ALL) ?? [];
      return offered.length === 0 ||
        offered.some((capability) => !disabled.has(capability.toUpperCase()));
    });
    for (const extension of this.#extensions) {
      for (const command of extension.commands ?? []) {
        if (command.uid !== "only") {
          claim(this.#commands, command.name, command);
        }
        if (command.uid !== undefined) {
          claim(this.#commands, `UID ${command.name}`, command);
        }
      }
      for (const name of extension.enable ?? []) {
        claim(this.enable, name.toUpperCase(), name);
      }
      for (const item of extension.fetchItems ?? []) {
        claim(this.fetchItems, item.name, item);
      }
      for (const item of extension.statusItems ?? []) {
        claim(this.statusItems, item.name, item);
      }
      for (const option of extension.listSelectionOptions ?? []) {
        claim(this.listSelectionOptions, option.name, option);
      }
      for (const option of extension.listReturnOptions ?? []) {
        claim(this.listReturnOptions, option.name, option);
      }
      for (const [name, parse] of extension.searchKeys ?? []) {
        claim(this.searchKeys, name, parse);
      }
      for (const parameter of extension.createParameters ?? []) {
        claim(this.createParameters, parameter.name, parameter);
      }
    }
  }

  /** The command of a name in capitals, `UID ` in front of it where the client wrote that. */
  command(name: string): AnyCommand | undefined {
    return this.#commands.get(name);
  }

  /** The capabilities to announce now (RFC 9051 § 7.2.2). */
  capabilities(context: CapabilityContext): string[] {
    return this.#extensions
      .flatMap((extension) => extension.capabilities?.(context) ?? [])
      .filter((capability) => !this.#disabled.has(capability.toUpperCase()));
  }
}

/** A context in which everything that exists is offered. */
const ALL: CapabilityContext = {
  authenticated: true,
  mayLogin: true,
  mechanisms: [],
  canStartTls: true,
  limits: DEFAULT_LIMITS,
};

function claim<T>(slot: Map<string, T>, name: string, value: T): void {
  if (slot.has(name)) throw new Error(`Two extensions claim ${name}`);
  slot.set(name, value);
}
