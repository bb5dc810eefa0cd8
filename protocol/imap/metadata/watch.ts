/**
 * Tells a session of metadata that others have changed (RFC 5464 § 4.4.2).
 *
 * @module
 */

import type {
  MetadataChanges,
  MetadataOwner,
} from "../../../storage/metadata.ts";
import type { AccountChange } from "../../../storage/storage.ts";
import { normalName } from "../../../storage/scope.ts";
import type { Session } from "../session.ts";

/** How long the names that wait to be told may be together, for a client that does not ask. */
const MAX_WAITING = 262_144;

/** Of each session that hears of changes. */
const watches = new WeakMap<Session, MetadataWatch>();

/** What tells a session of changes; it is made where there is none. */
export function metadataWatch(session: Session): MetadataWatch {
  let watch = watches.get(session);
  if (watch === undefined) {
    watches.set(session, watch = new MetadataWatch(session));
  }
  return watch;
}

/** Who wants to hear of changes for a session. */
interface Wish {
  /** Whether it is to hear of those of a mailbox, or with no name of those of the server. */
  wants(name: string): boolean;
  /** More waits to be told than is kept. */
  tooMany?(): void;
}

/** See the module's text. */
export class MetadataWatch {
  readonly #session: Session;
  readonly #wishes = new Set<Wish>();
  /** What has changed, by mailbox. */
  #changed = new Map<string, Set<string>>();
  #waiting = 0;
  /** What the session is changing itself, as it will hear of it. */
  readonly #own = new Set<string>();

  /** Of a session; it hears of nothing until that is wanted. */
  constructor(session: Session) {
    this.#session = session;
  }

  /**
   * Has the session told of changes, up to the end of the login or until the function that is returned is called.
   * However many want a change, it is told once.
   */
  want(
    wants: (name: string) => boolean,
    tooMany?: () => void,
  ): () => void {
    const { unasked } = this.#session;
    if (!unasked.has(this.#tell)) {
      // Nobody, or somebody who was logged in before.
      this.#wishes.clear();
      this.#changed.clear();
      this.#waiting = 0;
      this.#session.listen((change) => this.#heard(change));
      unasked.add(this.#tell);
    }
    const wish: Wish = { wants, ...tooMany && { tooMany } };
    this.#wishes.add(wish);
    return () => void this.#wishes.delete(wish);
  }

  /** The session is about to change something itself; the function that is returned ends that. */
  expect(
    mailbox: string,
    [owner, changes, common]: readonly [
      MetadataOwner,
      MetadataChanges,
      MetadataChanges?,
    ],
  ): () => void {
    const { hierarchyDelimiter } = this.#session.host.storage;
    const name = typeof owner === "string"
      ? ""
      : normalName(mailbox, hierarchyDelimiter) ?? mailbox;
    const own = [changes, ...common === undefined ? [] : [common]]
      .map((changes) => keyOf(name, changes.keys()));
    for (const key of own) this.#own.add(key);
    return () => {
      for (const key of own) this.#own.delete(key);
    };
  }

  #heard({ type, name, entries }: AccountChange): void {
    if (type !== "metadata" || entries === undefined) return;
    if (this.#own.delete(keyOf(name, entries))) return;
    const wishes = [...this.#wishes].filter(({ wants }) => wants(name));
    if (wishes.length === 0) return;
    let changed = this.#changed.get(name);
    if (changed === undefined) {
      this.#changed.set(name, changed = new Set());
      this.#waiting += name.length;
    }
    for (const entry of entries) {
      if (changed.has(entry)) continue;
      if (this.#waiting >= MAX_WAITING) {
        for (const { tooMany } of wishes) tooMany?.();
        break;
      }
      this.#waiting += entry.length;
      changed.add(entry);
    }
    this.#session.wake?.();
  }

  // metadata-resp = "METADATA" SP mailbox SP entry-list
  readonly #tell = (): void => {
    const { out } = this.#session;
    for (const [name, entries] of this.#changed) {
      out.text("* METADATA ").mailbox(name);
      for (const entry of entries) out.sp().astring(entry);
      out.crlf();
    }
    this.#changed = new Map();
    this.#waiting = 0;
  };
}

function keyOf(name: string, entries: Iterable<string>): string {
  return [name, ...entries].join("\n");
}
