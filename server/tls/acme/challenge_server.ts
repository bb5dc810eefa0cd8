/**
 * Answers the challenges by which an authority finds out whose hosts are (HTTP-01, RFC 8555 § 8.3).
 *
 * @module
 */

/** Where the answers are. */
const PATH = "/.well-known/acme-challenge/";

/** See the module's text. It answers nothing else, and is there while a certificate is asked for. */
export class ChallengeServer implements AsyncDisposable {
  readonly #answers = new Map<string, string>();
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  /** Begins to listen. @throws when the address cannot be bound */
  constructor(hostname: string, port: number) {
    const options = { hostname, port, onListen: () => {} };
    this.#server = Deno.serve(options, (request) => this.#answer(request));
  }

  /** The port that is listened on. */
  get port(): number {
    return this.#server.addr.port;
  }

  /** Answers a challenge from now on. */
  set(token: string, answer: string): void {
    this.#answers.set(token, answer);
  }

  /** Answers it no more. */
  delete(token: string): void {
    this.#answers.delete(token);
  }

  /** Stops to listen. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#server.shutdown();
  }

  #answer({ method, url }: Request): Response {
    const { pathname } = new URL(url);
    const answer = pathname.startsWith(PATH) &&
        (method === "GET" || method === "HEAD")
      ? this.#answers.get(pathname.slice(PATH.length))
      : undefined;
    const headers = { "content-type": "application/octet-stream" };
    return answer === undefined
      ? new Response(null, { status: 404 })
      : new Response(answer, { headers });
  }
}
