/** Item 11: neither words nor time tell who there is. */

import { assert, assertEquals } from "@std/assert";
import { hashPassword, serve, type UserStore } from "../../mod.ts";

/** A connection on which logins are tried one after the other. */
class Guesser implements Disposable {
  readonly #conn: Deno.Conn;
  #tag = 0;

  constructor(conn: Deno.Conn) {
    this.#conn = conn;
  }

  /** What the server says, without the tag, and after how many milliseconds. */
  async guess(user: string): Promise<{ said: string; time: number }> {
    const tag = `t${++this.#tag}`;
    const command = `${tag} LOGIN ${user} wrong${this.#tag}\r\n`;
    const begin = performance.now();
    await this.#conn.write(new TextEncoder().encode(command));
    const said = await this.read();
    const time = performance.now() - begin;
    assert(said.startsWith(`${tag} `), said);
    return { said: said.slice(tag.length), time };
  }

  /** A line. */
  async read(): Promise<string> {
    const buffer = new Uint8Array(1_024);
    let text = "";
    while (!text.endsWith("\r\n")) {
      const count = await this.#conn.read(buffer);
      if (count === null) break;
      text += new TextDecoder().decode(buffer.subarray(0, count));
    }
    return text;
  }

  [Symbol.dispose](): void {
    this.#conn.close();
  }
}

function median(times: number[]): number {
  return times.sort((a, b) => a - b)[times.length >> 1]!;
}

const TRIES = 200;

/** Chance makes a measurement bad, but not this many; a server that tells is never good. */
const MEASUREMENTS = 6;

for (
  const [scheme, make] of [
    [
      "argon2id",
      () => hashPassword("secret", { memory: 1_024, iterations: 1 }),
    ],
    [
      "bcrypt",
      () =>
        Promise.resolve(
          "$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW",
        ),
    ],
  ] as const
) {
  Deno.test(`a wrong password, a disabled user and nobody are refused alike: ${scheme}`, async () => {
    const passwordHash = await make();
    const known = new Map(
      ["alice", "bobby"].map((
        name,
      ) => [name, { name, passwordHash, disabled: name === "bobby" }]),
    );
    const users: UserStore = {
      get: (name) => Promise.resolve(known.get(name)),
      sample: () => Promise.resolve([passwordHash]),
      tokens: () => Promise.resolve([]),
    };
    await using server = serve({
      port: 0,
      users,
      limits: { failedLoginDelay: 0, failedLogins: 1_000_000 },
      onListen() {},
    });
    using guesser = new Guesser(await Deno.connect({ port: server.addr.port }));
    await guesser.read();
    const said = new Set<string>();
    const deviations: number[] = [];
    for (let n = 0; n < MEASUREMENTS; n++) {
      const times = { alice: [], bobby: [], carol: [] } as Record<
        string,
        number[]
      >;
      for (let n = 0; n < TRIES; n++) {
        for (const [user, list] of Object.entries(times)) {
          const answer = await guesser.guess(user);
          said.add(answer.said);
          list.push(answer.time);
        }
      }
      const medians = Object.values(times).map(median);
      deviations.push(Math.max(...medians) / Math.min(...medians) - 1);
      if (deviations.at(-1)! <= 0.05) break;
    }
    assertEquals([...said], [
      " NO [AUTHENTICATIONFAILED] The name or the password is wrong\r\n",
    ]);
    const shown = deviations.map((one) => one.toFixed(3)).join(", ");
    assert(deviations.at(-1)! <= 0.05, `The medians differ by ${shown}`);
  });
}
