/**
 * A spam filter at the door: what looks like spam is refused, what may be is marked.
 *
 * `deno run --allow-net=127.0.0.1 examples/spam_filter.ts` listens on 127.0.0.1:1143 for alice, whose password is
 * `secret`.
 *
 * @module
 */

import { type Callbacks, type ImapServer, No, serve } from "../mod.ts";

/** Judges a message: how much of it is spam, from 0 to 1. */
export type Judge = (source: string) => number;

const byWords: Judge = (source) => {
  const words = source.match(/lottery|casino|winner/gi) ?? [];
  return Math.min(1, words.length / 4);
};

/** A callback that asks a judge about each message. */
export function spamFilter(judge: Judge = byWords): Callbacks {
  return {
    appendMessage(event, next) {
      const spam = judge(new TextDecoder().decode(event.source));
      if (spam > 0.9) throw new No("CANNOT", "This is spam");
      const flags = spam > 0.4 ? [...event.flags, "$Junk"] : event.flags;
      return next({ ...event, flags });
    },
  };
}

/** Starts a server with the filter; port 0 picks a free one. */
export function start(port = 1143): ImapServer {
  const callbacks = spamFilter();
  return serve({ port, users: { alice: "secret" }, callbacks });
}

if (import.meta.main) {
  const [port = "1143"] = Deno.args;
  const server = start(Number(port));
  console.log(`IMAP on port ${server.addr.port}`);
  await server.finished;
}
