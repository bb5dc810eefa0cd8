/**
 * A KV Connect server for tests: Deno KV over HTTP, in memory, with whatever goes wrong on a network.
 *
 * `Deno.openKv(server.url)` opens it as it opens Deno Deploy's KV or a `denokv` of one's own, with
 * {@linkcode ACCESS_TOKEN} in the environment as `DENO_KV_ACCESS_TOKEN`.
 *
 * The protocol (version 3): a POST to the URL exchanges metadata, which tell where the data are and by which
 * token; POSTs below there read a snapshot, commit, or watch keys. Clients try again, as often as it takes,
 * what failed with a status of 5xx or by the connection: so a commit may be there twice at the door.
 *
 * @module
 */

import { delay } from "./delay.ts";
import { checkRead, checkWatch, checkWrite, Refusal } from "./limits.ts";
import { MalformedMessage } from "./protobuf.ts";
import {
  decodeAtomicWrite,
  decodeSnapshotRead,
  decodeWatch,
  encodeAtomicWrite,
  encodeSnapshotRead,
} from "./protocol.ts";
import { Store } from "./store.ts";
import { watchStream } from "./watch_stream.ts";

/** The token by which clients are let in. */
export const ACCESS_TOKEN = "let-me-in";
/** The token that they are given for the data. */
const DATA_TOKEN = "and-further";

/** What a request is about. */
export type Operation = "read" | "write" | "watch";

/**
 * What becomes of a request:
 * - `done`
 * - `refused`: it is not done, and answered 503
 * - `lost`: it is done, and answered 503 all the same
 * - `cut`: it is done, and the answer lacks its end
 * - `conflict`: a commit that has checks is answered as if one of them had failed
 */
export type Fate = "done" | "refused" | "lost" | "cut" | "conflict";

/** See {@linkcode startKvServer}. */
export interface KvServerOptions {
  /** The time from a request to its answer, in milliseconds, and from a commit to those who watch. Default 0. */
  readonly latency?: number;
  /** Decides what becomes of a request. Default: all is done. */
  readonly fate?: (operation: Operation) => Fate;
}

/** A running server. */
export interface KvServer extends AsyncDisposable {
  /** What `Deno.openKv` takes. */
  readonly url: string;
  /** How many requests there have been. */
  readonly requests: Readonly<Record<Operation, number>>;
  /** See {@linkcode KvServerOptions.fate}. */
  fate: (operation: Operation) => Fate;
  /** Breaks the connection of everybody who watches; how many there were. */
  breakWatches(): number;
}

/** Starts a server on a free port, with an empty database. */
export function startKvServer(options: KvServerOptions = {}): KvServer {
  const { latency = 0, fate = () => "done" } = options;
  const store = new Store();
  const requests = { read: 0, write: 0, watch: 0 };
  const watches = new Set<() => void>();
  let closing = false;

  /** What is done by a request, and the answer. */
  function carryOut(
    operation: Operation,
    request: Uint8Array,
    fate: Fate,
  ): Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array<ArrayBuffer>> {
    if (operation === "read") {
      const ranges = decodeSnapshotRead(request);
      checkRead(ranges);
      return encodeSnapshotRead(ranges.map((range) => store.range(range)));
    }
    if (operation === "write") {
      const write = decodeAtomicWrite(request);
      checkWrite(write);
      if (fate === "conflict" && write.checks.length > 0) {
        return encodeAtomicWrite(undefined);
      }
      return encodeAtomicWrite(store.commit(write));
    }
    const keys = decodeWatch(request);
    checkWatch(keys);
    return watchStream(store, keys, latency / 2, watches);
  }

  async function handle(
    operation: Operation,
    request: Request,
  ): Promise<Response> {
    const body = await request.bytes();
    requests[operation]++;
    await delay(latency / 2);
    const fate = closing ? "refused" : server.fate(operation);
    if (fate === "refused") return unavailable();
    const answer = carryOut(operation, body, fate);
    await delay(latency / 2);
    if (fate === "lost") return unavailable(answer);
    if (fate === "cut" && answer instanceof Uint8Array) {
      return new Response(answer.subarray(0, -1));
    }
    return new Response(answer);
  }

  const door = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    async (request) => {
      try {
        const { pathname } = new URL(request.url);
        if (pathname === "/") return await exchangeMetadata(request);
        const operation = OPERATIONS.get(pathname);
        if (operation === undefined) return refused("No such method", 404);
        return allows(request, DATA_TOKEN)
          ? await handle(operation, request)
          : refused("The token is not valid", 401);
      } catch (error) {
        if (error instanceof Refusal || error instanceof MalformedMessage) {
          return refused(error.message, 400);
        }
        throw error;
      }
    },
  );

  const breakWatches = () => {
    const { size } = watches;
    for (const end of [...watches]) end();
    return size;
  };
  const server: KvServer = {
    url: `http://127.0.0.1:${door.addr.port}`,
    requests,
    fate,
    breakWatches,
    async [Symbol.asyncDispose]() {
      // Those who watch would be back at once.
      closing = true;
      const shut = door.shutdown();
      breakWatches();
      await shut;
    },
  };
  return server;
}

/** Where each operation is. */
const OPERATIONS: ReadonlyMap<string, Operation> = new Map([
  ["/data/snapshot_read", "read"],
  ["/data/atomic_write", "write"],
  ["/data/watch", "watch"],
]);

/** Says where the data are, and by which token. */
async function exchangeMetadata(request: Request): Promise<Response> {
  if (!allows(request, ACCESS_TOKEN)) {
    return refused("The access token is not valid", 401);
  }
  const { supportedVersions } = await request.json();
  if (!supportedVersions.includes(3)) {
    return refused("Version 3 is all there is here", 400);
  }
  return Response.json({
    version: 3,
    databaseId: "6b1f5b0e-55a4-4d3c-9c5e-0d7f3f1c2a11",
    endpoints: [{ url: "/data", consistency: "strong" }],
    token: DATA_TOKEN,
    expiresAt: new Date(Date.now() + 86_400_000).toISOString(),
  });
}

function allows(request: Request, token: string): boolean {
  return request.headers.get("authorization") === `Bearer ${token}`;
}

function refused(why: string, status: number): Response {
  return new Response(why, { status });
}

/** A failure that passes; an answer that nobody will hear is given up. */
function unavailable(
  unheard?: Uint8Array | ReadableStream,
): Response {
  if (unheard instanceof ReadableStream) unheard.cancel();
  return new Response("Try again", { status: 503 });
}
