/**
 * `imapd migrate` from Dovecot: all mailboxes, message by message, over TLS.
 *
 * @module
 */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { imapdArguments } from "../../bench/imapd.ts";
import { startDovecot } from "../../bench/dovecot.ts";
import { openKvStorage } from "../../storage/kv/mod.ts";
import { testCertificate } from "../../testing/certificate.ts";
import { messagesIn } from "../slow/bulk/source.ts";
import { fillAccount, MAILBOXES, mailOf } from "./account_mail.ts";
import { missing, NEEDS } from "./packages.ts";
import { run } from "./process.ts";

const absent = await missing([NEEDS.dovecot]);

/** Where mailboxes go here. */
const PLACES: Readonly<Record<string, string>> = {
  "Spam": "Junk",
  "Gesendete Objekte": "Gesendete Objekte",
};

/** What `--json` says, as far as it is looked at. */
interface Migrated {
  readonly copied: number;
  readonly alreadyThere: number;
  readonly flagsChanged: number;
  readonly deleted: number;
  readonly failures: readonly unknown[];
  readonly mailboxes: readonly { readonly specialUseBy?: string }[];
}

/** What is put behind Dovecot's configuration. */
const SETTINGS = {
  "special uses": `namespace inbox {
  mailbox Spam {
    special_use = \\Junk
  }
  mailbox "Gesendete Objekte" {
    special_use = \\Sent
  }
  mailbox Papierkorb {
    special_use = \\Trash
  }
}
`,
  "a prefix and dots": `namespace inbox {
  prefix = INBOX.
  separator = .
}
`,
};

for (const [what, settings] of Object.entries(SETTINGS)) {
  Deno.test({
    name: `migrate brings everything over from Dovecot with ${what}`,
    ignore: absent.length > 0,
    fn: () => migrateFrom(settings, what === "special uses"),
  });
}

async function migrateFrom(
  settings: string,
  saysUses: boolean,
): Promise<void> {
  const directory = await Deno.makeTempDir({ prefix: "imapd-interop-" });
  try {
    await Deno.chmod(directory, 0o755);
    const { cert, key } = await testCertificate();
    const tls = {
      cert: join(directory, "cert.pem"),
      key: join(directory, "key.pem"),
    };
    await Deno.writeTextFile(tls.cert, cert);
    await Deno.writeTextFile(tls.key, key);
    const peer = join(directory, "peer");
    await using server = await startDovecot({
      directory: peer,
      user: "alice",
      password: "secret",
      tls,
    });
    await fillAccount(server);
    // Filled under its usual names; what it calls them now is another thing.
    const config = join(peer, "dovecot.conf");
    await Deno.writeTextFile(config, settings, { append: true });
    await server.restart();
    const kv = join(directory, "imapd.kv");
    await prepare(kv);
    const result = await migrate(kv, server.tlsPort, tls.cert);
    assertEquals(result.failures, []);
    const copied = Object.values(MAILBOXES).flat().length;
    assertEquals(result.copied, copied);
    assertEquals(
      result.mailboxes.flatMap(({ specialUseBy }) => specialUseBy ?? []),
      Array(3).fill(saysUses ? "server" : "name"),
    );
    await compare(kv);
    const again = await migrate(kv, server.tlsPort, tls.cert, "--delete");
    assertEquals(
      [again.copied, again.alreadyThere, again.flagsChanged, again.deleted],
      [0, copied, 0, 0],
    );
    const theirs = saysUses ? "Spam" : "INBOX.Spam";
    assertEquals(await mailOf(server, theirs), MAILBOXES.Spam);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** A mailbox for junk is there before. */
async function prepare(kv: string): Promise<void> {
  await using storage = await openKvStorage({ path: kv });
  const account = await storage.openAccount("bob");
  await account.createMailbox("Junk", { specialUse: ["\\Junk"] });
  account.close();
}

async function migrate(
  kv: string,
  port: number,
  certificate: string,
  ...more: string[]
): Promise<Migrated> {
  const { output, errors } = await run(
    Deno.execPath(),
    imapdArguments(
      "migrate",
      ...["--from", `imaps://alice@localhost:${port}`, "--user", "bob"],
      ...["--kv", kv, "--ca", certificate, "--json", ...more],
    ),
    { env: { IMAPD_SOURCE_PASSWORD: "secret" } },
  );
  assertStringIncludes(errors, "no user bob");
  return JSON.parse(output);
}

async function compare(kv: string): Promise<void> {
  await using storage = await openKvStorage({ path: kv });
  const account = await storage.openAccount("bob");
  let number = 0;
  for (const [name, messages] of Object.entries(MAILBOXES)) {
    const place = PLACES[name] ?? name;
    assertEquals(await messagesIn(storage, "bob", place), messages, name);
    const info = await account.mailbox(place);
    assertEquals(info?.subscribed, number++ % 2 === 0, name);
  }
  const uses = (await account.mailboxes())
    .filter(({ specialUse }) => specialUse.length > 0)
    .map(({ name, specialUse }) => `${name} ${specialUse}`);
  assertEquals(uses, [
    "Gesendete Objekte \\Sent",
    "Junk \\Junk",
    "Papierkorb \\Trash",
  ]);
  account.close();
}
