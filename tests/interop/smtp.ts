/**
 * Hands messages over to a mail server by SMTP (RFC 5321), one after the other.
 *
 * @module
 */

import { toBytes } from "./process.ts";

/** A message with its envelope. */
export interface Submission {
  /** Who sends it, without angle brackets. */
  readonly sender: string;
  /** Whom it is for. */
  readonly recipients: readonly string[];
  /** The message, one character a byte, with CRLF line ends. */
  readonly source: string;
}

/** Submits messages on one connection to 127.0.0.1; throws when one is not taken. */
export async function submit(
  port: number,
  submissions: readonly Submission[],
): Promise<void> {
  using conn = await Deno.connect({ hostname: "127.0.0.1", port });
  const writer = conn.writable.getWriter();
  const reader = conn.readable.pipeThrough(new TextDecoderStream()).getReader();
  let heard = "";
  const expect = async (code: string) => {
    let end: RegExpExecArray | null;
    while ((end = /^\d{3}(?: .*)?\r\n/m.exec(heard)) === null) {
      const { value, done } = await reader.read();
      if (done) throw new Error(`The mail server has gone after ${heard}`);
      heard += value;
    }
    if (!end[0].startsWith(code)) throw new Error(`Refused: ${heard}`);
    heard = heard.slice(end.index + end[0].length);
  };
  const say = async (code: string, line: Uint8Array) => {
    await writer.write(line);
    await expect(code);
  };
  const utf8 = (line: string) => new TextEncoder().encode(`${line}\r\n`);
  await expect("220");
  await say("250", utf8("EHLO client.example.net"));
  for (const { sender, recipients, source } of submissions) {
    const all = [sender, ...recipients].join("");
    const parameter = /^[\0-\x7f]*$/.test(all) ? "" : " SMTPUTF8";
    await say("250", utf8(`MAIL FROM:<${sender}> BODY=8BITMIME${parameter}`));
    for (const recipient of recipients) {
      await say("250", utf8(`RCPT TO:<${recipient}>`));
    }
    await say("354", utf8("DATA"));
    await say("250", toBytes(`${source.replaceAll(/^\./gm, "..")}.\r\n`));
  }
  await say("221", utf8("QUIT"));
  await reader.cancel();
}
