/**
 * Users in a file, as Dovecot's passwd-file has them, a line each:
 *
 * `name:{SCHEME}hash:uid:gid:gecos:home:shell:extra fields`
 *
 * Name and hash count, and of the extra fields those that keep somebody from logging in: `nologin`, and the ones that
 * this server cannot go by (`allow_nets`, `allow_real_nets`, `proxy`, `proxy_maybe`), since to go past them would let
 * in whom they are to keep out. A line without password is a user who cannot log in. Empty lines and those that begin
 * with `#` are passed over.
 *
 * The file is read again when it has changed, which is looked at before a user is looked up, once a second at the
 * most. Whoever writes it had better put a new one in its place (`mv`).
 *
 * @module
 */

import type { ScramHash } from "../protocol/sasl/server.ts";
import { logger } from "./log.ts";
import { parsePasswordRecord, plainPasswordOf } from "./password_record.ts";
import { scramRecordOf } from "./scram_record.ts";
import {
  type KnownUser,
  prepareUserName,
  SCRAM_HASHES,
  type UserStore,
} from "./users.ts";

/** How a {@linkcode PasswdFile} is read. */
export interface PasswdFileOptions {
  /** Whether user names compare without case. Default false. */
  readonly caseInsensitive?: boolean;
  /** How long the file is taken as unchanged, in milliseconds. Default 1,000. */
  readonly interval?: number;
  /** How many lines there may be. Default 1,000,000. */
  readonly maxLines?: number;
  /** How many bytes the file may have. Default 64 MiB. */
  readonly maxSize?: number;
}

/** By what it is known whether the file has changed. */
interface Stamp {
  readonly size: number;
  readonly inode: number | null;
  readonly modified: number;
}

/** A longer line is none, in characters. */
const MAX_LINE = 4_096;
/** After so many lines others have their turn. */
const LINES_AT_ONCE = 2_000;
/** The log names so many users whose password cannot be read. */
const MAX_TOLD = 1_000;
/** So many hashes stand for all. */
const SAMPLE = 100;
/** A file that was changed so shortly before it was read may have been changed again since, in milliseconds. */
const YOUNG = 2_000;

const HINDRANCES =
  /^(nologin|allow_nets|allow_real_nets|proxy|proxy_maybe)(=|$)/;

/**
 * See the module's text.
 *
 * ```ts
 * import { PasswdFile, serve } from "@x/imapd";
 *
 * const path = await Deno.makeTempFile();
 * await Deno.writeTextFile(path, "alice:{PLAIN}secret\n");
 * await using server = serve({
 *   port: 0,
 *   users: await PasswdFile.open(path),
 * });
 * console.log(server.addr.port);
 * await Deno.remove(path);
 * ```
 */
export class PasswdFile implements UserStore {
  /** See {@linkcode UserStore.hashed}. */
  readonly hashed = true;
  /** See {@linkcode UserStore.scram}. */
  get scram(): ReadonlySet<ScramHash> {
    return this.#scram;
  }
  readonly #path: string;
  readonly #caseInsensitive: boolean;
  readonly #interval: number;
  readonly #maxLines: number;
  readonly #maxSize: number;
  /** What stands behind the name, by name. */
  #lines: ReadonlyMap<string, string> = new Map();
  #scram: ReadonlySet<ScramHash> = new Set();
  #stamp: Stamp | undefined;
  /** Whether the file may have changed while it was read, without showing it. */
  #young = false;
  /** Users of whom the log has said that their password cannot be read. */
  readonly #told = new Set<string>();
  #lookedAt = -Infinity;
  #looking: Promise<void> | undefined;
  /** Why the file could not be read when it was tried last. */
  #failure: string | undefined;

  private constructor(path: string, options: PasswdFileOptions) {
    this.#path = path;
    this.#caseInsensitive = options.caseInsensitive ?? false;
    this.#interval = options.interval ?? 1_000;
    this.#maxLines = options.maxLines ?? 1_000_000;
    this.#maxSize = options.maxSize ?? 64 * 1_048_576;
  }

  /**
   * Reads a file.
   * @throws when it cannot be read
   * @throws {RangeError} when it is too long
   */
  static async open(
    path: string,
    options: PasswdFileOptions = {},
  ): Promise<PasswdFile> {
    const file = new PasswdFile(path, options);
    await file.#look();
    file.#lookedAt = performance.now();
    return file;
  }

  /** How many users there are. */
  get size(): number {
    return this.#lines.size;
  }

  /** See {@linkcode UserStore.get}. */
  async get(name: string): Promise<KnownUser | undefined> {
    await this.#refresh();
    const line = this.#lines.get(name);
    if (line === undefined) return undefined;
    const user = userOf(name, line);
    if (user.disabled && !isHindered(line)) this.#warn(name);
    return user;
  }

  /** See {@linkcode UserStore.sample}. */
  async sample(): Promise<readonly string[]> {
    await this.#refresh();
    const step = Math.max(1, Math.floor(this.#lines.size / SAMPLE));
    const sample: string[] = [];
    let index = 0;
    for (const [name, line] of this.#lines) {
      if (index++ % step !== 0 || sample.length === SAMPLE) continue;
      const { passwordHash } = userOf(name, line);
      if (passwordHash !== undefined) sample.push(passwordHash);
    }
    return sample;
  }

  /** Reads the file again if it has changed. One that cannot be read leaves the users as they were. */
  async #refresh(): Promise<void> {
    const now = performance.now();
    if (this.#looking === undefined) {
      if (now - this.#lookedAt < this.#interval) return;
      this.#lookedAt = now;
      this.#looking = this.#look().then(
        () => this.#failure = undefined,
        (error) => this.#report(error),
      ).then(() => this.#looking = undefined);
    }
    await this.#looking;
  }

  async #look(): Promise<void> {
    const stamp = await this.#stampNow();
    const same = isSame(stamp, this.#stamp);
    if (same && !this.#young) return;
    if (stamp.size > this.#maxSize) {
      throw new RangeError(`${this.#path} has too many bytes`);
    }
    const readAt = Date.now();
    const text = await Deno.readTextFile(this.#path);
    this.#lines = await this.#linesOf(text, same);
    this.#stamp = stamp;
    this.#young = Math.abs(readAt - stamp.modified) < YOUNG;
    if (!same) this.#told.clear();
  }

  async #stampNow(): Promise<Stamp> {
    const { size, ino, mtime } = await Deno.stat(this.#path);
    return { size, inode: ino, modified: mtime?.getTime() ?? 0 };
  }

  /** @param quiet whether what is wrong has been told before */
  async #linesOf(
    text: string,
    quiet: boolean,
  ): Promise<ReadonlyMap<string, string>> {
    const lines = new Map<string, string>();
    const scram = new Set(SCRAM_HASHES);
    const wrong = { lines: 0, first: 0 };
    let number = 0;
    // Some editors begin a file with a byte order mark.
    for (let at = text.startsWith("\ufeff") ? 1 : 0; at < text.length;) {
      const newline = text.indexOf("\n", at);
      const end = newline < 0 ? text.length : newline;
      if (++number > this.#maxLines) {
        throw new RangeError(`${this.#path} has too many lines`);
      }
      if (!this.#addLine(lines, text, at, end, scram)) {
        wrong.first ||= number;
        wrong.lines++;
      }
      at = end + 1;
      if (number % LINES_AT_ONCE === 0) await nextTurn();
    }
    if (wrong.lines > 0 && !quiet) {
      logger("users").warn("lines of the passwd-file are no users", {
        path: this.#path,
        ...wrong,
      });
    }
    this.#scram = scram;
    return lines;
  }

  /**
   * Adds the user of a line; false where it is none, or one that was there before.
   * @param scram what all users so far can log in by
   */
  #addLine(
    lines: Map<string, string>,
    text: string,
    start: number,
    end: number,
    scram: Set<ScramHash>,
  ): boolean {
    if (end - start > MAX_LINE) return false;
    const line = text.slice(start, end).trimEnd();
    if (line === "" || line.startsWith("#")) return true;
    const colon = line.indexOf(":");
    const given = colon < 0 ? line : line.slice(0, colon);
    const name = prepareUserName(given, this.#caseInsensitive);
    if (name === undefined || lines.has(name)) return false;
    const rest = colon < 0 ? "" : line.slice(colon + 1);
    lines.set(name, rest);
    if (scram.size > 0) keepThoseOf(userOf(name, rest), scram);
    return true;
  }

  /** Says once that a password is none that is understood; of so many users, so that it stays bounded. */
  #warn(user: string): void {
    if (this.#told.has(user) || this.#told.size >= MAX_TOLD) return;
    this.#told.add(user);
    logger("users").warn("a password in the passwd-file cannot be read", {
      path: this.#path,
      user,
    });
  }

  #report(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    if (reason === this.#failure) return;
    this.#failure = reason;
    logger("users").error(
      "the passwd-file cannot be read, its users stay as they were",
      { path: this.#path, reason },
    );
  }
}

/** A user by what stands behind the name. */
function userOf(name: string, line: string): KnownUser {
  const password = passwordOf(line);
  if (isHindered(line)) return { name, disabled: true };
  const plain = plainPasswordOf(password);
  if (plain !== undefined) return { name, password: plain };
  return parsePasswordRecord(password) === undefined
    ? { name, disabled: true }
    : { name, passwordHash: password };
}

/** Leaves those hash functions of SCRAM by which a user can log in, if the user can at all. */
function keepThoseOf(user: KnownUser, scram: Set<ScramHash>): void {
  if (user.disabled === true || user.password !== undefined) return;
  for (const hash of scram) {
    if (scramRecordOf(user, hash) === undefined) scram.delete(hash);
  }
}

function passwordOf(line: string): string {
  return line.split(":", 1)[0]!;
}

/** Whether somebody is meant not to log in. */
function isHindered(line: string): boolean {
  if (passwordOf(line) === "") return true;
  // Values of extra fields may have colons.
  const extra = line.split(":").slice(6).join(":");
  return extra.split(/[ \t]+/).some((field) => HINDRANCES.test(field));
}

function isSame(a: Stamp, b: Stamp | undefined): boolean {
  return a.size === b?.size && a.inode === b.inode &&
    a.modified === b.modified;
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}
