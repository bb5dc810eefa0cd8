/** What an example says at its head runs it: those permissions suffice. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { DatabaseSync } from "node:sqlite";
import { PasswordHasher } from "../../../server/password.ts";
import { login } from "../../examples/login.ts";
import { mailService } from "../../examples/mail_service.ts";
import { issue, tracker } from "../../examples/tracker.ts";

const MBOX = "From a@b.example Thu Jan  1 10:00:00 2026\nSubject: one\n\n1\n\n";

const SERVER = fromFileUrl(new URL("../../../server", import.meta.url));

/** The arguments of `deno` at the head of an example, with a service in place of one at example.com. */
async function argumentsOf(name: string, service = ""): Promise<string[]> {
  const example = new URL(`../../../examples/${name}.ts`, import.meta.url);
  const text = await Deno.readTextFile(example);
  const command = /`deno ([^`]*)`/.exec(text)?.[1];
  assert(command !== undefined, `${name} does not say how it is run`);
  const { host = "" } = URL.parse(service) ?? {};
  const [verb = "", ...rest] = command.split(/[\s*]+/);
  return [verb, "--no-prompt", "--quiet", "--no-check"].concat(
    rest.map((word) =>
      word.startsWith("examples/")
        ? fromFileUrl(example)
        : word.startsWith("https:")
        ? service
        : word.replace(/\w+\.example\.com/, host).replace(
          /,server$/,
          `,${SERVER}`,
        )
    ),
  );
}

/** Runs an example on a free port, while something is done with it. */
async function run(
  name: string,
  use: (server: { addr: { port: number } }) => Promise<void>,
  options: { service?: string; cwd?: string } = {},
): Promise<void> {
  const args = await argumentsOf(name, options.service);
  const child = new Deno.Command(Deno.execPath(), {
    args: [...args, "0"],
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  try {
    let said = "";
    const texts = child.stdout.pipeThrough(new TextDecoderStream());
    for await (const text of texts) {
      said += text;
      if (said.includes("\n")) break;
    }
    const port = /^IMAP on port (\d+)\n/.exec(said)?.[1];
    assert(port !== undefined, `It said ${JSON.stringify(said)}`);
    await use({ addr: { port: Number(port) } });
  } finally {
    child.kill();
    await child.status;
  }
}

for (const name of ["minimal_server", "array_server", "spam_filter"]) {
  Deno.test(`${name} runs as its head says`, async () => {
    await run(name, async (server) => {
      using client = await login(server);
      assertMatch(await client.append("INBOX", "a: b\r\n\r\n"), /^OK \[APP/);
      await client.ok("SELECT INBOX");
      assertMatch((await client.ok("FETCH 1 BODY[]")).join(), /a: b/);
    });
  });
}

Deno.test("http_mailbox runs as its head says", async () => {
  await using service = mailService();
  await run("http_mailbox", async (server) => {
    using client = await login(server);
    assertMatch(await client.append("INBOX", "a: b\r\n\r\n"), /^OK \[APP/);
  }, { service: service.url });
  assertEquals(service.messages.get("alice")?.length, 1);
});

Deno.test("rest_mailboxes runs as its head says", async () => {
  await using service = tracker({ kiwi: [issue({})] });
  await run("rest_mailboxes", async (server) => {
    using client = await login(server);
    assertEquals((await client.ok("SELECT kiwi"))[2], "* 1 EXISTS");
  }, { service: service.url });
});

Deno.test("mbox_view runs as its head says, and tells who idles what comes", async () => {
  const cwd = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${cwd}/mail.mbox`, MBOX);
    await run("mbox_view", async (server) => {
      using client = await login(server);
      await client.ok("SELECT INBOX");
      await client.write("i IDLE\r\n");
      assertEquals(await client.line(), "+ idling");
      await Deno.writeTextFile(`${cwd}/mail.mbox`, MBOX, { append: true });
      assertEquals(await client.line(), "* 2 EXISTS");
    }, { cwd });
  } finally {
    await Deno.remove(cwd, { recursive: true });
  }
});

Deno.test("sql_users runs as its head says", async () => {
  using hasher = new PasswordHasher();
  const hash = await hasher.hash("secret");
  const cwd = await Deno.makeTempDir();
  try {
    await run("sql_users", async (server) => {
      const database = new DatabaseSync(`${cwd}/users.db`);
      database.prepare("INSERT INTO users VALUES (?, ?, 0)").run("carol", hash);
      database.close();
      (await login(server, "carol")).close();
    }, { cwd });
  } finally {
    await Deno.remove(cwd, { recursive: true });
  }
});

Deno.test("imap_in_a_test runs as its head says", async () => {
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: await argumentsOf("imap_in_a_test"),
    stderr: "inherit",
  }).output();
  assert(success, new TextDecoder().decode(stdout));
});
