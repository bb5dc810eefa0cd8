/**
 * Asks another server for a JSON document, and takes neither long nor much.
 *
 * @module
 */

import { isLoopback } from "../peer.ts";

/** How long an answer may take, in milliseconds: clients wait for it. */
const TIME = 5_000;
/** The longest answer, in bytes. */
const MAX_SIZE = 262_144;

/** Another server did not answer, or not with what was asked for. */
export class AnswerError extends Error {
  /** Says what is wrong; nothing of what was sent is in it. */
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "AnswerError";
  }
}

/**
 * A URL that is good for keys and secrets.
 * @param name what messages call it
 * @throws {TypeError} unless it is one of https, or of http on this machine
 */
export function trustedUrl(text: string, name: string): URL {
  const url = URL.parse(text);
  const host = url?.hostname.replace(/^\[(.*)\]$/, "$1") ?? "";
  const local = url?.protocol === "http:" &&
    (host === "localhost" || isLoopback(host));
  if (url === null || !(url.protocol === "https:" || local)) {
    throw new TypeError(`${name} has to be a URL that begins with https://`);
  }
  return url;
}

/**
 * Fetches a document.
 * @param time how long that may take, in milliseconds
 * @throws {AnswerError} when there is no answer in time, a redirection, another status than 200, more than 256 KiB,
 * or no JSON
 */
export async function fetchJson(
  url: URL,
  request: { readonly headers?: HeadersInit; readonly body?: BodyInit } = {},
  time: number = TIME,
): Promise<unknown> {
  const over = new AbortController();
  const timer = setTimeout(() => over.abort(), time);
  const from = url.origin + url.pathname;
  try {
    const response = await fetch(url, {
      ...request,
      method: request.body === undefined ? "GET" : "POST",
      // A redirection could lead to where neither tokens nor secrets belong.
      redirect: "manual",
      signal: over.signal,
    });
    if (response.status !== 200) {
      await response.body?.cancel();
      throw new AnswerError(`${from} answers ${response.status}`);
    }
    return JSON.parse(await boundedText(response, from));
  } catch (cause) {
    if (cause instanceof AnswerError) throw cause;
    if (over.signal.aborted) {
      throw new AnswerError(`${from} takes more than ${time} milliseconds`);
    }
    if (cause instanceof SyntaxError) {
      // Its message would show what the answer says.
      throw new AnswerError(`${from} answers with what is no JSON`);
    }
    throw new AnswerError(`${from} cannot be asked`, { cause });
  } finally {
    clearTimeout(timer);
    over.abort();
  }
}

async function boundedText(response: Response, from: string): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > MAX_SIZE) {
      throw new AnswerError(`${from} answers more than ${MAX_SIZE} bytes`);
    }
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
