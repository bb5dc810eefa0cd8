/**
 * What a program consists of, as `deno info --json` tells it.
 *
 * @module
 */

interface Dependency {
  readonly specifier: string;
  /** Where the import leads at run time; absent for one of types alone. */
  readonly code?: { readonly specifier?: string };
  readonly isDynamic?: boolean;
}

interface Module {
  readonly specifier: string;
  readonly error?: string;
  readonly dependencies?: readonly Dependency[];
}

interface Info {
  readonly roots: readonly string[];
  readonly redirects: Readonly<Record<string, string>>;
  readonly modules: readonly Module[];
  readonly npmPackages: Readonly<Record<string, NpmPackage>>;
}

/** A package of npm. */
export interface NpmPackage {
  /** Its name. */
  readonly name: string;
  /** Where it is on this machine, if it is. */
  readonly localPath: string;
}

/** The graph of one entry. */
export interface ModuleGraph {
  /** The modules by their URLs, from the entry on: those that may run, not those that have types alone. */
  readonly modules: ReadonlyMap<string, readonly Dependency[]>;
  /** The packages of npm that they use. */
  readonly npmPackages: readonly NpmPackage[];
}

/**
 * Reads the output of `deno info --json`. An import that is computed is not in it, and nothing that a
 * computed import alone leads to.
 * @throws {Error} when a module of it is not to be had
 */
export function readGraph(json: string): ModuleGraph {
  const { roots, redirects, modules, npmPackages } = JSON.parse(json) as Info;
  const known = new Map(modules.map((module) => [module.specifier, module]));
  const reached = new Map<string, readonly Dependency[]>();
  const waiting = [...roots];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const specifier = redirects[next] ?? next;
    const module = known.get(specifier);
    if (module?.error !== undefined) throw new Error(module.error);
    if (module === undefined || reached.has(specifier)) continue;
    const dependencies = module.dependencies ?? [];
    reached.set(specifier, dependencies);
    for (const { code } of dependencies) {
      if (code?.specifier !== undefined) waiting.push(code.specifier);
    }
  }
  return { modules: reached, npmPackages: Object.values(npmPackages) };
}
