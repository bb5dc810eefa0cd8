/**
 * All commands, grammar slots and capabilities, gathered from the list of extensions.
 *
 * @module
 */

import type { MailboxInfo } from "../../storage/model.ts";
import { DEFAULT_LIMITS, type Limits } from "../limits.ts";
import type { AnyCommand } from "./command.ts";
import type {
  AppendForm,
  CapabilityContext,
  CreateParameter,
  Extension,
  FetchItem,
  FetchModifier,
  ListReturnOption,
  ListSelectionOption,
  MetadataRule,
  SearchReturnOption,
  SelectParameter,
  StatusItem,
  StoreModifier,
} from "./extension.ts";
import type { SortKey } from "./order/sort.ts";
import type { FurtherNotifyEvent } from "./notify/event_groups.ts";
import type { ThreadAlgorithm } from "./order/thread_algorithms.ts";
import type { ProgressNotice } from "./progress.ts";
import type { SearchKeyParser } from "./search/key.ts";
import type { Session } from "./session.ts";

/** What ENABLE switches on. */
export interface Enabling {
  /** Its name, as it is spelled. */
  readonly name: string;
  /** Called before it is on. */
  begin(session: Session): void;
}

/** See the module's text. */
export class Registry {
  readonly #extensions: readonly Extension[];
  readonly #disabled: ReadonlySet<string>;
  readonly #commands = new Map<string, AnyCommand>();
  /** Lines of capabilities by what they depend on, and the limits that they were made with. */
  readonly #lines = new Map<string, string>();
  #limits: Limits | undefined;
  /** What ENABLE may name (RFC 5161), in capitals. */
  readonly enable: Map<string, Enabling> = new Map();
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
  /** Parameters of SELECT by name. */
  readonly selectParameters: Map<string, SelectParameter> = new Map();
  /** Modifiers of FETCH by name, in the order in which they work. */
  readonly fetchModifiers: Map<string, FetchModifier> = new Map();
  /** Modifiers of STORE by name. */
  readonly storeModifiers: Map<string, StoreModifier> = new Map();
  /** Return options of SEARCH by name. */
  readonly searchReturnOptions: Map<string, SearchReturnOption> = new Map();
  /** Return options of SORT by name. */
  readonly sortReturnOptions: Map<string, SearchReturnOption> = new Map();
  /** Algorithms of THREAD by name. */
  readonly threadAlgorithms: Map<string, ThreadAlgorithm> = new Map();
  /** Keys of SORT by name. */
  readonly sortKeys: Map<string, SortKey> = new Map();
  /** Whether SORT takes return options. */
  readonly extendsSort: boolean;
  /** Forms of append-data by the label that they begin with. */
  readonly appendForms: Map<string, AppendForm> = new Map();
  /** What looks at messages that are about to be appended. */
  readonly messageChecks: NonNullable<Extension["checkMessage"]>[] = [];
  /** What looks at commands. */
  readonly admissions: NonNullable<Extension["admit"]>[] = [];
  /** What writes responses of SELECT. */
  readonly selectResponses: ((session: Session) => void)[] = [];
  /** What gives CREATE its response code. */
  createCode:
    | ((session: Session, info: MailboxInfo) => string | undefined)
    | undefined;
  /** Parameters of CREATE by name. */
  readonly createParameters: Map<string, CreateParameter> = new Map();
  /** How clients are told of the progress of commands; undefined where they are not. */
  readonly progressNotice: ProgressNotice | undefined;
  /** Rules for entries of the server's metadata. */
  readonly metadataRules: MetadataRule[] = [];
  /** Whether an extension lets clients ask for what identifies a content. */
  readonly identifiesContents: boolean;
  /** Events of NOTIFY that there are because of extensions. */
  readonly notifyEvents: FurtherNotifyEvent[] = [];

  /**
   * Gathers what the extensions add.
   * @param disabled capabilities that are not to be offered: they are not announced, and an extension none of
   * whose capabilities are left, or whose needs are not met, adds nothing
   * @throws {Error} when two of them claim the same name
   */
  constructor(extensions: readonly Extension[], disabled: ReadonlySet<string>) {
    this.#disabled = disabled;
    const isOffered = (capability: string) => !isDisabled(capability, disabled);
    this.#extensions = extensions.filter((extension) => {
      const { capabilities, impliedBy = [], needs = [] } = extension;
      const offered = [...capabilities?.(ALL) ?? [], ...impliedBy];
      return (offered.length === 0 || offered.some(isOffered)) &&
        (needs.length === 0 || needs.some(isOffered));
    });
    const notices = new Map<string, ProgressNotice>();
    for (const extension of this.#extensions) {
      const { progressNotice } = extension;
      if (progressNotice !== undefined) {
        claim(notices, "progress", progressNotice);
      }
      for (const command of extension.commands ?? []) {
        if (command.uid !== "only") {
          claim(this.#commands, command.name, command);
        }
        if (command.uid !== undefined) {
          claim(this.#commands, `UID ${command.name}`, command);
        }
      }
      if (extension.selectResponse !== undefined) {
        this.selectResponses.push(extension.selectResponse.bind(extension));
      }
      if (extension.createCode !== undefined) {
        // A response has room for one code.
        if (this.createCode) {
          throw new Error("Two extensions claim CREATE's code");
        }
        this.createCode = extension.createCode.bind(extension);
      }
      for (const name of extension.enable ?? []) {
        claim(this.enable, name.toUpperCase(), {
          name,
          begin: (session) => extension.whenEnabled?.(session),
        });
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
      for (const parameter of extension.selectParameters ?? []) {
        claim(this.selectParameters, parameter.name, parameter);
      }
      for (const modifier of extension.fetchModifiers ?? []) {
        claim(this.fetchModifiers, modifier.name, modifier);
      }
      for (const modifier of extension.storeModifiers ?? []) {
        claim(this.storeModifiers, modifier.name, modifier);
      }
      for (const option of extension.searchReturnOptions ?? []) {
        claim(this.searchReturnOptions, option.name, option);
      }
      for (const option of extension.sortReturnOptions ?? []) {
        claim(this.sortReturnOptions, option.name, option);
      }
      for (const algorithm of extension.threadAlgorithms ?? []) {
        claim(this.threadAlgorithms, algorithm.name, algorithm);
      }
      for (const key of extension.sortKeys ?? []) {
        claim(this.sortKeys, key.name, key);
      }
      for (const form of extension.appendForms ?? []) {
        claim(this.appendForms, form.name, form);
      }
      const { checkMessage, admit } = extension;
      if (checkMessage !== undefined) this.messageChecks.push(checkMessage);
      if (admit !== undefined) this.admissions.push(admit);
      for (const parameter of extension.createParameters ?? []) {
        claim(this.createParameters, parameter.name, parameter);
      }
      this.metadataRules.push(...extension.metadataRules ?? []);
      this.notifyEvents.push(...extension.notifyEvents ?? []);
    }
    this.identifiesContents = this.#extensions.some((extension) =>
      extension.identifiesContents
    );
    this.extendsSort = this.#extensions.some((extension) =>
      extension.extendsSort
    );
    this.progressNotice = notices.get("progress");
  }

  /** The command of a name in capitals, `UID ` in front of it where the client wrote that. */
  command(name: string): AnyCommand | undefined {
    return this.#commands.get(name);
  }

  /** The capabilities to announce now (RFC 9051 § 7.2.2). */
  capabilities(context: CapabilityContext): string[] {
    return this.#extensions
      .flatMap((extension) => extension.capabilities?.(context) ?? [])
      .filter((capability) => !isDisabled(capability, this.#disabled));
  }

  /** The same in one line. Each connection is told it twice, so that it is kept. */
  capabilityLine(context: CapabilityContext): string {
    const { limits, mechanisms } = context;
    if (limits !== this.#limits) this.#lines.clear();
    this.#limits = limits;
    const { authenticated, mayLogin, canStartTls } = context;
    const { utf8Only = false, hasAppendLimits = false } = context;
    const about = `${authenticated} ${mayLogin} ${canStartTls} ${utf8Only} ` +
      `${hasAppendLimits} ${mechanisms}`;
    let line = this.#lines.get(about);
    if (line === undefined) {
      line = this.capabilities(context).join(" ");
      this.#lines.set(about, line);
    }
    return line;
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

/** A capability with a value, such as APPENDLIMIT=1000, is also named without it. */
function isDisabled(
  capability: string,
  disabled: ReadonlySet<string>,
): boolean {
  const name = capability.toUpperCase();
  return disabled.has(name) || disabled.has(name.replace(/=\d+$/, ""));
}

function claim<T>(slot: Map<string, T>, name: string, value: T): void {
  if (slot.has(name)) throw new Error(`Two extensions claim ${name}`);
  slot.set(name, value);
}
