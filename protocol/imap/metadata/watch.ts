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

/** See the module's text. */
export class MetadataWatch {
  readonly #session: Session;
  /** What has changed, by mailbox. */
  #changed = new Map<string, Set<string>>();
  #waiting = 0;
  /** What the session is changing itself, as it will hear of it. */
  readonly #own = new Set<string>();

  /** Begins to listen, up to the end of the session. */
  constructor(session: Session) {
    this.#session = session;
    session.listen((change) => this.#heard(change));
    session.unasked.add(this.#tell);
  }

  /** Whether it still listens: it does until the user logs out. */
  get listens(): boolean {
    return this.#session.unasked.has(this.#tell);
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
    for (const entry of entries) {
      if (this.#waiting >= MAX_WAITING) break;
      let changed = this.#changed.get(name);
      if (changed === undefined) {
        this.#changed.set(name, changed = new Set());
        this.#waiting += name.length;
      }
      if (!changed.has(entry)) this.#waiting += entry.length;
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
