/**
 * What makes a test server look like another one.
 *
 * @module
 */

import type { ClientPolicy, Host } from "../protocol/host.ts";
import type { AnyCommand } from "../protocol/imap/command.ts";
import type {
  CapabilityContext,
  Extension,
} from "../protocol/imap/extension.ts";
import { extensions } from "../protocol/imap/extensions/mod.ts";
import { Registry } from "../protocol/imap/registry.ts";
import type { Registries } from "../protocol/imap/session.ts";
import { DEFAULT_LIMITS } from "../protocol/limits.ts";
import type { Encoder } from "../protocol/wire/encoder.ts";

/** A namespace: a prefix and a hierarchy delimiter (RFC 2342). */
export type Namespace = readonly [prefix: string, delimiter: string];

/** Another server, as data. */
export interface Persona {
  /** Its name. */
  readonly name: string;
  /**
   * The capabilities that it names before and after login, in its order. Those that imapd does not have are
   * left out, those of imapd that are not among them are not offered.
   */
  readonly capabilities: {
    readonly beforeLogin: readonly string[];
    readonly afterLogin: readonly string[];
  };
  /**
   * Those of `capabilities` to be named although imapd cannot do them: for clients that look at the list
   * alone. Who uses one is told `BAD`. Default: none.
   */
  readonly announce?: readonly string[];
  /** Whether greeting and login name the capabilities. Default true. */
  readonly capabilitiesUnasked?: boolean;
  /** Whether LIST tells special uses without being asked. Default true. */
  readonly specialUse?: boolean;
  /** What its greeting says. */
  readonly greeting?: string;
  /** What it says of itself (RFC 2971). Default: what imapd says. */
  readonly id?: Readonly<Record<string, string>>;
  /** What separates the levels of a mailbox name. Default `/`. */
  readonly hierarchyDelimiter?: string;
  /** What NAMESPACE answers: personal, others', shared. Default: one personal namespace without prefix. */
  readonly namespaces?: {
    readonly personal: readonly Namespace[];
    readonly others?: readonly Namespace[];
    readonly shared?: readonly Namespace[];
  };
  /** The mailboxes that each user has from the start, beside INBOX, with their special uses. */
  readonly mailboxes?: Readonly<Record<string, readonly string[]>>;
}

/** What a persona speaks, for clients who are not offered some of it. */
export function registriesOf(persona: Persona, host: Host): Registries {
  const known = new Map<string, Registry>();
  return (hidden = new Set()) => {
    const key = [...hidden].sort().join(" ");
    let registry = known.get(key);
    if (registry === undefined) {
      const disabled = host.disabledCapabilities.union(hidden);
      registry = new PersonaRegistry(persona, disabled);
      known.set(key, registry);
    }
    return registry;
  };
}

class PersonaRegistry extends Registry {
  readonly #persona: Persona;
  readonly #hidden: ReadonlySet<string>;

  constructor(persona: Persona, hidden: ReadonlySet<string>) {
    super(extensionsOf(persona), hidden.union(unlisted(persona)));
    this.#persona = persona;
    this.#hidden = hidden;
  }

  override capabilities(context: CapabilityContext): string[] {
    const { capabilities, announce = [] } = this.#persona;
    const offered = new Set(super.capabilities(context).map(upper));
    const announced = new Set(announce.map(upper));
    const names = context.authenticated
      ? capabilities.afterLogin
      : capabilities.beforeLogin;
    const listed = names.filter((name) => {
      const key = upper(name);
      return offered.has(key) || announced.has(key) && !this.#hidden.has(key);
    });
    // What depends on the connection is said even if the other server had it elsewhere.
    const needed = ["STARTTLS", "LOGINDISABLED"].filter((name) =>
      offered.has(name) && !listed.map(upper).includes(name)
    );
    return [...listed, ...needed];
  }
}

/** The capabilities of imapd that a persona does not have. */
function unlisted({ capabilities }: Persona): Set<string> {
  const { beforeLogin, afterLogin } = capabilities;
  const listed = new Set([...beforeLogin, ...afterLogin].map(upper));
  const own = new Registry(extensions, new Set());
  const all = [true, false].flatMap((authenticated) =>
    own.capabilities({
      authenticated,
      mayLogin: true,
      mechanisms: [],
      canStartTls: true,
      limits: DEFAULT_LIMITS,
    })
  );
  return new Set(all.map(upper))
    .difference(listed)
    .difference(new Set(["STARTTLS", "LOGINDISABLED"]));
}

/** All extensions, with the persona's own answer to NAMESPACE. */
function extensionsOf({ namespaces }: Persona): readonly Extension[] {
  if (namespaces === undefined) return extensions;
  const { personal, others = [], shared = [] } = namespaces;
  return extensions.map((extension) => {
    const at = extension.commands?.findIndex(({ name }) =>
      name === "NAMESPACE"
    ) ?? -1;
    if (at < 0) return extension;
    const command: AnyCommand = {
      ...extension.commands![at]!,
      execute({ out }) {
        out.text("* NAMESPACE");
        for (const list of [personal, others, shared]) {
          namespaceList(out.sp(), list);
        }
        out.crlf();
      },
    };
    return { ...extension, commands: extension.commands!.with(at, command) };
  });
}

/** Namespace = "NIL" / "(" 1*Namespace-Descr ")", RFC 9051 § 9. */
function namespaceList(out: Encoder, list: readonly Namespace[]): void {
  if (list.length === 0) return void out.text("NIL");
  out.text("(");
  for (const [prefix, delimiter] of list) {
    out.text("(").string(prefix).sp().string(delimiter).close();
  }
  out.close();
}

/** What the persona says in places that a policy decides. */
export function personaPolicy(persona: Persona): ClientPolicy {
  const { capabilitiesUnasked, specialUse, greeting, id } = persona;
  return {
    ...(capabilitiesUnasked !== undefined && { capabilitiesUnasked }),
    ...(specialUse !== undefined && { specialUse }),
    ...(greeting !== undefined && { greeting }),
    ...(id !== undefined && { id }),
  };
}

function upper(text: string): string {
  return text.toUpperCase();
}
