/** Somebody's program: a server, and a client that shows what it does. */

import {
  MemoryStorage,
  openKvStorage,
  serve,
  type Storage,
  type UserStore,
} from "@x/imapd";

/** One user, whose password is `password`. */
const users: UserStore = {
  get: (name) =>
    Promise.resolve({
      name,
      passwordHash:
        "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
      disabled: name !== "alice",
    }),
};

const [path] = Deno.args;
await using storage: Storage & AsyncDisposable = path === undefined
  ? new MemoryStorage()
  : await openKvStorage({ path });
await using server = serve({
  port: 0,
  users,
  storage,
  callbacks: {
    async appendMessage(event, next) {
      const message = await next(event);
      console.log(`${event.user.name} got uid ${message.uid}`);
      return message;
    },
  },
});

const conn = await Deno.connect({ port: server.addr.port });
const commands = [
  "a LOGIN alice password",
  "b APPEND INBOX {4+}",
  "abcd",
  "c LOGOUT",
  "",
];
await conn.write(new TextEncoder().encode(commands.join("\r\n")));
console.log(await new Response(conn.readable).text());
