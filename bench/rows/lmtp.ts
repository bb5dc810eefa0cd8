/**
 * LMTP: small messages, each durable before its reply.
 *
 * @module
 */

import { messageOfSize } from "../mail.ts";
import { type Bench, mustBe, type Row, timed } from "../row.ts";
import { type Address, connect, type Wire } from "../wire.ts";

const SMALL = 4_096;

/** A connection that delivers one message after the other's reply. */
class LmtpSender implements Disposable {
  readonly #wire: Wire;
  readonly #buffer = new Uint8Array(4_096);
  readonly #decoder = new TextDecoder();
  #heard = "";

  private constructor(wire: Wire) {
    this.#wire = wire;
  }

  static async open(to: Address): Promise<LmtpSender> {
    const sender = new LmtpSender(await connect(to));
    await sender.#reply("220");
    await sender.#say("LHLO bench\r\n");
    await sender.#reply("250");
    return sender;
  }

  async deliver(user: string, message: Uint8Array): Promise<void> {
    await this.#say(
      `MAIL FROM:<bench@localhost>\r\nRCPT TO:<${user}@localhost>\r\nDATA\r\n`,
    );
    for (const code of ["250", "250", "354"]) await this.#reply(code);
    await this.#wire.write(message);
    await this.#reply("250");
  }

  async #say(text: string): Promise<void> {
    await this.#wire.write(new TextEncoder().encode(text));
  }

  /** Waits for the last line of a reply. */
  async #reply(code: string): Promise<void> {
    for (;;) {
      const end = this.#heard.indexOf("\r\n");
      if (end >= 0) {
        const line = this.#heard.slice(0, end);
        this.#heard = this.#heard.slice(end + 2);
        if (line[3] === "-") continue;
        mustBe("Reply", line.slice(0, 3), code);
        return;
      }
      const count = await this.#wire.read(this.#buffer);
      if (count === null) throw new Error("LMTP: the connection ended");
      this.#heard += this.#decoder.decode(this.#buffer.subarray(0, count));
    }
  }

  [Symbol.dispose](): void {
    this.#wire.close();
  }
}

/** A message as DATA carries it; those of the bench have no dot at the start of a line. */
function asData(message: Uint8Array): Uint8Array {
  const end = new TextEncoder().encode("\r\n.\r\n");
  const data = new Uint8Array(message.length + end.length);
  data.set(message);
  data.set(end, message.length);
  return data;
}

async function deliver(
  bench: Bench,
  connections: number,
  total: number,
): Promise<number | undefined> {
  const { hostname, user, ports, mayBlock } = bench.target;
  const port = ports?.get("lmtp");
  if (port === undefined) return undefined;
  const senders = await Promise.all(
    Array.from(
      { length: connections },
      () => LmtpSender.open({ hostname, port, mayBlock }),
    ),
  );
  const each = Math.ceil(total / connections);
  const data = asData(messageOfSize(1, SMALL));
  const count = async () => {
    using client = await bench.login();
    const status = (await client.lines("STATUS INBOX (MESSAGES)")).join();
    return Number(/MESSAGES (\d+)/.exec(status)?.[1]);
  };
  const before = await count();
  const time = await timed(() =>
    Promise.all(senders.map(async (sender) => {
      for (let n = 0; n < each; n++) await sender.deliver(user, data);
    }))
  );
  mustBe("Messages delivered", await count() - before, each * connections);
  for (const sender of senders) sender[Symbol.dispose]();
  return each * connections / time * 1_000;
}

/** LMTP. */
export const lmtpRows: readonly Row[] = [
  {
    name: "LMTP 4 KB, 1 connection",
    unit: "/s",
    runs: 5,
    measure: (bench) => deliver(bench, 1, bench.amount(500, 100)),
  },
  {
    name: "LMTP 4 KB, 8 connections",
    unit: "/s",
    runs: 5,
    measure: (bench) => deliver(bench, 8, bench.amount(4_000, 400)),
  },
];
