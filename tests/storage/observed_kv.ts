/**
 * A database that counts what is asked of it, and fails when it is told to.
 *
 * @module
 */

/** What becomes of a commit: it is done, its checks fail, or it throws before or after it is done. */
export type Fate = "done" | "conflict" | { readonly before: Error } | {
  readonly after: Error;
};

/** See the module's text. */
export class ObservedKv {
  /** Reads: each `get`, `getMany`, and each `list` for every 100 values. */
  reads = 0;
  /** Commits that were tried. */
  commits = 0;
  /** The most checks and mutations that a commit had. */
  readonly most = { checks: 0, mutations: 0 };
  /** Decides the fate of a commit, given the keys that it writes. */
  fate: (keys: readonly Deno.KvKey[]) => Fate | Promise<Fate> = () => "done";
  /** The database, to be given to a storage. */
  readonly kv: Deno.Kv;

  /** Observes a database. */
  constructor(readonly inner: Deno.Kv) {
    const observed: Partial<Deno.Kv> = {
      get: ((...args: Parameters<Deno.Kv["get"]>) => {
        this.reads++;
        return inner.get(...args);
      }) as Deno.Kv["get"],
      getMany: ((...args: Parameters<Deno.Kv["getMany"]>) => {
        this.reads++;
        return inner.getMany(...args);
      }) as Deno.Kv["getMany"],
      list:
        ((...args: Parameters<Deno.Kv["list"]>) =>
          this.#list(inner.list(...args))) as unknown as Deno.Kv["list"],
      watch: inner.watch.bind(inner),
      set: inner.set.bind(inner),
      delete: inner.delete.bind(inner),
      close: () => inner.close(),
      atomic: () => this.#atomic(),
    };
    this.kv = observed as Deno.Kv;
  }

  /** Sets the counts to nought. */
  reset(): void {
    this.reads = 0;
    this.commits = 0;
  }

  async *#list<T>(entries: AsyncIterable<T>): AsyncGenerator<T> {
    this.reads++;
    let values = 0;
    for await (const entry of entries) {
      if (++values % 100 === 0) this.reads++;
      yield entry;
    }
  }

  #atomic(): Deno.AtomicOperation {
    const operation = this.inner.atomic();
    const keys: Deno.KvKey[] = [];
    let checks = 0;
    const wrapped: Partial<Deno.AtomicOperation> = {
      check: (...list) => {
        checks += list.length;
        operation.check(...list);
        return wrapped as Deno.AtomicOperation;
      },
      set: (key, value) => {
        keys.push(key);
        operation.set(key, value);
        return wrapped as Deno.AtomicOperation;
      },
      delete: (key) => {
        keys.push(key);
        operation.delete(key);
        return wrapped as Deno.AtomicOperation;
      },
      commit: async () => {
        this.commits++;
        this.most.checks = Math.max(this.most.checks, checks);
        this.most.mutations = Math.max(this.most.mutations, keys.length);
        const fate = await this.fate(keys);
        if (fate === "conflict") return { ok: false };
        if (fate === "done") return await operation.commit();
        if ("before" in fate) throw fate.before;
        await operation.commit();
        throw fate.after;
      },
    };
    return wrapped as Deno.AtomicOperation;
  }
}
