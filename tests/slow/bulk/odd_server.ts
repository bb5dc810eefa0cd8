/**
 * A server that keeps to no more of the protocol than it has to: no capabilities, sizes that are wrong,
 * answers in the wrong order, and answers to what nobody has asked.
 *
 * @module
 */

/** A message that it has. */
export interface OddMessage {
  /** UID. */
  readonly uid: number;
  /** What comes as BODY[]; `NIL` where there is none. */
  readonly source: string | undefined;
  /** INTERNALDATE, as it stands in the answer. */
  readonly date?: string;
  /** What it says is its size; 0 by default. */
  readonly size?: number;
}

/** Serves INBOX on a free port until it is disposed of. */
export function oddServer(
  messages: readonly OddMessage[],
): Disposable & { readonly port: number } {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const connections = new Set<Deno.TcpConn>();
  (async () => {
    for await (const conn of listener) {
      connections.add(conn);
      talk(conn, messages).catch(() => {});
    }
  })().catch(() => {});
  return {
    port: listener.addr.port,
    [Symbol.dispose]() {
      listener.close();
      for (const conn of connections) {
        try {
          conn.close();
        } catch { /* the other side was first */ }
      }
    },
  };
}

async function talk(
  conn: Deno.TcpConn,
  messages: readonly OddMessage[],
): Promise<void> {
  const say = async (text: string) => {
    const bytes = Uint8Array.from(text, (c) => c.charCodeAt(0));
    for (let at = 0; at < bytes.length;) {
      at += await conn.write(bytes.subarray(at));
    }
  };
  await say("* OK hello\r\n");
  let rest = "";
  const buffer = new Uint8Array(65_536);
  for (let count; (count = await conn.read(buffer)) !== null;) {
    const lines = (rest + new TextDecoder().decode(buffer.subarray(0, count)))
      .split("\r\n");
    rest = lines.pop()!;
    for (const line of lines) {
      const [, tag, command] = /^(\S+) (.*)$/.exec(line)!;
      for (const answer of answers(command!, messages)) await say(answer);
      await say(`${tag} OK done\r\n`);
    }
  }
}

function* answers(
  command: string,
  messages: readonly OddMessage[],
): Generator<string> {
  if (command === "CAPABILITY") yield "* CAPABILITY IMAP4rev1\r\n";
  else if (/^LIST "" ""/.test(command)) {
    yield '* LIST (\\Noselect) "/" ""\r\n';
  } else if (/^(LIST|LSUB)/.test(command)) {
    yield `* ${command.slice(0, 4)} () "/" inbox\r\n`;
  } else if (command.startsWith("STATUS")) {
    yield `* STATUS INBOX (MESSAGES ${messages.length})\r\n`;
  } else if (/^(EXAMINE|SELECT)/.test(command)) {
    yield `* ${messages.length} EXISTS\r\n* OK [UIDVALIDITY 5] x\r\n`;
  } else if (/^UID FETCH \S+ .*BODY/.test(command)) {
    const wanted = uidsOf(/^UID FETCH (\S+)/.exec(command)![1]!);
    for (const [index, message] of messages.entries()) {
      if (!wanted.has(message.uid)) continue;
      const { uid, source, date = "17-Jul-1996 02:44:25 -0700" } = message;
      yield `* ${index + 1} FETCH (FLAGS (\\Recent))\r\n`;
      const body = source === undefined
        ? "NIL"
        : `{${source.length}}\r\n${source}`;
      yield `* ${index + 1} FETCH (UID ${uid} FLAGS (\\Seen \\Recent a[b) ` +
        `INTERNALDATE "${date}" BODY[] ${body})\r\n`;
    }
    yield "* 99999 EXISTS\r\n";
  } else if (command.startsWith("UID FETCH")) {
    for (
      const [index, { uid, size = 0 }] of [...messages.entries()].reverse()
    ) {
      yield `* ${
        index + 1
      } FETCH (UID ${uid} FLAGS () RFC822.SIZE ${size})\r\n`;
    }
  } else if (command === "LOGOUT") yield "* BYE\r\n";
}

function uidsOf(set: string): Set<number> {
  const uids = new Set<number>();
  for (const range of set.split(",")) {
    const [from, to = from] = range.split(":").map(Number);
    for (let uid = from!; uid <= to!; uid++) uids.add(uid);
  }
  return uids;
}
