/**
 * What every mail server has to be able to do with imapd, whichever it is.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { No, serve } from "../../mod.ts";
import {
  letter,
  letters,
  mustBeTheSame,
  takeApart,
  withoutReturnPath,
} from "./letters.ts";
import {
  DOMAIN,
  type Mta,
  type MtaProgram,
  type Route,
  untilDelivered,
  untilLogged,
} from "./mta.ts";
import {
  interopTest,
  type MailServer,
  openSession,
  sources,
} from "./server.ts";
import { submit } from "./smtp.ts";

/** Who is there beside alice. */
const USERS = { bob: "secret", "jürgen": "secret" };
const CROWD = Array.from({ length: 120 }, (_, n) => `user${n}`);
const CONFIG = {
  users: {
    ...USERS,
    ...Object.fromEntries(CROWD.map((name) => [name, "secret"])),
  },
  delivery: {
    domains: [DOMAIN],
    aliases: { team: ["alice", "bob"] },
  },
};
const LIMIT = 30_000;

const at = (name: string) => `${name}@${DOMAIN}`;
const SENDER = at("bob");

/** Defines the tests of a mail server. */
export async function mtaTests(program: MtaProgram): Promise<void> {
  const { name, skip } = program;
  for (const kind of ["TLS", "a Unix socket"] as const) {
    await interopTest(`${name} delivers by LMTP over ${kind}`, {
      ...{ needs: [], skip, config: CONFIG, limit: LIMIT },
    }, async (server) => {
      const { lmtp: port, lmtpSocket: socket } = server.doors;
      const route = kind === "TLS" ? { port, tls: true } : { socket };
      await using mta = await startMta(program, server, route);
      await deliverMany(server, mta, kind === "TLS" ? "LMTPS" : "LMTP");
      await deliverWhereItBelongs(server, mta);
      await deliverToMany(server, mta);
    });
  }
  await interopTest(`${name} keeps what imapd cannot take now`, {
    ...{ needs: [], skip, config: CONFIG, limit: LIMIT },
  }, outage.bind(undefined, program));
  Deno.test({
    name: `${name} tries again what imapd refuses for now${
      skip === undefined ? "" : `: ${skip}`
    }`,
    ignore: skip !== undefined,
    fn: () => refusals(program),
  });
}

async function startMta(
  program: MtaProgram,
  { directory }: Pick<MailServer, "directory">,
  route: Route,
): Promise<Mta> {
  const own = join(directory, "mta");
  await Deno.mkdir(own);
  return await program.start(own, route);
}

/** All messages of a mailbox of a user, below what the mail server and imapd put in front. */
async function arrived(
  server: MailServer,
  user: string,
  mailbox = "INBOX",
): Promise<string[]> {
  const all = await sources({ ...server, user }, mailbox);
  return all.map((stored) => takeApart(stored, 2).source);
}

/** Many messages arrive once each, octet for octet. */
async function deliverMany(
  server: MailServer,
  mta: Mta,
  protocol: string,
): Promise<void> {
  const sent = await letters(server.directory);
  await submit(
    mta.port,
    sent.map((source) => ({
      sender: SENDER,
      recipients: [at("alice")],
      source,
    })),
  );
  await untilDelivered(mta);
  const expected = sent.map(withoutReturnPath);
  mustBeTheSame(await arrived(server, "alice"), expected, "INBOX");
  const [first = ""] = await sources(server, "INBOX");
  assertMatch(
    takeApart(first, 2).trace,
    new RegExp(
      `^Return-Path: <${SENDER}>\r\nDelivered-To: ${at("alice")}\r\n` +
        `Received: from mta\\.example\\.net.*\r\n\tby .* with ${protocol} id`,
    ),
  );
}

/** Several recipients, subaddresses, aliases, and those who are nobody. */
async function deliverWhereItBelongs(
  server: MailServer,
  mta: Mta,
): Promise<void> {
  using session = await openSession(server);
  await session.run("CREATE Lists");
  const before = (await sources(server, "INBOX")).length;
  const toBoth = letter("To both");
  const toLists = letter("To Lists");
  const toTeam = letter("To the team");
  const toNobody = letter("To nobody");
  const toJuergen = letter("To Juergen");
  const byCommand = letter("By sendmail");
  await submit(mta.port, [
    { sender: SENDER, recipients: [at("alice"), at("bob")], source: toBoth },
    {
      sender: SENDER,
      recipients: [at("alice+Lists"), at("alice+Unheard")],
      source: toLists,
    },
    { sender: SENDER, recipients: [at("team")], source: toTeam },
    {
      sender: SENDER,
      recipients: [at("nobody"), at("alice")],
      source: toNobody,
    },
    ...mta.smtpUtf8
      ? [{ sender: SENDER, recipients: [at("jürgen")], source: toJuergen }]
      : [],
  ]);
  await mta.sendmail(
    SENDER,
    [at("alice")],
    byCommand.replaceAll("\r\n", "\n"),
  );
  await untilDelivered(mta);
  assertEquals(await arrived(server, "alice", "Lists"), [toLists]);
  const juergens = mta.smtpUtf8 ? [toJuergen] : [];
  assertEquals(await arrived(server, "jürgen"), juergens);
  // What came by the command line has no Received of a client, and a Date of the mail server's.
  const inbox = (await sources(server, "INBOX")).slice(before);
  assertEquals(inbox.length, 5);
  assertMatch(inbox.join(""), /^Subject: By sendmail\r\n/m);
  const others = inbox.filter((one) => !one.includes("By sendmail"));
  mustBeTheSame(
    others.map((stored) => takeApart(stored, 2).source),
    [toBoth, toLists, toTeam, toNobody],
    "INBOX",
  );
  // The sender is told who is nobody.
  const bobs = await sources({ ...server, user: "bob" }, "INBOX");
  const bounces = bobs.filter((one) => one.startsWith("Return-Path: <>\r\n"));
  assertEquals(bobs.length, 3);
  assertEquals(bounces.length, 1);
  assertMatch(bounces[0] ?? "", /nobody@example\.org/);
  assertMatch(bounces[0] ?? "", /550 5\.1\.1 <nobody@example\.org>/);
}

/** One message for more people than a mail server has connections. */
async function deliverToMany(server: MailServer, mta: Mta): Promise<void> {
  const source = letter("To the crowd");
  await submit(mta.port, [
    { sender: SENDER, recipients: CROWD.map(at), source },
  ]);
  await untilDelivered(mta);
  for (const user of CROWD) {
    assertEquals(await arrived(server, user), [source], user);
  }
}

/** imapd is down, and later stops while messages come: nothing is lost, nothing comes twice. */
async function outage(program: MtaProgram, server: MailServer): Promise<void> {
  const { lmtp: port, lmtpSocket: socket } = server.doors;
  const route = program.name === "Exim" ? { socket } : { port, tls: false };
  await using mta = await startMta(program, server, route);
  const sent: string[] = [];
  const send = async (count: number) => {
    const some = Array.from(
      { length: count },
      (_, n) => letter(`${sent.length + n}`),
    );
    sent.push(...some);
    const recipients = [at("alice"), at("bob"), at("alice+Lists")];
    await submit(
      mta.port,
      some.map((source) => ({ sender: SENDER, recipients, source })),
    );
  };
  await server.restart(async () => {
    await send(20);
    await untilLogged(mta, /refused|No such file/);
    assert(await mta.queued() > 0);
  });
  await Promise.all([send(60), server.restart()]);
  await untilDelivered(mta);
  for (const user of ["alice", "bob"]) {
    mustBeTheSame(await arrived(server, user), sent, user);
  }
}

/** Callbacks say that they are not available: only those whom that concerns have to wait. */
async function refusals(program: MtaProgram): Promise<void> {
  const directory = await Deno.makeTempDir({ prefix: "imapd-interop-" });
  const tries = new Map<string, number>();
  /** Whether something is tried for the first or second time. */
  const isEarly = (what: string) => {
    const count = (tries.get(what) ?? 0) + 1;
    tries.set(what, count);
    return count <= 2;
  };
  try {
    await Deno.chmod(directory, 0o755);
    const users = { alice: "secret", bob: "secret", carol: "secret" };
    await using server = serve({
      listeners: [{ kind: "imap", port: 0 }, { kind: "lmtp", port: 0 }],
      users: { ...users, dave: "secret" },
      onListen: () => {},
      callbacks: {
        findRecipients(event, next) {
          if (event.localPart === "carol" && isEarly("RCPT")) {
            throw new No("UNAVAILABLE", "The directory is away");
          }
          return next();
        },
        appendMessage({ user, source }, next) {
          const [subject = ""] =
            /^Subject: .*$/m.exec(new TextDecoder().decode(source)) ?? [];
          if (user.name === "bob" && isEarly(subject)) {
            throw new No("UNAVAILABLE", "The mailbox is away");
          }
          if (user.name === "dave") {
            throw new No("OVERQUOTA", "The mailbox is full");
          }
          return next();
        },
      },
    });
    const [imap, lmtp] = server.addrs;
    assert(imap && lmtp);
    const route = { port: lmtp.port, tls: false };
    await using mta = await startMta(program, { directory }, route);
    const sent = ["One", "Two", "Three"].map(letter);
    await submit(
      mta.port,
      sent.map((source) => ({
        sender: at("alice"),
        recipients: ["alice", "bob", "carol", "dave"].map(at),
        source,
      })),
    );
    await untilDelivered(mta);
    const own = { hostname: "127.0.0.1", port: imap.port, password: "secret" };
    for (const user of Object.keys(users)) {
      const all = await sources({ ...own, user }, "INBOX");
      const bounces = all.filter((one) => one.startsWith("Return-Path: <>"));
      const others = all.filter((one) => !bounces.includes(one))
        .map((stored) => takeApart(stored, 2).source);
      mustBeTheSame(others, sent, user);
      assertEquals(bounces.length, user === "alice" ? 3 : 0);
      for (const bounce of bounces) assertMatch(bounce, /552 5\.2\.2 /);
    }
    assert([...tries.values()].every((count) => count >= 3));
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}
