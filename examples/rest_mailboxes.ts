/**
 * A tracker's projects as mailboxes, each issue a message. Below its URL the tracker answers to
 *
 * - `GET projects` with a list of names,
 * - `GET projects/NAME/issues` with a list of issues, and
 * - `PATCH projects/NAME/issues`, which has a list of `{ revision, read }`, with 204.
 *
 * An issue has a revision, a number that grows with every change in the project. It makes a UID that means
 * the same for ever: an issue that was edited is another message, and unread.
 *
 * `deno run --allow-net=127.0.0.1,tracker.example.com examples/rest_mailboxes.ts https://tracker.example.com/`
 * listens on 127.0.0.1:1143 for alice, whose password is `secret`.
 *
 * @module
 */

import { type Callbacks, type ImapServer, No, serve } from "../mod.ts";

/** An issue. */
export interface Issue {
  /** When it was last changed, as a number; see the module's text. */
  readonly revision: number;
  /** What people call it. */
  readonly number: number;
  readonly title: string;
  readonly text: string;
  readonly author: { readonly name: string; readonly email: string };
  /** When it was last changed, as in `2026-02-01T10:00:00Z`. */
  readonly changed: string;
  /** Whether somebody has read this revision. */
  readonly read: boolean;
}

/** Words for a header field, whatever is in them: none is longer than 75 characters (RFC 2047 § 2). */
function words(text: string): string {
  const parts = text.match(/.{1,10}/gsu) ?? [];
  const base64 = parts.map((part) => new TextEncoder().encode(part).toBase64());
  return base64.map((word) => `=?UTF-8?B?${word}?=`).join("\r\n ");
}

/** An issue as a message (RFC 5322). */
function messageOf(project: string, issue: Issue): string {
  const { revision, number, title, text, author, changed } = issue;
  const host = `${encodeURIComponent(project)}.invalid`;
  return [
    `From: ${words(author.name)} <${author.email.replaceAll(/[^!-~]/g, "")}>`,
    `Date: ${new Date(changed).toUTCString().replace("GMT", "+0000")}`,
    `Subject: ${words(`#${number} ${title}`)}`,
    `Message-ID: <${revision}@${host}>`,
    `References: <issue-${number}@${host}>`,
    "Content-Type: text/plain; charset=utf-8",
    "Content-Transfer-Encoding: 8bit",
    "MIME-Version: 1.0",
    "",
    text,
  ].join("\n");
}

/** Starts a server in front of a tracker; port 0 picks a free one. */
export function start(tracker: string, port = 1143): ImapServer {
  const ask = async (path: string, request?: RequestInit) => {
    const response = await fetch(new URL(path, tracker), request);
    if (response.ok) return response;
    await response.body?.cancel();
    throw new No("UNAVAILABLE", "The tracker does not answer");
  };
  const issues = (name: string) =>
    `projects/${encodeURIComponent(name)}/issues`;
  const callbacks: Callbacks = {
    async getMailboxes() {
      const names: string[] = await (await ask("projects")).json();
      return names.map((name) => ({ name, subscribed: true, uidValidity: 1 }));
    },
    async getMessages({ mailbox: { name } }) {
      if (name === "INBOX") return [];
      const list: Issue[] = await (await ask(issues(name))).json();
      return list.map((issue) => ({
        uid: issue.revision,
        flags: issue.read ? ["\\Seen"] : [],
        internalDate: new Date(issue.changed),
        source: messageOf(name, issue),
      }));
    },
    async updateMessages({ mailbox, messages }) {
      const body = JSON.stringify(messages.map(({ uid, flags }) => ({
        revision: uid,
        read: flags.includes("\\Seen"),
      })));
      await ask(issues(mailbox.name), { method: "PATCH", body });
    },
  };
  return serve({ port, users: { alice: "secret" }, callbacks });
}

if (import.meta.main) {
  const [tracker = "https://tracker.example.com/", port = "1143"] = Deno.args;
  const server = start(tracker, Number(port));
  console.log(`IMAP on port ${server.addr.port}`);
  await server.finished;
}
