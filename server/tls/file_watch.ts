/**
 * Notices that files have changed: by looking, which works for links, for folders that are replaced, on every
 * file system, and with no more than the permission to read the files themselves.
 *
 * @module
 */

/** How often to look, in milliseconds. */
const INTERVAL = 1_000;

/** See the module's text. */
export class FileWatch {
  readonly #paths: () => readonly string[];
  readonly #changed: () => Promise<void>;
  readonly #timer: ReturnType<typeof setInterval>;
  #known: string;
  #last: string;
  #busy = false;

  /**
   * Begins to look.
   * @param paths the files at that moment
   * @param changed called when they have changed and then stayed as they are for a turn, so that a pair of
   * which one file is written after the other is not taken apart; never while it is under way
   * @param interval how often to look, in milliseconds
   */
  constructor(
    paths: () => readonly string[],
    changed: () => Promise<void>,
    interval: number = INTERVAL,
  ) {
    this.#paths = paths;
    this.#changed = changed;
    this.#known = this.#last = this.#look();
    this.#timer = setInterval(() => this.#turn(), interval);
  }

  /** Takes the files as they are for known. */
  reset(): void {
    this.#known = this.#last = this.#look();
  }

  /** Ends it. */
  close(): void {
    clearInterval(this.#timer);
  }

  async #turn(): Promise<void> {
    const now = this.#look();
    const settled = now === this.#last;
    this.#last = now;
    if (!settled || now === this.#known || this.#busy) return;
    this.#known = now;
    this.#busy = true;
    try {
      await this.#changed();
    } finally {
      this.#busy = false;
    }
  }

  /** What tells one state of the files from another. */
  #look(): string {
    return this.#paths().map((path) => {
      try {
        const { mtime, size, ino } = Deno.statSync(path);
        return `${path} ${mtime?.getTime()} ${size} ${ino}`;
      } catch {
        // A file that cannot be looked at is as good as none.
        return path;
      }
    }).join("\n");
  }
}
