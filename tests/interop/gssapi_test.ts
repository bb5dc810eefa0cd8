/**
 * GSSAPI with a realm of Kerberos 5 of the tests' own, and clients that have tickets of it.
 *
 * @module
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { type ImapServer, serve } from "../../server/mod.ts";
import { openLibrary } from "../../server/sasl/gssapi/library.ts";
import type { GssapiOptions } from "../../server/sasl/gssapi/mod.ts";
import { imtest, unpackImtest } from "./imtest.ts";
import { KERBEROS_NEEDS, REALM, type Realm, startRealm } from "./kerberos.ts";
import { holds, muttArguments } from "./mutt.ts";
import { aptGet, missing, type Need, NEEDS } from "./packages.ts";
import { run, type RunResult } from "./process.ts";
import { SERVER } from "./server.ts";
import { openTerminal } from "./tmux.ts";

/** What a test has. */
interface Stage {
  /** A directory for the test's own files. */
  readonly directory: string;
  readonly realm: Realm;
  /** The port of IMAP. */
  readonly port: number;
  /** The port of POP3. */
  readonly pop3Port: number;
  /** The mechanisms and users of logins that have come about. */
  readonly logins: readonly string[];
}

const GSASL: Need = NEEDS.gsasl;
/** Debian's own, which sees the modules of Debian's packages. */
const PYTHON = "/usr/bin/python3";

/** Opened outside of the tests, since it stays open. */
const hasLibrary = (() => {
  try {
    openLibrary();
    return true;
  } catch {
    return false;
  }
})();

async function kerberosTest(
  name: string,
  needs: readonly Need[],
  options: GssapiOptions,
  body: (stage: Stage) => Promise<void>,
  more: readonly string[] = [],
): Promise<void> {
  const absent = await missing([...KERBEROS_NEEDS, ...needs]);
  const reasons = [...absent.map((need) => `needs ${need.package}`), ...more];
  if (!hasLibrary) reasons.push("needs libgssapi-krb5-2");
  if (SERVER !== "imapd") reasons.push("is for imapd alone");
  Deno.test({
    name: [name, ...reasons].join(": "),
    ignore: reasons.length > 0,
    fn: () => withRealm(options, body),
  });
}

async function withRealm(
  options: GssapiOptions,
  body: (stage: Stage) => Promise<void>,
): Promise<void> {
  const directory = await Deno.makeTempDir({ prefix: "imapd-interop-" });
  const before = Deno.env.toObject();
  try {
    await using realm = await startRealm(directory);
    // The library in this process finds its realm by them too.
    for (const [key, value] of Object.entries(realm.env)) {
      Deno.env.set(key, value);
    }
    const logins: string[] = [];
    await using server = start(realm, options, logins);
    const port = portOf(server, "imap");
    try {
      await body({
        directory,
        realm,
        port,
        pop3Port: portOf(server, "pop3"),
        logins,
      });
    } finally {
      for (const key of Object.keys(realm.env)) {
        if (before[key] === undefined) Deno.env.delete(key);
        else Deno.env.set(key, before[key]);
      }
    }
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

function start(
  realm: Realm,
  options: GssapiOptions,
  logins: string[],
): ImapServer {
  return serve({
    listeners: [{ kind: "imap", port: 0 }, { kind: "pop3", port: 0 }],
    users: { alice: "secret", bob: "secret" },
    sasl: { gssapi: { keytab: realm.keytab, ...options } },
    limits: { failedLoginDelay: 0 },
    callbacks: {
      login(event, next) {
        logins.push(`${event.mechanism} ${event.user.name}`);
        return next(event);
      },
    },
  });
}

function portOf({ addrs }: ImapServer, kind: string): number {
  return addrs.find((address) => address.kind === kind)!.port;
}

/** Logs in and out by GNU SASL's client. */
async function gsasl(
  { port }: Stage,
  env: Record<string, string>,
  ...more: readonly string[]
): Promise<RunResult> {
  return await run("gsasl", [
    ...["--imap", "--connect", `localhost:${port}`, "--no-starttls"],
    ...["-m", "GSSAPI", ...more],
  ], { env, input: "", mayFail: true });
}

await kerberosTest("gsasl by GSSAPI", [GSASL], {}, async (stage) => {
  const alice = await stage.realm.logIn("alice");
  const right = await gsasl(stage, alice, "-a", "alice", "-z", "alice");
  assertEquals(right.code, 0, right.output + right.errors);
  assert(stage.logins.includes("GSSAPI alice"));

  const asBob = await gsasl(stage, alice, "-a", "alice", "-z", "bob");
  assertStringIncludes(asBob.output, "NO [AUTHORIZATIONFAILED]");

  const smtp = ["-a", "alice", "-z", "alice", "--service=smtp"];
  const other = await gsasl(stage, alice, ...smtp);
  assertStringIncludes(other.output, "NO [AUTHENTICATIONFAILED]");

  // carol has no account, and alice/admin is somebody else than alice.
  for (const stranger of ["carol", "alice/admin"]) {
    const env = await stage.realm.logIn(stranger);
    const refused = await gsasl(stage, env, "-a", "alice", "-z", "alice");
    assertStringIncludes(refused.output, "NO [AUTHENTICATIONFAILED]");
  }

  // Without a ticket there is nothing to send.
  const none = await gsasl(stage, { ...stage.realm.env }, "-a", "x", "-z", "x");
  assertEquals(none.code, 1);
});

await kerberosTest(
  "gsasl by GSSAPI where neither machine nor realm is ours",
  [GSASL],
  { hostname: "mail.example.com" },
  async (stage) => {
    const alice = await stage.realm.logIn("alice");
    const refused = await gsasl(stage, alice, "-a", "alice", "-z", "alice");
    assertStringIncludes(refused.output, "NO [AUTHENTICATIONFAILED]");
    const logins: string[] = [];
    const realms = ["ELSEWHERE.TEST"];
    await using server = start(stage.realm, { realms }, logins);
    const elsewhere = { ...stage, port: portOf(server, "imap") };
    const foreign = await gsasl(elsewhere, alice, "-a", "alice", "-z", "alice");
    assertStringIncludes(foreign.output, "NO [AUTHENTICATIONFAILED]");
  },
);

await kerberosTest(
  "curl by GSSAPI, in IMAP and POP3",
  [NEEDS.curl],
  {},
  async (stage) => {
    const env = await stage.realm.logIn("alice");
    const curl = async (url: string) => {
      // curl takes GSSAPI for users with a realm alone.
      const { output } = await run("curl", [
        ...["--silent", "--show-error", "--max-time", "30"],
        ...["--login-options", "AUTH=GSSAPI", "--user", `alice@${REALM}:`, url],
      ], { env });
      return output;
    };
    const list = await curl(`imap://localhost:${stage.port}/`);
    assertStringIncludes(list, '* LIST (\\HasNoChildren) "/" INBOX');
    await curl(`pop3://localhost:${stage.pop3Port}/`);
    assertEquals(stage.logins, ["GSSAPI alice", "GSSAPI alice"]);
  },
);

const cyrus = await unpackImtest();

await kerberosTest("imtest by GSSAPI", [], {}, async (stage) => {
  const { port, realm, logins } = stage;
  const login = { port, mechanism: "GSSAPI", user: "alice" };
  const env = await realm.logIn("alice");
  const { output } = await imtest(cyrus.root!, { ...login, env });
  assertStringIncludes(output, "\nAuthenticated.");
  assertEquals(logins, ["GSSAPI alice"]);
}, cyrus.root === undefined ? [cyrus.skip] : []);

for (const program of ["mutt", "neomutt"] as const) {
  await kerberosTest(
    `${program} by GSSAPI`,
    [NEEDS[program], NEEDS.tmux],
    {},
    async ({ realm, port, directory, logins }) => {
      const { KRB5CCNAME } = await realm.logIn("alice");
      const args = await muttArguments({
        ...{ hostname: "localhost", port, tlsPort: 0, directory },
        ...{ user: "alice", password: "wrong", certificate: "" },
        doors: { pop3: 0, pop3s: 0, lmtp: 0, lmtpSocket: "" },
        restart: () => Promise.reject(new Error("It is not to be restarted")),
      }, "plain");
      await using terminal = await openTerminal(directory, [
        ...["env", `KRB5CCNAME=${KRB5CCNAME}`, program, ...args],
        ...["-e", "set imap_authenticators=gssapi"],
      ]);
      await terminal.see(holds(0));
      assertEquals([...new Set(logins)], ["GSSAPI alice"]);
    },
  );
}

/** Why python3-gssapi cannot be used; it has no command to look for. */
async function lacksPythonModule(): Promise<string[]> {
  const imports = async () => {
    try {
      return await run(PYTHON, ["-c", "import gssapi"]);
    } catch {
      return undefined;
    }
  };
  if (await imports() !== undefined) return [];
  if (Deno.uid() === 0) await aptGet(["install", "python3-gssapi"]);
  return await imports() === undefined ? ["needs python3-gssapi"] : [];
}

const lacking = await lacksPythonModule();

/** Bytes that this process has from `malloc`, the library among it; V8's heap is not. */
function allocated(): number {
  const libc = Deno.dlopen("libc.so.6", {
    mallinfo2: {
      parameters: [],
      // arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost
      result: { struct: Array<"usize">(10).fill("usize") },
    },
  });
  const { buffer } = libc.symbols.mallinfo2();
  libc.close();
  return Number(new BigUint64Array(buffer)[7]);
}

for (const mode of ["all", "none"]) {
  const what = mode === "all" ? "logins" : "logins that are cancelled";
  await kerberosTest(
    `2,000 ${what} by GSSAPI leave nothing behind`,
    [NEEDS.python],
    {},
    async ({ realm, port }) => {
      const env = await realm.logIn("alice");
      const client = fromFileUrl(new URL("gssapi_client.py", import.meta.url));
      const logIn = async (count: number) => {
        const args = [client, `${port}`, `${count}`, mode];
        const { output } = await run(PYTHON, args, { env });
        assertEquals(output.trim(), mode === "all" ? `${count}` : "0");
      };
      await logIn(500);
      const before = allocated();
      await logIn(2_000);
      const grown = allocated() - before;
      // One context has 4 to 6 KB; what comes and goes is 3 MB.
      assert(grown < 6e6, `${grown} bytes`);
    },
    lacking,
  );
}
