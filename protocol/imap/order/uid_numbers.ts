/**
 * Numbers by UID: in pages, so that none of them is copied however many there are, and a number takes eight bytes where
 * UIDs are close together.
 *
 * @module
 */

/** How many UIDs are in a page. */
const PAGE = 256;
/** What a page takes, in bytes. */
const PAGE_BYTES = 8 * PAGE + 200;

/** See the module's text. */
export class UidNumbers {
  readonly #pages = new Map<number, Float64Array>();
  /** The page that was looked at last, since most are looked for in their order. */
  #page: Float64Array | undefined;
  #pageNumber = -1;
  #size = 0;

  /** Of how many UIDs there is a number. */
  get size(): number {
    return this.#size;
  }

  /** The number of a UID; NaN where there is none. */
  get(uid: number): number {
    const page = this.#find(Math.floor(uid / PAGE));
    return page === undefined ? NaN : page[uid % PAGE]!;
  }

  /**
   * Notes a number.
   * @param number not NaN
   * @returns how many bytes more that takes
   */
  set(uid: number, number: number): number {
    const pageNumber = Math.floor(uid / PAGE);
    let page = this.#find(pageNumber);
    let bytes = 0;
    if (page === undefined) {
      page = new Float64Array(PAGE).fill(NaN);
      this.#pages.set(pageNumber, page);
      this.#page = page;
      bytes = PAGE_BYTES;
    }
    if (Number.isNaN(page[uid % PAGE])) this.#size++;
    page[uid % PAGE] = number;
    return bytes;
  }

  #find(pageNumber: number): Float64Array | undefined {
    if (pageNumber !== this.#pageNumber) {
      this.#page = this.#pages.get(pageNumber);
      this.#pageNumber = pageNumber;
    }
    return this.#page;
  }
}
