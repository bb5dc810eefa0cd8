/**
 * The service that `examples/http_mailbox.ts` needs, in memory.
 *
 * @module
 */

/** A message of the service. */
export interface ServiceMessage {
  readonly id: string;
  readonly date: string;
  readonly source: string;
  flags: string[];
}

/** A service that runs. */
export interface MailService extends AsyncDisposable {
  /** Where. */
  readonly url: string;
  /** Messages by user. */
  readonly messages: Map<string, ServiceMessage[]>;
  /** Whether it answers to everything with 503. */
  broken: boolean;
}

/** Starts a service on a free port. */
export function mailService(): MailService {
  const messages = new Map<string, ServiceMessage[]>();
  let lastId = 0;
  const answer = async (request: Request): Promise<Response> => {
    if (service.broken) return new Response("Out of order", { status: 503 });
    const url = new URL(request.url);
    const [, user, what, id] = url.pathname.split("/").map(decodeURIComponent);
    if (what !== "messages") return new Response(null, { status: 404 });
    const list = messages.get(user!) ?? [];
    messages.set(user!, list);
    if (id !== undefined) {
      const found = list.find((one) => one.id === id);
      return new Response(found?.source, { status: found ? 200 : 404 });
    }
    switch (request.method) {
      case "GET":
        return Response.json(
          list.map(({ source, ...one }) => ({ ...one, size: source.length })),
        );
      case "POST": {
        const id = `m${++lastId}`;
        const date = url.searchParams.get("date")!;
        const flags = url.searchParams.getAll("flag");
        list.push({ id, date, flags, source: await request.text() });
        return Response.json({ id });
      }
      case "PATCH":
        for (const { id, flags } of await request.json()) {
          list.find((one) => one.id === id)!.flags = flags;
        }
        return new Response(null, { status: 204 });
      case "DELETE": {
        const gone: string[] = await request.json();
        messages.set(user!, list.filter(({ id }) => !gone.includes(id)));
        return new Response(null, { status: 204 });
      }
    }
    return new Response(null, { status: 405 });
  };
  const options = { hostname: "127.0.0.1", port: 0, onListen() {} };
  const server = Deno.serve(options, answer);
  const service: MailService = {
    url: `http://127.0.0.1:${server.addr.port}/`,
    messages,
    broken: false,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
  return service;
}
