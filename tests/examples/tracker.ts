/**
 * The tracker that `examples/rest_mailboxes.ts` needs, in memory.
 *
 * @module
 */

import type { Issue } from "../../examples/rest_mailboxes.ts";

/** A tracker that runs. */
export interface Tracker extends AsyncDisposable {
  /** Where. */
  readonly url: string;
  /** Issues by project. */
  readonly projects: Map<string, Issue[]>;
}

/** An issue, of which the test says what matters. */
export function issue(given: Partial<Issue>): Issue {
  return {
    revision: 1,
    number: 1,
    title: "It does not work",
    text: "Nothing happens.\n",
    author: { name: "Zoë", email: "zoe@example.com" },
    changed: "2026-02-01T10:00:00Z",
    read: false,
    ...given,
  };
}

/** Starts a tracker on a free port. */
export function tracker(projects: Record<string, Issue[]>): Tracker {
  const all = new Map(Object.entries(projects));
  const answer = async (request: Request): Promise<Response> => {
    const { pathname } = new URL(request.url);
    const [, , name, what] = pathname.split("/").map(decodeURIComponent);
    if (name === undefined) return Response.json([...all.keys()]);
    const issues = all.get(name);
    if (issues === undefined || what !== "issues") {
      return new Response("Not found", { status: 404 });
    }
    if (request.method === "GET") return Response.json(issues);
    for (const { revision, read } of await request.json()) {
      const place = issues.findIndex((one) => one.revision === revision);
      issues[place] = { ...issues[place]!, read };
    }
    return new Response(null, { status: 204 });
  };
  const options = { hostname: "127.0.0.1", port: 0, onListen() {} };
  const server = Deno.serve(options, answer);
  return {
    url: `http://127.0.0.1:${server.addr.port}/`,
    projects: all,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}
