import { createHash } from "node:crypto";
import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { Authenticator } from "./authenticator.ts";
import { makeToken } from "./credentials/token.ts";
import { PasswordHasher } from "./password.ts";
import { makeScramRecord } from "./scram_record.ts";
import {
  combinedUsers,
  inlineUsers,
  type KnownUser,
  type Users,
  type UserStore,
} from "./users.ts";

/** As cheap as argon2id gets. */
const COST = { memory: 8, iterations: 1, parallelism: 1 };

function credentials(user: string, password: string) {
  const remote = "127.0.0.1:1";
  return { mechanism: "PLAIN", user, password, remote, secure: true };
}

async function login(
  users: Users,
  user: string,
  password: string,
  caseInsensitive = false,
): Promise<string | undefined> {
  using hasher = new PasswordHasher({ cost: COST });
  const authenticator = new Authenticator({ users, caseInsensitive, hasher });
  return (await authenticator.authenticate(credentials(user, password)))?.user;
}

Deno.test("inline users log in with their passwords alone", async () => {
  const users = { alice: "secret", bob: "geheim" };
  assertEquals(await login(users, "alice", "secret"), "alice");
  assertEquals(await login(users, "alice", "geheim"), undefined);
  assertEquals(await login(users, "carol", "secret"), undefined);
  assertEquals(await login(users, "carol", ""), undefined);
  assertEquals(await login(users, "Alice", "secret"), undefined);
  assertEquals(await login(users, "toString", ""), undefined);
});

Deno.test("names fold where case is ignored", async () => {
  const users = { Alice: "secret" };
  assertEquals(await login(users, "aLICE", "secret", true), "alice");
  assertThrows(
    () => inlineUsers({ Bob: "a", bob: "b" }, true),
    TypeError,
    "twice",
  );
});

Deno.test("passwords and names compare in NFC", async () => {
  const users = { "zo\u00eb": "caf\u00e9" };
  assertEquals(await login(users, "zoe\u0308", "cafe\u0301"), "zo\u00eb");
});

Deno.test("names with control characters, broken text or too long are refused", async () => {
  const anyone: Users = () => true;
  for (
    const name of [
      "",
      " alice",
      "a\r\nb",
      "a\0",
      "a\u0085",
      "a\u2028b",
      "\ud800",
      "a\ufffd",
      "x".repeat(256),
      "\u00e9".repeat(128),
    ]
  ) assertEquals(await login(anyone, name, "x"), undefined);
  assertEquals(await login(anyone, "x".repeat(255), "x"), "x".repeat(255));
});

Deno.test("a digest over challenge and password proves who it is", async () => {
  using hasher = new PasswordHasher({ cost: COST });
  const prover = (users: Users, caseInsensitive = false) =>
    new Authenticator({ users, caseInsensitive, hasher });
  // The example of RFC 1939 § 7.
  const challenge = "<1896.697170952@dbc.mtview.ca.us>";
  const digest = "c4c9334bac560ecc979e58001b3e22fb";
  const proof = { challenge, remote: "127.0.0.1:1", secure: false };
  const proves = async (users: Users, user: string, digest: string) =>
    (await prover(users, true).authenticateDigest({ ...proof, user, digest }))
      ?.user;
  const users = { mrose: "tanstaaf" };
  assertEquals(await proves(users, "mrose", digest), "mrose");
  assertEquals(await proves(users, "MROSE", digest), "mrose");
  assertEquals(
    await proves(users, "mrose", digest.replace("c", "d")),
    undefined,
  );
  assertEquals(await proves(users, "nobody", digest), undefined);
  assertEquals(await proves(users, "", digest), undefined);
  assertEquals(await proves({ mrose: "other" }, "mrose", digest), undefined);
  // MD5 of the challenge alone proves nothing.
  const empty = createHash("md5").update(challenge).digest("hex");
  assertEquals(await proves(users, "nobody", empty), undefined);
  const record = { name: "mrose", password: "tanstaaf", disabled: true };
  const store = { hashed: false, get: () => Promise.resolve(record) };
  assertEquals(await proves(store, "mrose", digest), undefined);
  assert(prover(users).knowsPasswords);
  assert(prover(store).knowsPasswords);
  assert(!prover({}).knowsPasswords);
  assert(!prover(() => true).knowsPasswords);
  assert(!prover({ get: () => Promise.resolve(undefined) }).knowsPasswords);
});

Deno.test("a function decides alone", async () => {
  const users: Users = ({ user, password }) =>
    password === "p" ? { user: `${user}@example.org` } : false;
  assertEquals(await login(users, "alice", "p"), "alice@example.org");
  assertEquals(await login(users, "alice", "q"), undefined);
});

Deno.test("hashed users: right, wrong, disabled, changed", async () => {
  using hasher = new PasswordHasher({ cost: COST });
  let record: KnownUser | undefined = {
    name: "alice",
    passwordHash: await hasher.hash("secret"),
  };
  const users = { get: () => Promise.resolve(record) };
  const authenticator = new Authenticator({
    users,
    caseInsensitive: false,
    hasher,
  });
  const attempt = async (password: string) =>
    (await authenticator.authenticate(credentials("alice", password)))?.user;
  assertEquals(await attempt("wrong"), undefined);
  assertEquals(await attempt("secret"), "alice");
  assertEquals(await attempt("secret"), "alice");
  record = { ...record, disabled: true };
  assertEquals(await attempt("secret"), undefined);
  record = { name: "alice", passwordHash: await hasher.hash("other") };
  assertEquals(await attempt("secret"), undefined);
  assertEquals(await attempt("other"), "alice");
  record = { name: "alice", passwordHash: "no hash" };
  assertEquals(await attempt("other"), undefined);
  record = undefined;
  assertEquals(await attempt("other"), undefined);
});

Deno.test("an account's connections at once cost one hash, a right one none", async () => {
  using real = new PasswordHasher({ cost: COST });
  let checks = 0;
  const hasher = Object.assign(new PasswordHasher({ cost: COST }), {
    verify(password: string, phc: string | undefined) {
      checks++;
      return real.verify(password, phc);
    },
  });
  const passwordHash = await real.hash("secret");
  const users = combinedUsers([
    inlineUsers({ bob: "b" }, false),
    {
      get: (name) =>
        Promise.resolve(name === "alice" ? { name, passwordHash } : undefined),
    },
  ]);
  const authenticator = new Authenticator({
    users,
    caseInsensitive: false,
    hasher,
  });
  const many = await Promise.all(
    Array.from(
      { length: 20 },
      () => authenticator.authenticate(credentials("alice", "secret")),
    ),
  );
  assert(many.every((identity) => identity?.user === "alice"));
  assertEquals(checks, 1);
  await authenticator.authenticate(credentials("alice", "secret"));
  assertEquals(checks, 1);
  // Each refusal costs one, whoever it was for: a hashed user, a plain one, nobody.
  for (const user of ["alice", "bob", "carol"]) {
    assertEquals(
      await authenticator.authenticate(credentials(user, "no")),
      undefined,
    );
  }
  assertEquals(checks, 4);
});

Deno.test("logins beyond those that may wait are turned away", async () => {
  using hasher = new PasswordHasher({ cost: COST, maxWaiting: 2 });
  const first = [1, 2, 3].map(() => hasher.verify("a", undefined));
  await assertRejects(() => hasher.verify("a", undefined), Error, "waiting");
  assertEquals(await Promise.all(first), [false, false, false]);
});

/** A store of one user. */
function storeOf(
  record: KnownUser,
  more: Partial<UserStore> = {},
): UserStore & { record: KnownUser } {
  return {
    record,
    get(name) {
      return Promise.resolve(
        name === this.record.name ? this.record : undefined,
      );
    },
    ...more,
  };
}

const BCRYPT = "$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW";

Deno.test("a record of another scheme is made anew when its user logs in", async () => {
  using hasher = new PasswordHasher({ cost: COST });
  const updated = Promise.withResolvers<void>();
  const renewing: string[] = [];
  let updates = 0;
  const users = storeOf({ name: "alice", passwordHash: BCRYPT }, {
    update(name, { passwordHash, replaces }) {
      assertEquals([name, replaces], ["alice", BCRYPT]);
      updates++;
      users.record = { name, passwordHash };
      updated.resolve();
      return Promise.resolve();
    },
  });
  const authenticator = new Authenticator({
    users,
    caseInsensitive: false,
    hasher,
    renewing: (user, passwordHash) => renewing.push(user + passwordHash),
  });
  const attempt = async (password: string) =>
    (await authenticator.authenticate(credentials("alice", password)))?.user;
  assertEquals(await attempt("wrong"), undefined);
  assertEquals(updates, 0);
  assertEquals(await Promise.all(["secret", "secret"].map(attempt)), [
    "alice",
    "alice",
  ]);
  await updated.promise;
  const { passwordHash } = users.record;
  assertMatch(passwordHash!, /^\$argon2id\$v=19\$m=8,t=1,p=1\$/);
  assertEquals(await attempt("secret"), "alice");
  assertEquals(await attempt("wrong"), undefined);
  assertEquals(updates, 1);
  assertEquals(renewing, Array(2).fill(`alice${passwordHash}`));
});

Deno.test("a user with a record of SCRAM alone logs in by a password", async () => {
  using hasher = new PasswordHasher({ cost: COST });
  const scram = await makeScramRecord("secret");
  for (const record of [{ scram }, { passwordHash: scram }]) {
    const users = storeOf({ name: "alice", ...record }, {
      update: () => Promise.reject(new Error("It is not outdated")),
    });
    const authenticator = new Authenticator({
      ...{ users, caseInsensitive: false, hasher },
      makeScram: () => Promise.reject(new Error("There is one")),
    });
    const attempt = (password: string) =>
      authenticator.authenticate(credentials("alice", password));
    assertEquals(await attempt("wrong"), undefined);
    assertEquals(await attempt("secret"), { user: "alice" });
  }
});

Deno.test("a user gets a record of SCRAM by logging in, where that is wanted", async () => {
  using hasher = new PasswordHasher({ cost: COST });
  const passwordHash = await hasher.hash("secret");
  for (const before of [passwordHash, BCRYPT]) {
    const updated = Promise.withResolvers<void>();
    const users = storeOf({ name: "alice", passwordHash: before }, {
      update(name, { replaces, ...records }) {
        assertEquals(replaces, before);
        users.record = { name, ...records };
        updated.resolve();
        return Promise.resolve();
      },
    });
    const authenticator = new Authenticator({
      ...{ users, caseInsensitive: false, hasher },
      makeScram: (password) => makeScramRecord(password),
    });
    const attempt = (password: string) =>
      authenticator.authenticate(credentials("alice", password));
    assertEquals(await attempt("wrong"), undefined);
    assertEquals(users.record.scram, undefined);
    assertEquals(await attempt("secret"), { user: "alice" });
    await updated.promise;
    const { record } = users;
    assertEquals(record.passwordHash === before, before === passwordHash);
    assertMatch(record.passwordHash!, /^\$argon2id\$/);
    assert(await hasher.verify("secret", record.scram));
    assert(!await hasher.verify("wrong", record.scram));
  }
});

Deno.test("a record that cannot be kept, or need not be, fails no login", async () => {
  using hasher = new PasswordHasher({ cost: COST });
  const tried = Promise.withResolvers<void>();
  const stores = [
    storeOf({ name: "alice", passwordHash: BCRYPT }, {
      update() {
        tried.resolve();
        return Promise.reject(new Error("Read-only"));
      },
    }),
    storeOf({ name: "alice", passwordHash: BCRYPT }),
    storeOf({ name: "alice", passwordHash: await hasher.hash("secret") }, {
      update: () => Promise.reject(new Error("It is as it should be")),
    }),
  ];
  for (const users of stores) {
    const authenticator = new Authenticator({
      users,
      caseInsensitive: false,
      hasher,
    });
    const identity = await authenticator.authenticate(
      credentials("alice", "secret"),
    );
    assertEquals(identity, { user: "alice" });
  }
  await tried.promise;
});

Deno.test("a token logs in to its scope, as long as it lasts and its user may", async () => {
  using hasher = new PasswordHasher({ cost: COST });
  const [all, part, old] = [makeToken(), makeToken(), makeToken()];
  const used: string[] = [];
  const scope = { readOnly: true, mailboxes: ["INBOX"] };
  const users = storeOf({
    name: "alice",
    passwordHash: await hasher.hash("secret"),
  }, {
    tokens: () =>
      Promise.resolve([
        { id: all.id, hash: all.hash },
        { id: part.id, hash: part.hash, scope, expires: 1_001 },
        { id: old.id, hash: old.hash, expires: 1_000 },
      ]),
    tokenUsed(name, id) {
      used.push(name + id);
      return Promise.reject(new Error("Nobody has to know"));
    },
  });
  const authenticator = new Authenticator({
    users,
    caseInsensitive: false,
    hasher,
    now: () => 1_000,
  });
  const attempt = (password: string, user = "alice") =>
    authenticator.authenticate(credentials(user, password));
  assertEquals(await attempt("secret"), { user: "alice" });
  assertEquals(await attempt(all.token), { user: "alice", token: all.id });
  assertEquals(await attempt(part.token), {
    user: "alice",
    token: part.id,
    scope,
  });
  assertEquals(await attempt(old.token), undefined);
  assertEquals(await attempt(all.token, "bob"), undefined);
  assertEquals(await attempt(all.hash), undefined);
  assertEquals(used, [`alice${all.id}`, `alice${part.id}`]);
  assertEquals(
    await authenticator.tokensOf("alice"),
    new Set([all.id, part.id]),
  );
  users.record = { ...users.record, disabled: true };
  assertEquals(await attempt(all.token), undefined);
  assertEquals(await attempt("secret"), undefined);
});

Deno.test("nobody, a disabled user and a wrong password cost the same, in whatever scheme", async () => {
  using hasher = new PasswordHasher({ cost: COST });
  const checked: [record: string | undefined, name: string][] = [];
  const watched = Object.assign(new PasswordHasher({ cost: COST }), {
    learn: (records: Iterable<string>) => hasher.learn(records),
    verify(password: string, record: string | undefined, name = "") {
      checked.push([record, name]);
      return hasher.verify(password, record, name);
    },
  });
  const store: UserStore = {
    get: (name) =>
      Promise.resolve(
        name === "alice" || name === "bob"
          ? { name, passwordHash: BCRYPT, disabled: name === "bob" }
          : name === "carol"
          ? { name, password: "plain" }
          : undefined,
      ),
    sample: () => Promise.resolve([BCRYPT]),
    tokens: () => Promise.resolve([]),
  };
  const authenticator = new Authenticator({
    users: combinedUsers([inlineUsers({}, false), store]),
    caseInsensitive: false,
    hasher: watched,
  });
  for (const user of ["alice", "bob", "carol", "dave", "d\u0000ve"]) {
    // At the same time, too, each costs one.
    await Promise.all(
      [1, 2].map(() => authenticator.authenticate(credentials(user, "no"))),
    );
  }
  await authenticator.authenticate(credentials("bob", "secret"));
  assertEquals(checked, [
    [BCRYPT, "alice"],
    [BCRYPT, "bob"],
    [undefined, "carol"],
    [undefined, "dave"],
    [undefined, ""],
    [BCRYPT, "bob"],
  ]);
});

Deno.test("a store that gives no sample is no reason to let nobody in", async () => {
  const users = storeOf({ name: "alice", passwordHash: BCRYPT }, {
    sample: () => Promise.reject(new Error("No")),
  });
  assertEquals(await login(users, "alice", "secret"), "alice");
});
