/**
 * What all clients together may rely on.
 *
 * @module
 */

/** A law of the protocol is broken. */
export class Violation extends Error {}

/** Refuses what breaks a law. */
export function must(holds: boolean, law: string): asserts holds {
  if (!holds) throw new Violation(law);
}

/** What is known of a message for good. */
interface Fate {
  /** Its content. */
  token?: string;
  /** Whether somebody has asked for it to be removed. */
  unwanted?: boolean;
  /** When a client was first told that it has gone. */
  gone?: number;
  /** The selection in which it is `\Recent`. */
  recentIn?: object;
}

/** Follows all messages of an account through all mailboxes by UIDVALIDITY and UID. */
export class World {
  readonly #fates = new Map<string, Fate>();
  readonly #emptied = new Set<number>();
  #clock = 0;
  #tokens = 0;
  /** UIDVALIDITY of `INBOX`, which is always there. */
  inbox = 0;
  /** Whether anybody has asked for a mailbox to be deleted. */
  mailboxesGo = false;
  /** UIDVALIDITYs of mailboxes of which the server said that they are gone. */
  readonly goneMailboxes: Set<number> = new Set();
  readonly #oneServer: boolean;

  /** @param oneServer whether all clients are at the same server */
  constructor(oneServer = true) {
    this.#oneServer = oneServer;
  }

  /** The time, in events. */
  now(): number {
    return ++this.#clock;
  }

  /** A text that no other message has. */
  newToken(): string {
    return `m${++this.#tokens}`;
  }

  /** A message has a content, and always the same (RFC 9051 § 2.3.1.1). */
  hasContent(uidValidity: number, uid: number, token: string): void {
    const fate = this.#fate(uidValidity, uid);
    fate.token ??= token;
    must(
      fate.token === token,
      `UID ${uid} of ${uidValidity} is ${fate.token} and ${token}`,
    );
  }

  /** The content of a message, where it is known. */
  contentOf(uidValidity: number, uid: number): string | undefined {
    return this.#fate(uidValidity, uid).token;
  }

  /**
   * Somebody asks for messages to be removed.
   * @param uids which; undefined for any of the mailbox
   */
  removes(uidValidity: number, uids?: Iterable<number>): void {
    if (uids === undefined) this.#emptied.add(uidValidity);
    else for (const uid of uids) this.#fate(uidValidity, uid).unwanted = true;
  }

  /** A message is not there: somebody has asked for that. */
  isRemoved(uidValidity: number, uid: number): void {
    must(
      this.#emptied.has(uidValidity) ||
        this.#fate(uidValidity, uid).unwanted === true,
      `UID ${uid} of ${uidValidity} is lost`,
    );
  }

  /** A client has been told that a message has gone. */
  hasGone(uidValidity: number, uid: number): void {
    this.#fate(uidValidity, uid).gone ??= this.now();
  }

  /** A message is there for one who asked for the mailbox at a time. */
  isThere(uidValidity: number, uid: number, since: number): void {
    const { gone = Infinity } = this.#fate(uidValidity, uid);
    must(gone > since, `UID ${uid} of ${uidValidity} had gone before`);
  }

  /**
   * A message is `\Recent` for one who has selected the mailbox read-write. Servers that cannot know of one
   * another in time may both say so (RFC 3501 § 2.3.2).
   */
  isRecent(uidValidity: number, uid: number, selection: object): void {
    if (!this.#oneServer) return;
    const fate = this.#fate(uidValidity, uid);
    fate.recentIn ??= selection;
    must(
      fate.recentIn === selection,
      `UID ${uid} of ${uidValidity} is \\Recent in two sessions`,
    );
  }

  #fate(uidValidity: number, uid: number): Fate {
    const key = `${uidValidity}/${uid}`;
    let fate = this.#fates.get(key);
    if (fate === undefined) this.#fates.set(key, fate = {});
    return fate;
  }
}
