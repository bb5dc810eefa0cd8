/**
 * Cuts what a server sends into responses: lines, with the literals that they announce.
 *
 * @module
 */

/** Gathers bytes and gives out whole responses. */
export class ResponseReader {
  #buffer = "";
  /** How much of the buffer is known to belong to the response at its start. */
  #scanned = 0;

  /** Takes bytes as they come. */
  push(bytes: Uint8Array): void {
    for (let start = 0; start < bytes.length; start += 8192) {
      this.#buffer += String.fromCharCode(
        ...bytes.subarray(start, start + 8192),
      );
    }
  }

  /** The next response without its final CRLF, if all of it is there. */
  next(): string | undefined {
    for (;;) {
      const end = this.#buffer.indexOf("\r\n", this.#scanned);
      if (end < 0) return undefined;
      const literal = /\{(\d+)\}$/.exec(
        this.#buffer.slice(Math.max(this.#scanned, end - 24), end),
      );
      if (literal === null) {
        const response = this.#buffer.slice(0, end);
        this.#buffer = this.#buffer.slice(end + 2);
        this.#scanned = 0;
        return response;
      }
      const after = end + 2 + Number(literal[1]);
      if (this.#buffer.length < after) return undefined;
      this.#scanned = after;
    }
  }

  /** What is there of a response that is not all there. */
  get remainder(): string {
    return this.#buffer;
  }
}
