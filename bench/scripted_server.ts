/**
 * A server for tests, in a worker: a client that blocks its own thread does not block it.
 *
 * It is sent a list of {@linkcode Step}s, answers with its port, and does them on each connection.
 *
 * @module
 */

const NAME = "scripted server";

/** What the server does next; after the last it reads until the client closes. */
export type Step =
  /** Writes the text, `size` octets at a time. */
  | { readonly write: string; readonly size: number }
  /** Reads so many octets, and maybe some more. */
  | { readonly read: number }
  /** Writes back what it reads, until the client closes. */
  | { readonly echo: true }
  /** Does nothing for so many milliseconds. */
  | { readonly rest: number }
  /** Closes the connection. */
  | { readonly close: true };

/** A server that is running. */
export interface ScriptedServer extends Disposable {
  /** Where it listens, on 127.0.0.1. */
  readonly port: number;
}

/** Starts a server that does the steps on each connection. */
export async function startScripted(
  ...steps: readonly Step[]
): Promise<ScriptedServer> {
  const worker = new Worker(import.meta.url, {
    type: "module",
    name: NAME,
  });
  const { promise, resolve } = Promise.withResolvers<number>();
  worker.onmessage = ({ data }) => resolve(data);
  worker.postMessage(steps);
  return {
    port: await promise,
    [Symbol.dispose]: () => worker.terminate(),
  };
}

async function serve(conn: Deno.Conn, steps: readonly Step[]): Promise<void> {
  const buffer = new Uint8Array(1 << 16);
  for (const step of steps) {
    if ("close" in step) return;
    if ("rest" in step) {
      await new Promise((resolve) => setTimeout(resolve, step.rest));
    } else if ("read" in step) {
      await conn.read(buffer.subarray(0, step.read));
    } else if ("write" in step) {
      const bytes = new TextEncoder().encode(step.write);
      for (let at = 0; at < bytes.length; at += step.size) {
        await writeAll(conn, bytes.subarray(at, at + step.size));
      }
    } else {
      for (let got; (got = await conn.read(buffer)) !== null;) {
        await writeAll(conn, buffer.subarray(0, got));
      }
    }
  }
  while (await conn.read(buffer) !== null);
}

async function writeAll(conn: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    at += await conn.write(bytes.subarray(at));
  }
}

/** What a worker has in its global scope and a window has not. */
interface WorkerScope {
  readonly name?: string;
  onmessage?: (event: MessageEvent<readonly Step[]>) => void;
  readonly postMessage: (message: number) => void;
}

async function listen(
  scope: WorkerScope,
  steps: readonly Step[],
): Promise<void> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  scope.postMessage(listener.addr.port);
  for await (const conn of listener) {
    conn.setNoDelay(true);
    serve(conn, steps)
      .catch(() => {/* the client has gone */})
      .finally(() => conn.close());
  }
}

const scope = globalThis as unknown as WorkerScope;
if (scope.name === NAME) {
  scope.onmessage = ({ data }) => void listen(scope, data);
}
