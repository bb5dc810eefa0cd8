/**
 * What the hostile input costs, where the list names a time or a memory: by a server in a process of its own, with
 * a second session that must be answered within a second throughout.
 */

import { assertLess, assertMatch } from "@std/assert";
import type { RunningServer } from "../cli/run.ts";
import {
  assertPrompt,
  atMost,
  loopTime,
  memoryOf,
  Peer,
  type Times,
  wallTime,
  withServer,
} from "./support.ts";

/** What a second session may wait for NOOP, in milliseconds. */
const SECOND = 1_000;
/**
 * The same, as it is promised: of the server's work, and loosely by the clock, so that a server is found out, too, that
 * waits for something while all wait for it.
 */
const BESIDE: Times = { processor: SECOND, wall: 3 * SECOND };
/** What the server may work on any one command, in milliseconds. */
const MOST_WORK = 10_000;
/** What memory may grow by when the same is done again, in MiB. */
const GROWTH = 20;

const ROOM = "limits: { badCommands: 1000000, badCommandDelay: 0 }\n";

/**
 * Asks NOOP again and again while something goes on.
 * @returns how long the server worked before it answered the slowest, and how long one was waited for
 */
async function besides(
  server: RunningServer,
  work: () => Promise<unknown>,
): Promise<Times> {
  using bystander = await Peer.logIn(server);
  let done = false;
  let processor = 0;
  let wall = 0;
  const asking = (async () => {
    while (!done) {
      const begun = performance.now();
      const begunOn = loopTime(server);
      await bystander.send("n NOOP\r\n");
      await bystander.until(/^n OK/m);
      processor = Math.max(processor, loopTime(server) - begunOn);
      wall = Math.max(wall, performance.now() - begun);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  })();
  try {
    await work();
  } finally {
    done = true;
    await asking;
  }
  return { processor, wall };
}

/** Sends a command and waits for its answer. */
async function ask(peer: Peer, command: string): Promise<void> {
  await peer.send(`a ${command}\r\n`);
  await peer.answer("a");
}

/** Asserts that a command is answered in time, and another session meanwhile. */
async function assertAnswered(
  server: RunningServer,
  peer: Peer,
  { name, command, most }: { name: string; command: string; most: number },
): Promise<void> {
  await assertPrompt(
    `beside ${name}`,
    BESIDE,
    () => besides(server, () => ask(peer, command)),
  );
  const promise = { wall: most };
  await assertPrompt(name, promise, () => wallTime(() => ask(peer, command)));
}

/** Does the same again until memory has settled, for the runtime takes some at first; it has to settle. */
async function assertSettles(
  server: RunningServer,
  work: () => Promise<void>,
): Promise<void> {
  const grown: number[] = [];
  for (let round = 0; round < 8; round++) {
    const before = memoryOf(server);
    await work();
    grown.push(memoryOf(server) - before);
    if (round > 0 && grown.at(-1)! < GROWTH) break;
  }
  console.log(`memory by round: ${grown.map((one) => one.toFixed(0))} MiB`);
  assertLess(grown.at(-1)!, GROWTH);
}

function load(
  name: string,
  test: (server: RunningServer) => Promise<void>,
): void {
  Deno.test({
    name,
    ignore: Deno.build.os !== "linux",
    fn: () => withServer(ROOM, test),
  });
}

const append = (text: string) => `APPEND INBOX {${text.length}+}\r\n${text}`;

load(
  "items 5 and 7: what is announced or has no end takes no memory",
  (server) =>
    assertSettles(server, async () => {
      for (const literal of ["{1000000000}", "{1000000000+}"]) {
        for (let n = 0; n < 50; n++) {
          using peer = await Peer.open(server);
          await peer.send(`a LOGIN ${literal}\r\n`);
          await peer.until(/^(a (NO|BAD)|\* BYE) /m);
        }
      }
      for (let n = 0; n < 20; n++) {
        using peer = await Peer.open(server);
        await peer.send("x".repeat(10_000_000)).catch(() => {});
      }
    }),
);

load(
  "item 8: a thousand who leave parentheses open",
  (server) =>
    assertSettles(server, async () => {
      const peers: Peer[] = [];
      for (let n = atMost(1_000); n > 0; n--) {
        const peer = await Peer.open(server);
        await peer.send("a NOOP ".padEnd(4_000, n % 2 ? "(" : ")"));
        peers.push(peer);
      }
      const all = () =>
        Promise.all(peers.map(async (peer) => {
          await peer.send("\r\n");
          await peer.until(/^a BAD .*\r\n/m);
          await peer.send("a NOOP ".padEnd(4_000, "("));
        }));
      await assertPrompt("a thousand", BESIDE, () => besides(server, all));
      for (const peer of peers) peer[Symbol.dispose]();
    }),
);

load("item 17: searches without measure", async (server) => {
  using peer = await Peer.logIn(server);
  for (let n = 0; n < 100; n++) await ask(peer, append("Subject: x\r\n\r\n"));
  await ask(peer, "SELECT INBOX");
  const searches: Record<string, string> = {
    "( × 5,000": "(".repeat(5_000),
    "( × 5,000, closed": `${"(".repeat(5_000)}ALL${")".repeat(5_000)}`,
    "NOT × 15,000": `${"NOT ".repeat(15_000)}ALL`,
    "OR ALL × 5,000": `${"OR ALL ".repeat(5_000)}ALL`,
    "TEXT × 990": 'TEXT "a" '.repeat(990),
  };
  for (const [name, keys] of Object.entries(searches)) {
    const command = `SEARCH ${keys}`;
    await assertAnswered(server, peer, { name, command, most: SECOND });
  }
  const literal = ` SUBJECT {100000+}\r\n${"x".repeat(100_000)}`;
  const search = async () => {
    await peer.send("a SEARCH");
    for (let n = 0; n < 1_000; n++) await peer.send(literal);
    await peer.send("\r\n");
    assertMatch(await peer.until(/^a .*\r\n/m), /BAD \[TOOBIG\]/);
  };
  await assertSettles(
    server,
    () =>
      assertPrompt(
        "a thousand literals",
        BESIDE,
        () => besides(server, search),
      ),
  );
});

load("item 19: wildcards over a thousand mailboxes", async (server) => {
  using peer = await Peer.logIn(server);
  for (let n = 0; n < 1_000; n++) {
    await ask(peer, `CREATE ${"a".repeat(40)}/${"b".repeat(40)}${n}`);
  }
  for (
    const pattern of [
      "%*".repeat(32) + "x",
      "%*".repeat(100) + "x",
      "*a".repeat(60) + "x",
      "%a".repeat(30) + "/" + "%b".repeat(30) + "x",
    ]
  ) {
    const name = `LIST ${pattern.slice(0, 20)}`;
    const command = `LIST "" "${pattern}"`;
    await assertAnswered(server, peer, { name, command, most: 200 });
  }
});

const fields = (count: number, field: (n: number) => string) =>
  Array.from({ length: count }, (_, n) => field(n)).join("");

/** Names of one length, all of one hash where that is a polynomial by 31, as many hashes are. */
const alike = (n: number) =>
  n.toString(2).padStart(20, "0")
    .replace(/./g, (bit) => bit === "0" ? "b!" : "a@");
const ALIKE = Array.from(
  { length: 1_000 },
  (_, n) => `"${alike(n + 600_000)}"`,
);

/** Items 20, 21 and 23. */
const MESSAGES: readonly [name: string, source: () => string][] = [
  [
    "100,000 parts",
    () =>
      "Content-Type: multipart/mixed; boundary=b\r\n\r\n" +
      "--b\r\n\r\nx\r\n".repeat(100_000) + "--b--\r\n",
  ],
  [
    "2,000 multiparts inside one another",
    () =>
      fields(
        2_000,
        (n) =>
          `Content-Type: multipart/mixed; boundary=b${n}\r\n\r\n--b${n}\r\n`,
      ) +
      "\r\nx\r\n",
  ],
  [
    "2,000 messages inside one another",
    () => "Content-Type: message/rfc822\r\n\r\n".repeat(2_000) + "\r\nx\r\n",
  ],
  [
    "50,000 pieces of a parameter",
    () =>
      `Content-Type: text/plain${
        fields(50_000, (n) => `;\r\n p*${n}=x`)
      }\r\n\r\nx`,
  ],
  [
    "100,000 addresses",
    () => `To: ${fields(100_000, (n) => `a${n}@b,\r\n `)}c@d\r\n\r\nx`,
  ],
  [
    "500,000 header lines",
    () => `${"X: y\r\n".repeat(500_000)}\r\nx`,
  ],
  [
    "a million different header lines",
    () => `${fields(1_000_000, (n) => `X-${n}: y\r\n`)}\r\nx`,
  ],
  [
    "half a million header lines whose names are alike to a simple hash",
    () => `${fields(500_000, (n) => `${alike(n)}: y\r\n`)}\r\nx`,
  ],
  [
    "a header of 45 MB",
    () => `Subject: ${"x".repeat(45_000_000)}`,
  ],
  [
    "a header of 45 MB in 22 million lines",
    () => "a\n".repeat(22_500_000),
  ],
  [
    "a field of 45 MB in 11 million lines",
    () => `Subject: x\r\n${" x\r\n".repeat(11_250_000)}`,
  ],
  [
    "45 MB of lines that are nearly boundaries",
    () =>
      "Content-Type: multipart/mixed; boundary=b\r\n\r\n" +
      "--\n".repeat(15_000_000),
  ],
];

/** What is asked of each of them. */
const COMMANDS: readonly string[] = [
  "FETCH 1 (ENVELOPE BODYSTRUCTURE)",
  "FETCH 1 BODY.PEEK[HEADER.FIELDS (SUBJECT TO X-77)]",
  `FETCH 1 BODY.PEEK[HEADER.FIELDS (${ALIKE.join(" ")})]`,
  `FETCH 1 (${
    Array.from({ length: 50 }, (_, n) => `BODY.PEEK[HEADER.FIELDS (X-${n})]`)
      .join(" ")
  })`,
  "FETCH 1 BODY.PEEK[1.1.1.1.1.1.MIME]",
  "SEARCH OR SUBJECT zzz HEADER X-99999 zzz",
  "SEARCH TEXT zzz",
];

load(
  "items 20, 21 and 23: headers and structures without measure",
  async (server) => {
    for (const [name, source] of MESSAGES) {
      using peer = await Peer.logIn(server);
      const appended = append(source());
      await assertPrompt(name, BESIDE, async () => {
        await ask(peer, "SELECT INBOX");
        await ask(peer, "STORE 1:* +FLAGS.SILENT (\\Deleted)");
        await ask(peer, "EXPUNGE");
        return await besides(server, async () => {
          for (const command of [appended, ...COMMANDS]) {
            const begun = loopTime(server);
            await ask(peer, command);
            const work = loopTime(server) - begun;
            assertLess(work, MOST_WORK, command.slice(0, 80));
          }
        });
      });
    }
    using peer = await Peer.logIn(server);
    await peer.send("a APPEND INBOX {104857600}\r\n");
    assertMatch(await peer.answer("a"), /^a NO \[TOOBIG\]/);
  },
);

load("literals of many at once take what the limit says", async (server) => {
  const size = 8_000_000;
  const before = memoryOf(server);
  const peers: Peer[] = [];
  for (let n = 0; n < 60; n++) {
    const peer = await Peer.logIn(server);
    await peer.send(`a APPEND INBOX {${size}}\r\n`);
    peers.push(peer);
  }
  // A user has 128 MiB of the 512: as many as fit are told to go on.
  const text = "x".repeat(size - 10);
  for (const peer of peers.slice(0, 16)) {
    await peer.until(/^\+ /m);
    await peer.send(text);
  }
  const growth = memoryOf(server) - before;
  console.log(`60 messages of 8 MB under way: ${growth.toFixed(0)} MiB`);
  assertLess(growth, 400);
  await assertPrompt(
    "NOOP beside them",
    BESIDE,
    () => besides(server, () => Promise.resolve()),
  );
  for (const peer of peers) peer[Symbol.dispose]();
});
