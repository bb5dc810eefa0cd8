/**
 * What one session has yet to be told because it has asked for it by NOTIFY (RFC 5465).
 *
 * What happens is noted when it does, a few bits a mailbox, and looked up when it can be told: a client that does not
 * read gets the newest counts later, and no queue grows for it.
 *
 * @module
 */

import {
  type MailboxInfo,
  StorageError,
  type UidList,
} from "../../../storage/model.ts";
import type {
  AccountChange,
  Mailbox,
  MessagesChange,
} from "../../../storage/storage.ts";
import { listResponse } from "../commands/list.ts";
import { writeStatus } from "../commands/status.ts";
import { Bye, No } from "../errors.ts";
import type { FetchAttribute } from "../fetch/attribute.ts";
import { fetchMessages, unsolicited } from "../fetch/engine.ts";
import { infoOf } from "../mailboxes.ts";
import { metadataWatch } from "../metadata/watch.ts";
import type { Notifications, SelectedEvents, Session } from "../session.ts";
import { Disconnected } from "../transport.ts";
import {
  type EventGroup,
  type EventGroups,
  isOfMessages,
  MESSAGE_EVENTS,
  type NotifyEvent,
  OtherEvents,
  type SelectedGroup,
} from "./event_groups.ts";

/** What has happened to a mailbox that is not selected. */
interface Changes {
  /** Messages that came, without those that the session has put there itself. */
  came: number;
  went: boolean;
  flags: boolean;
  /** Whether it may be another mailbox of that name. */
  anew: boolean;
}

/** Mailboxes whose counts are looked up together. */
const BATCH = 100;

const NOTHING: SelectedEvents = {
  messages: false,
  flags: false,
  delayed: true,
};

/** See the module's text. */
export class Notifier implements Notifications {
  selected: SelectedEvents = NOTHING;
  readonly #session: Session;
  #selectedGroup: SelectedGroup | undefined;
  #others: OtherEvents;
  #stops: (() => void)[] = [];
  /** Subscribed names, where a group needs them; undefined when they have to be looked up anew. */
  #subscribed: ReadonlySet<string> | undefined;
  #changes = new Map<string, Changes>();
  #names: AccountChange[] = [];
  /** Messages that the selected mailbox has got, and those of them that are the session's own. */
  #came: UidList[] = [];
  readonly #own = new Set<number>();
  #overflow = false;
  /** Whether messages may be looked at at all. */
  #mayLook = true;

  /** What is asked for; {@linkcode listen} begins it. */
  constructor(session: Session, groups: EventGroups) {
    this.#session = session;
    const { selected, others } = groups;
    this.#selectedGroup = selected;
    this.#others = eventsOf(session, others);
    if (selected === undefined) return;
    this.selected = {
      messages: selected.events.has("MessageNew"),
      flags: selected.events.has("FlagChange"),
      delayed: selected.delayed,
    };
  }

  /**
   * Begins to take note of what happens; writes a LIST response with \NoAccess for each mailbox whose messages may not
   * be looked at (§ 3.1).
   */
  async listen(): Promise<void> {
    const { account } = this.#session;
    const others = this.#others;
    if (others.none) return;
    this.#stops.push(account.onChange((change) => this.#nameChanged(change)));
    if (others.bySubscription) await this.#lookUpSubscribed();
    else this.#subscribed = new Set();
    if (others.includes("MailboxMetadataChange", "ServerMetadataChange")) {
      const wants = (name: string) => this.#wantsMetadata(name);
      const tooMany = () => this.#overflows();
      this.#stops.push(metadataWatch(this.#session).want(wants, tooMany));
    }
    if (!others.includes(...MESSAGE_EVENTS)) return;
    try {
      const stop = await account.watchMessages((change) =>
        this.#messagesChanged(change)
      );
      this.#stops.push(stop);
    } catch (error) {
      const refused = error instanceof StorageError && error.code === "NOPERM";
      if (!refused) throw error;
      this.#mayLook = false;
      await this.#noAccess();
    }
  }

  /** STATUS of all mailboxes whose messages are watched (§ 3.1). */
  async status(): Promise<void> {
    if (!this.#mayLook) return;
    const session = this.#session;
    const all = await session.account.mailboxes();
    const watched = all.filter((info) =>
      info.id !== undefined && !this.#isSelected(info.name) &&
      isOfMessages(this.#eventsOf(info.name, info.subscribed))
    );
    await this.#statuses(watched, ({ name, subscribed }) => {
      const items = ["MESSAGES", "UIDNEXT", "UIDVALIDITY"];
      return this.#eventsOf(name, subscribed).has("FlagChange")
        ? [...items, "UNSEEN", "HIGHESTMODSEQ"]
        : items;
    });
  }

  async #noAccess(): Promise<void> {
    const session = this.#session;
    for (const info of await session.account.mailboxes()) {
      const events = this.#eventsOf(info.name, info.subscribed);
      if (info.id === undefined || !isOfMessages(events)) continue;
      listResponse(session, info, { subscribed: true, noAccess: true });
      await session.flushBatch();
    }
  }

  came(uids: UidList): void {
    if (this.#selectedGroup?.attributes.length) this.#came.push(uids);
  }

  takeNew(uids: ReadonlySet<number>): readonly FetchAttribute[] {
    this.#came = this.#came.map((came) => came.filter((uid) => !uids.has(uid)));
    return this.#selectedGroup?.attributes ?? [];
  }

  appended(mailbox: Mailbox, uids: UidList): void {
    if (this.#session.state === "selected") {
      if (mailbox.state === this.#session.view.state) {
        if (!this.#selectedGroup?.attributes.length) return;
        for (const uid of uids) this.#own.add(uid);
        return;
      }
    }
    const changes = this.#changes.get(mailbox.name);
    if (changes === undefined) return;
    changes.came = Math.max(0, changes.came - uids.length);
    if (isNothing(changes)) this.#changes.delete(mailbox.name);
  }

  renamed(type: AccountChange["type"], name: string): void {
    const at = this.#names.findLastIndex((change) =>
      change.type === type && change.name === name
    );
    if (at >= 0) this.#names.splice(at, 1);
  }

  async tell(): Promise<void> {
    try {
      await this.#tellOfNew();
      // What happens meanwhile is told in the next turn.
      if (this.#names.length > 0) await this.#tellNames();
      if (this.#changes.size > 0) await this.#tellChanges();
    } catch (error) {
      if (error instanceof Bye || error instanceof Disconnected) throw error;
      const { host, id } = this.#session;
      if (!(error instanceof No)) host.fault(error, { connection: id });
      this.#overflows();
    }
    if (!this.#overflow) return;
    this.#overflow = false;
    this.#session.out.text("* OK [NOTIFICATIONOVERFLOW] ")
      .humanText("There is more than can be told; ask again").crlf();
  }

  close(): void {
    for (const stop of this.#stops.splice(0)) stop();
  }

  /** Gives up: from now on it is as after NOTIFY NONE (§ 5.8). */
  #overflows(): void {
    this.close();
    this.#overflow = true;
    this.#selectedGroup = undefined;
    this.#others = eventsOf(this.#session, []);
    this.selected = NOTHING;
    this.#changes = new Map();
    this.#names = [];
    this.#came = [];
    this.#own.clear();
  }

  #wake(): void {
    const { notifyPending } = this.#session.host.limits;
    if (this.#changes.size + this.#names.length > notifyPending) {
      this.#overflows();
    }
    this.#session.wake?.();
  }

  #nameChanged(change: AccountChange): void {
    const { type, aspect } = change;
    if (type === "metadata" || aspect === "specialUse") return;
    if (type === "update" && this.#others.bySubscription) {
      this.#subscribed = undefined;
    }
    this.#names.push(change);
    this.#wake();
  }

  /** Whether changes of metadata are told (§ 5.6, § 5.7): those of a mailbox, or with no name the server's. */
  #wantsMetadata(name: string): boolean {
    if (name === "") return this.#others.includes("ServerMetadataChange");
    // Before it is known what is subscribed it is told too much rather than too little.
    const subscribed = this.#subscribed?.has(name) ?? true;
    return this.#eventsOf(name, subscribed).has("MailboxMetadataChange");
  }

  #messagesChanged({ mailbox, type, count }: MessagesChange): void {
    if (count === 0 || this.#isSelected(mailbox)) return;
    // Where it is not known what is subscribed it is found out when it is told.
    const known = this.#subscribed !== undefined;
    if (known && !isOfMessages(this.#eventsOf(mailbox))) return;
    const changes = this.#changesOf(mailbox);
    if (type === "append") changes.came += count;
    else if (type === "expunge") changes.went = true;
    else changes.flags = true;
    this.#wake();
  }

  #changesOf(name: string): Changes {
    let changes = this.#changes.get(name);
    if (changes === undefined) {
      changes = { came: 0, went: false, flags: false, anew: false };
      this.#changes.set(name, changes);
    }
    return changes;
  }

  #isSelected(name: string): boolean {
    return this.#session.state === "selected" &&
      this.#session.view.mailbox.name === name;
  }

  #eventsOf(
    name: string,
    subscribed = this.#subscribed?.has(name) ?? false,
  ): ReadonlySet<NotifyEvent> {
    return this.#others.of({ name, subscribed });
  }

  async #lookUpSubscribed(): Promise<void> {
    const names = new Set<string>();
    this.#subscribed = names;
    const all = await this.#session.account.mailboxes();
    for (const { name, subscribed } of all) if (subscribed) names.add(name);
  }

  /** FETCH responses of messages that are new in the selected mailbox, but for the session's own (§ 5.2). */
  async #tellOfNew(): Promise<void> {
    const session = this.#session;
    const own = new Set(this.#own);
    this.#own.clear();
    const came = this.#came;
    this.#came = [];
    const selected = this.#selectedGroup;
    if (session.state !== "selected" || selected === undefined) return;
    const { view } = session;
    for (const uids of came) {
      const theirs = view.known(uids.filter((uid) => !own.has(uid)));
      if (theirs.length === 0) continue;
      const attributes = unsolicited(session, selected.attributes);
      await fetchMessages(session, theirs, attributes);
    }
  }

  /** LIST responses of mailboxes that came, went, or are called or subscribed otherwise (§ 5.4, § 5.5). */
  async #tellNames(): Promise<void> {
    const session = this.#session;
    const names = this.#names;
    this.#names = [];
    if (this.#subscribed === undefined) await this.#lookUpSubscribed();
    for (const { type, name, oldName } of names) {
      if (type === "update") {
        const subscribed = this.#subscribed?.has(name);
        // A name that a client unsubscribes was subscribed.
        const events = this.#eventsOf(
          name,
          subscribed || this.#others.bySubscription,
        );
        if (events.has("SubscriptionChange")) await this.#list(name);
        await session.flushBatch();
        continue;
      }
      const parent = type === "rename" ? undefined : this.#parentOf(name);
      for (const affected of [name, parent]) {
        if (affected === undefined) continue;
        const events = this.#eventsOf(affected);
        if (events.has("MailboxName")) await this.#list(affected, oldName);
      }
      // RFC 5465 § 5.1: UIDVALIDITY may be another one.
      const anew = type !== "delete" && this.#mayLook &&
        !this.#isSelected(name);
      if (anew && this.#eventsOf(name).has("FlagChange")) {
        this.#changesOf(name).anew = true;
      }
      await session.flushBatch();
    }
  }

  #parentOf(name: string): string | undefined {
    const { hierarchyDelimiter } = this.#session.host.storage;
    const end = name.lastIndexOf(hierarchyDelimiter);
    return end > 0 ? name.slice(0, end) : undefined;
  }

  async #list(name: string, oldName?: string): Promise<void> {
    const session = this.#session;
    const info = await infoOf(session, name);
    listResponse(session, info, { subscribed: true, oldName });
  }

  /** STATUS responses of mailboxes that are not selected (§ 5.1 to § 5.3). */
  async #tellChanges(): Promise<void> {
    const changed = this.#changes;
    this.#changes = new Map();
    if (this.#subscribed === undefined) await this.#lookUpSubscribed();
    const { account, condstore } = this.#session;
    const infos: MailboxInfo[] = [];
    for (const name of changed.keys()) {
      if (this.#isSelected(name)) continue;
      const info = await account.mailbox(name);
      if (info?.id !== undefined) infos.push(info);
    }
    await this.#statuses(infos, ({ name }) => {
      const { came, went, flags, anew } = changed.get(name)!;
      const events = this.#eventsOf(name);
      const items: string[] = [];
      if (events.has("MessageNew") && (came > 0 || went)) {
        items.push("MESSAGES", "UIDNEXT");
      }
      if (events.has("FlagChange")) {
        if (flags || anew) items.push("UIDVALIDITY");
        items.push("UNSEEN");
      }
      if (items.length > 0 && condstore) items.push("HIGHESTMODSEQ");
      return items;
    });
  }

  async #statuses(
    infos: readonly MailboxInfo[],
    itemsOf: (info: MailboxInfo) => readonly string[],
  ): Promise<void> {
    const session = this.#session;
    const { statusItems } = session.registry;
    for (let at = 0; at < infos.length; at += BATCH) {
      const some = infos.slice(at, at + BATCH);
      const counts = await session.account.status(some.map(({ name }) => name));
      for (const [place, info] of some.entries()) {
        const status = counts[place];
        const items = itemsOf(info).flatMap((name) =>
          statusItems.get(name) ?? []
        );
        if (status === undefined || items.length === 0) continue;
        writeStatus(session, info, status, items);
      }
      await session.flushBatch();
    }
  }
}

function isNothing({ came, went, flags, anew }: Changes): boolean {
  return came === 0 && !went && !flags && !anew;
}

function eventsOf(
  { host }: Session,
  groups: readonly EventGroup[],
): OtherEvents {
  return new OtherEvents(groups, host.storage.hierarchyDelimiter);
}
