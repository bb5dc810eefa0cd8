/**
 * Random messages in a random order, against a comparison of what they were made of, while messages go and come.
 */

import { assert, assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { Pace } from "../../../storage/pace.ts";
import type { Host } from "../../host.ts";
import type { Mailbox } from "../../../storage/storage.ts";
import { registryOf } from "../extensions/mod.ts";
import { contextOf, mailboxOf, type TestMessage } from "../search/testing.ts";
import { rounds } from "../../../tests/shards/part.ts";
import { type SortCriterion, sortUids } from "./sort.ts";

/** What a message is made of. */
interface Model {
  readonly subject: { readonly base: string; readonly text: string };
  readonly from: Person | undefined;
  readonly to: Person | undefined;
  readonly cc: Person | undefined;
  /** In seconds since 1970. */
  readonly sent: number | undefined;
  readonly arrived: number;
  readonly padding: number;
  readonly summary: boolean;
}

interface Person {
  readonly name: string | undefined;
  readonly mailbox: string;
  readonly host: string;
}

/** Words, and how they sort: their titlecase without what is beside the letters. */
const WORDS = new Map([
  ["alpha", "ALPHA"],
  ["ALPHA", "ALPHA"],
  ["alphabet", "ALPHABET"],
  ["über", "U\u0308BER"],
  ["uber", "UBER"],
  ["Zoë", "ZOE\u0308"],
  ["日本", "日本"],
]);
const word = fc.constantFrom(...WORDS.keys());
const subject = fc.record({
  base: fc.oneof(word, fc.constant("")),
  before: fc.constantFrom("", "Re: ", "[list] ", "Re: [list] fwd: "),
  after: fc.constantFrom("", " (fwd)", "  "),
}).map(({ base, before, after }) => ({
  base,
  // A blob that would be all that is left stays.
  text: base === ""
    ? before.replace("[list] ", "")
    : before + encoded(base) + after,
}));
const person: fc.Arbitrary<Person> = fc.record({
  name: fc.option(word, { nil: undefined }),
  mailbox: fc.constantFrom("a", "A", "b", "ab"),
  host: fc.constantFrom("example.com", "example.org"),
});
const second = fc.oneof(
  fc.integer({ min: 951_000_000, max: 951_000_005 }),
  fc.constantFrom(-1, 0, 2 ** 31, -60_000_000_000, 250_000_000_000),
);
const models: fc.Arbitrary<Model> = fc.record({
  subject,
  from: fc.option(person, { nil: undefined }),
  to: fc.option(person, { nil: undefined }),
  cc: fc.option(person, { nil: undefined }),
  sent: fc.option(second, { nil: undefined }),
  arrived: fc.integer({ min: 951_000_000, max: 951_000_005 }),
  padding: fc.nat(3),
  summary: fc.boolean(),
});

/** A word as it may stand in a header field. */
function encoded(text: string): string {
  return `=?utf-8?b?${Buffer.from(text).toString("base64")}?=`;
}

function messageOf(model: Model): TestMessage {
  const { subject, from, to, cc, sent, arrived, padding, summary } = model;
  const address = ({ name, mailbox, host }: Person) =>
    `${
      name === undefined ? "" : encoded(name)
    } <${mailbox}@${host}>, x@y.example`;
  const lines = [
    `Subject: ${subject.text}`,
    ...from === undefined ? [] : [`From: ${address(from)}`],
    ...to === undefined ? [] : [`To: ${address(to)}`],
    ...cc === undefined ? [] : [`Cc: ${address(cc)}`],
    ...sent === undefined ? [] : [`Date: ${dateOf(sent)}`],
    "",
    "x".repeat(padding),
  ];
  // Within a second, which nobody is told of.
  const internalDate = arrived * 1_000 + padding * 300;
  return { source: lines.join("\n"), internalDate, summary };
}

/** In a zone that depends on it. */
function dateOf(second: number): string {
  const hours = ((second % 5) + 5) % 5;
  const local = new Date((second + hours * 3_600) * 1_000).toISOString();
  const [, year, month, day, time] = /^\+?(-?\d+)-(\d+)-(\d+)T([\d:]+)/.exec(
    local,
  )!;
  return `${year}-${month}-${day} ${time} +0${hours}00`;
}

/** What a message is sorted by, from what it was made of. */
function valueOf(name: string, model: Model, size: number): number | string {
  const { subject, from, to, cc, sent, arrived } = model;
  const sorted = (text: string) => WORDS.get(text) ?? text.toUpperCase();
  const shown = (person: Person | undefined) =>
    person === undefined
      ? ""
      : sorted(person.name ?? `${person.mailbox}@${person.host}`);
  switch (name) {
    case "ARRIVAL":
      return arrived;
    case "DATE":
      return sent ?? arrived;
    case "SIZE":
      return size;
    case "SUBJECT":
      return sorted(subject.base);
    case "FROM":
      return sorted(from?.mailbox ?? "");
    case "TO":
      return sorted(to?.mailbox ?? "");
    case "CC":
      return sorted(cc?.mailbox ?? "");
    case "DISPLAYFROM":
      return shown(from);
    case "DISPLAYTO":
      return shown(to);
    default:
      throw new Error(`Not among the keys: ${name}`);
  }
}

function hostOf(searchMemory: number): Host {
  return { searchMemory, disabledCapabilities: new Set() } as unknown as Host;
}

const { sortKeys } = registryOf(hostOf(0));
const criteria: fc.Arbitrary<SortCriterion[]> = fc.array(
  fc.record({
    key: fc.constantFrom(...sortKeys.values()),
    reverse: fc.boolean(),
  }),
  { minLength: 1, maxLength: 9 },
);

/** What happens meanwhile. */
interface Event {
  /** After how many looks at the clock. */
  readonly at: number;
  /** Of which messages some go. */
  readonly gone: readonly number[];
  readonly added: Model | undefined;
}
const events: fc.Arbitrary<Event[]> = fc.array(
  fc.record({
    at: fc.nat(40),
    gone: fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 3 }),
    added: fc.option(models, { nil: undefined }),
  }),
  { maxLength: 3 },
);

Deno.test("sortUids() has the order of what the messages are made of", async () => {
  assertEquals(sortKeys.size, 9);
  await fc.assert(
    fc.asyncProperty(
      fc.array(models, { maxLength: 12 }),
      fc.array(fc.tuple(criteria, events), { minLength: 1, maxLength: 5 }),
      fc.constantFrom(0, 5_000, 50_000).map(hostOf),
      async (models, sorts, host) => {
        const mailbox = await mailboxOf(models.map(messageOf));
        const { state } = mailbox;
        const all = [...models];
        const gone = new Set<number>();
        for (const [criteria, events] of sorts) {
          const asked = state.uids.slice(0, state.length)
            .filter((uid) => uid % 5 !== 0);
          const sizes = new Map(
            [...asked].map((uid) => [uid, state.sizes[state.indexOf(uid)]!]),
          );
          let looks = 0;
          let due: Event | undefined;
          const pace = new Pace();
          Object.defineProperty(pace, "due", {
            get() {
              const look = looks++;
              due = events.find(({ at }) => at === look);
              return due !== undefined;
            },
          });
          pace.rest = async () => {
            const { gone: going, added } = due!;
            const there = [...new Set(going)].sort((a, b) => a - b)
              .filter((uid) => state.indexOf(uid) >= 0);
            await mailbox.expunge(Uint32Array.from(there));
            for (const uid of there) gone.add(uid);
            if (added === undefined) return;
            const { source, internalDate = 0 } = messageOf(added);
            const bytes = Buffer.from(source);
            const summary = new Uint8Array(0);
            await mailbox.append([
              { source: bytes, internalDate, summary, flags: [] },
            ]);
            all.push(added);
          };
          const sorted = await sortUids(
            host,
            contextOf(mailbox),
            asked,
            criteria,
            { pace },
          );
          const value = (uid: number, { key }: SortCriterion) =>
            valueOf(key.name, all[uid - 1]!, sizes.get(uid)!);
          assertEquals(
            [...sorted],
            [...sorted].sort((a, b) => {
              for (const criterion of criteria) {
                const [one, other] = [value(a, criterion), value(b, criterion)];
                if (one === other) continue;
                return (one < other) === criterion.reverse ? 1 : -1;
              }
              return a - b;
            }),
          );
          // What is told was asked for, once; what is left out has gone.
          assertEquals(new Set(sorted).size, sorted.length);
          assert(sorted.every((uid) => asked.includes(uid)));
          const left = asked.filter((uid) => !sorted.includes(uid));
          assert(left.every((uid) => gone.has(uid)), `${left}`);
        }
      },
    ),
    { numRuns: rounds(400), seed: 3 },
  );
});

Deno.test("sortUids() does not care how many messages there are", async () => {
  const count = 40_000;
  const mailbox = await mailboxOf([{ source: "Subject: x\n\n" }]);
  const { state } = mailbox;
  const uids = Uint32Array.from({ length: count }, (_, at) => at + 1);
  // Nothing is read of these, so that as many can be as there never are in a test.
  const one = (uid: number) => (uid * 7_919) % 100_003;
  const other = (uid: number) => (uid % 7) * 2 ** 50;
  const sizes = Float64Array.from(uids, one);
  const internalDates = Float64Array.from(uids, other);
  const fake = new Proxy(state, {
    get: (target, name) =>
      name === "uids"
        ? uids
        : name === "length"
        ? count
        : name === "sizes"
        ? sizes
        : name === "internalDates"
        ? internalDates
        : name === "indexOf"
        ? (uid: number) => uid - 1
        : Reflect.get(target, name),
  });
  const context = contextOf({
    state: fake,
    async *readSummaries() {},
  } as unknown as Mailbox);
  const criteria = (["ARRIVAL", "SIZE"] as const).map((name, at) => ({
    key: sortKeys.get(name)!,
    reverse: at === 0,
  }));
  const sorted = await sortUids(
    hostOf(0),
    context,
    uids,
    [...criteria, { key: sortKeys.get("ARRIVAL")!, reverse: true }],
  );
  assertEquals(
    sorted,
    uids.slice().sort((a, b) =>
      other(b) - other(a) || one(a) - one(b) || a - b
    ),
  );
});
