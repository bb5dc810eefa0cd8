/**
 * Does what a script says, as far as a client in its state may.
 *
 * @module
 */

import type { Client } from "./client.ts";
import type { ClientModel } from "./client_model.ts";
import {
  append,
  expunge,
  fetch,
  partial,
  replace,
  type Sending,
  store,
  transfer,
} from "./commands.ts";
import { leave, select, simple, status } from "./mailbox_commands.ts";
import {
  chooseSet,
  type MessageSet,
  messagesUpTo,
  type SetChoice,
} from "./message_set.ts";
import { search } from "./search_command.ts";
import type { Action, Step } from "./steps.ts";
import type { Turns } from "./turns.ts";
import { cancelUpdate, watch } from "./watched.ts";

/** Does one step. */
export async function perform(
  client: Client,
  step: Step,
  turns: Turns,
): Promise<void> {
  const { action } = step;
  if (client.model.selection === undefined && needsSelection(action)) {
    await open(client, "INBOX", false);
    return;
  }
  switch (action.does) {
    case "idle": {
      const done = await client.idle();
      for (let turn = 0; turn < action.turns; turn++) await turns.next();
      return await done();
    }
    case "select":
      await open(client, action.name, action.readOnly);
      return;
    case "close":
    case "unselect":
      await client.run(leave(action.does === "close" ? "CLOSE" : "UNSELECT"));
      return;
  }
  // Until numbers hold, the client may be told of messages that have gone.
  if (!client.model.uidOnly && namesNumbers(action)) await client.numbersHold();
  if (client.ended) return;
  for (const command of commandsOf(client, action)) {
    const { outcome } = await client.send(command);
    // Who deletes the selected mailbox has none any more.
    if (step.waits || action.does === "delete") await outcome;
  }
}

/** Selects a mailbox; who is told by UID what goes asks for UIDs at once. */
async function open(client: Client, name: string, readOnly: boolean) {
  await client.run(select(name, readOnly));
  const { model } = client;
  const { slots = [], uidNext = 1 } = model.selection ?? {};
  if (!model.vanishes || client.ended || slots.length === 0) return;
  const all = model.uidOnly
    ? messagesUpTo(uidNext - 1, true)
    : messagesUpTo(slots.length, false);
  await client.run(fetch(all, "(UID FLAGS RFC822.SIZE)"));
}

function namesNumbers(action: Action): boolean {
  if (action.does === "partial") return true;
  const choice = "set" in action
    ? action.set
    : "among" in action
    ? action.among
    : undefined;
  return choice?.by === "number";
}

function needsSelection({ does }: Action): boolean {
  return !["append", "select", "status", "create", "delete", "rename", "idle"]
    .includes(does);
}

/** The commands of an action; NOOP where there is no message to name. */
function* commandsOf(client: Client, action: Action): Iterable<Sending> {
  const { model } = client;
  const onSet = (
    choice: SetChoice,
    make: (set: MessageSet) => Sending,
  ): Sending => {
    const set = chooseSet(model, settled(model, choice));
    return set === undefined ? simple("NOOP") : make(set);
  };
  switch (action.does) {
    case "append": {
      const { count, together, literalWaits: waits, to, flags } = action;
      const tokens = Array.from({ length: count }, () => newToken(client));
      const each = together ? [tokens] : tokens.map((token) => [token]);
      for (const tokens of each) yield append(to, { tokens, flags, waits });
      break;
    }
    case "store":
      // What is told between commands may cross a STORE: then only its answer says which of the two was later.
      yield onSet(
        action.set,
        (set) =>
          store(set, { ...action, silent: action.silent && !model.notified }),
      );
      break;
    case "fetch":
      yield onSet(action.set, (set) => fetch(set, itemOf(client, action.item)));
      break;
    case "partial":
      // It says no UIDs, without which nothing is to be had of VANISHED.
      if (model.vanishes) return;
      yield onSet(
        { ...action.set, by: "number", more: 0, form: "range" },
        (set) => partial(set),
      );
      break;
    case "uid expunge":
      yield onSet({ ...action.set, by: "uid" }, (set) => expunge(set));
      break;
    case "copy":
    case "move": {
      const verb = action.does === "copy" ? "COPY" : "MOVE";
      yield onSet(action.set, (set) => transfer(verb, set, action.to));
      break;
    }
    case "replace": {
      const { to, flags, literalWaits: waits } = action;
      const tokens = [newToken(client)];
      const choice = { tokens, flags, waits };
      yield onSet(action.set, (set) => replace(set, to, choice));
      break;
    }
    case "search": {
      // Where messages may come at any time, it is said among which to search.
      const choice = action.among ?? (model.notified ? ALL : undefined);
      const among = choice && chooseSet(model, settled(model, choice));
      if (model.notified && among === undefined) yield simple("NOOP");
      else {
        const uid = action.uid || model.uidOnly;
        yield search({ ...action, uid, among });
      }
      break;
    }
    case "watch":
      // From now on it may be told what happens while it does nothing.
      model.notified = true;
      yield watch({ ...action, uid: action.uid || model.vanishes });
      break;
    case "cancel update": {
      const tags = [...model.watched.keys()];
      const tag = tags[action.which % tags.length];
      yield tag === undefined ? simple("NOOP") : cancelUpdate(tag);
      break;
    }
    case "expunge":
      yield expunge();
      break;
    case "status":
      yield status(action.name);
      break;
    case "create":
      yield simple(`CREATE ${action.name}`, "ALREADYEXISTS");
      break;
    case "delete":
      model.world.mailboxesGo = true;
      yield simple(`DELETE ${action.name}`, "NONEXISTENT", "CANNOT");
      break;
    case "rename":
      // It moves the messages of INBOX (RFC 9051 § 6.3.6).
      if (action.name === "INBOX") model.world.removes(model.world.inbox);
      yield simple(
        `RENAME ${action.name} ${action.to}`,
        ...["NONEXISTENT", "ALREADYEXISTS", "CANNOT"],
      );
      break;
    default:
      yield simple(action.does.toUpperCase());
  }
}

/** Who is told of messages that go by UID asks for UIDs. */
function itemOf({ model }: Client, item: string): string {
  if (!model.qresync) return item;
  const items = item.replace(/^\((.*)\)$/, "$1").replace("UID ", "");
  return `(UID ${items.replace("FLAGS", "FLAGS MODSEQ")})`;
}

/** All messages whose UIDs are known. */
const ALL: SetChoice = { by: "uid", from: 0, more: Infinity, form: "range" };

/** A choice without `*` where messages may come at any time. */
function settled(model: ClientModel, choice: SetChoice): SetChoice {
  return model.notified && choice.form === "star"
    ? { ...choice, form: "range" }
    : choice;
}

function newToken(client: Client): string {
  return client.model.world.newToken();
}
