/**
 * interimap keeps two servers alike through QRESYNC: imapd on either side, Dovecot on the other.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { type Account, Client } from "../../bench/client.ts";
import { startDovecot } from "../../bench/dovecot.ts";
import { startImapd } from "../../bench/imapd.ts";
import { mailOf } from "./account_mail.ts";
import { missing, NEEDS } from "./packages.ts";
import { run } from "./process.ts";

const absent = await missing([NEEDS.dovecot, NEEDS.interimap]);

const MAILBOXES = ["INBOX", "work", "work/later"];
const ROUNDS = 8;
const CHANGES = 12;

/** Numbers from a seed, so that a run can be had again. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return (state >>> 8) % below;
  };
}

Deno.test({
  name: `interimap keeps imapd and Dovecot alike, whichever is the local one${
    absent.length > 0 ? `: needs ${absent.map((need) => need.package)}` : ""
  }`,
  ignore: absent.length > 0,
  async fn(t) {
    for (const local of ["imapd", "dovecot"] as const) {
      await t.step(`${local} is the local one`, () => keepAlike(local));
    }
  },
});

async function keepAlike(local: "imapd" | "dovecot"): Promise<void> {
  const directory = await Deno.makeTempDir({ prefix: "imapd-interop-" });
  try {
    await Deno.chmod(directory, 0o755);
    const account = { user: "alice", password: "secret" };
    await using imapd = await startImapd({
      directory: join(directory, "imapd"),
      arguments: ["--trace"],
      ...account,
    });
    await using dovecot = await startDovecot({
      directory: join(directory, "peer"),
      ...account,
    });
    const config = join(directory, "interimap.conf");
    const [here, there] = local === "imapd"
      ? [imapd, dovecot]
      : [dovecot, imapd];
    await Deno.writeTextFile(
      config,
      configuration(join(directory, "state.db"), here, there),
    );
    const sync = () =>
      run("interimap", [`--config=${config}`], {
        env: { XDG_DATA_HOME: directory, XDG_CONFIG_HOME: directory },
      });
    const random = randomFrom(local === "imapd" ? 1 : 2);
    for (const side of [imapd, dovecot]) {
      using client = await Client.login(side);
      for (const name of MAILBOXES.slice(1)) {
        // One of them makes it on the other side.
        if (side === imapd || name !== "work") {
          await client.run(`CREATE ${name}`);
        }
      }
      for (let n = 0; n < 20; n++) await append(client, random, "INBOX");
    }
    for (let round = 0; round < ROUNDS; round++) {
      if (round > 0) {
        for (const side of [imapd, dovecot]) await change(side, random);
      }
      await sync();
      // What has come by a sync has a modseq of its own; a second one has nothing to do.
      await sync();
      for (const name of MAILBOXES) {
        assertEquals(
          await contents(imapd, name),
          await contents(dovecot, name),
          `round ${round}, ${name}`,
        );
      }
    }
    const said = await Deno.readTextFile(imapd.log);
    // It has asked for what has become of the mailbox since, and not for all of it.
    assertMatch(said, /ENABLED QRESYNC/);
    assertMatch(said, /VANISHED \(EARLIER\) \d/);
    assert(!/ BAD /.test(said), "BAD to interimap");
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

function configuration(database: string, here: Account, there: Account) {
  const section = (name: string, { hostname, port, user, password }: Account) =>
    `[${name}]
type = imap
host = ${hostname}
port = ${port}
STARTTLS = NO
auth = PLAIN
username = ${user}
password = ${password}
`;
  return `database = ${database}
list-mailbox = "*"

${section("local", here)}
${section("remote", there)}`;
}

let letters = 0;

async function append(
  client: Client,
  random: (below: number) => number,
  mailbox: string,
): Promise<void> {
  const source = `From: a@example.org\r\nMessage-ID: <${++letters}@x>\r\n` +
    `Subject: ${letters}\r\n\r\n${"text\r\n".repeat(random(20))}`;
  const flags = ["", "\\Seen", "\\Flagged $label", "\\Draft"][random(4)];
  await client.append(
    mailbox,
    new TextEncoder().encode(source),
    `(${flags})`,
  );
}

/** Some changes of every kind on one side. */
async function change(
  side: Account,
  random: (below: number) => number,
): Promise<void> {
  using client = await Client.login(side);
  for (let n = 0; n < CHANGES; n++) {
    const mailbox = MAILBOXES[random(MAILBOXES.length)]!;
    const lines = await client.lines(`SELECT ${mailbox}`);
    const count = Number(/^\* (\d+) EXISTS/m.exec(lines.join("\n"))?.[1] ?? 0);
    if (count === 0 || random(3) === 0) {
      await append(client, random, mailbox);
      continue;
    }
    const first = 1 + random(count);
    const set = `${first}:${Math.min(count, first + random(4))}`;
    const flags = ["\\Seen", "\\Flagged", "$label", "\\Answered"][random(4)];
    const target = MAILBOXES[random(MAILBOXES.length)]!;
    switch (random(6)) {
      case 0:
        await client.run(`STORE ${set} +FLAGS.SILENT (${flags})`);
        break;
      case 1:
        await client.run(`STORE ${set} -FLAGS.SILENT (${flags})`);
        break;
      case 2:
        await client.run(`STORE ${set} FLAGS.SILENT (${flags})`);
        break;
      case 3:
        await client.run(`COPY ${set} ${target}`);
        break;
      case 4:
        if (target !== mailbox) await client.run(`MOVE ${set} ${target}`);
        break;
      default:
        await client.run(`STORE ${set} +FLAGS.SILENT (\\Deleted)`);
        await client.run("EXPUNGE");
    }
  }
}

/** The messages of a mailbox in an order of their own: the servers number them differently. */
async function contents(server: Account, name: string): Promise<string[]> {
  const messages = await mailOf(server, name);
  return messages.map(([source, flags, date]) => `${date} ${flags} ${source}`)
    .sort();
}
