/**
 * A package registry on loopback that speaks with `deno` as JSR does: it takes what `deno publish` uploads, and
 * serves it to `jsr:` imports. `JSR_URL` leads `deno` to it.
 *
 * What it serves is the registry API of JSR's documentation. Of the management API there is what
 * `deno publish` asks.
 *
 * @module
 */

import { join } from "@std/path";

/** One version of a package. */
export interface PublishedPackage {
  /** Its name with the scope, such as `@std/path`. */
  readonly name: string;
  /** Its version. */
  readonly version: string;
  /** Its entries, by their names: `.` and `./name`. */
  readonly exports: Readonly<Record<string, string>>;
  /** Its files by their paths, which begin with a slash. */
  readonly files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
}

const PACKAGE_API = new URLPattern({
  pathname: "/api/scopes/:scope/packages/:name{/versions/:version}?",
});
const PACKAGE_FILE = new URLPattern({ pathname: "/@:scope/:name/:file+" });

/** See the module's text. */
export class Registry implements AsyncDisposable {
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #packages = new Map<string, PublishedPackage>();

  /** Listens on a free port, with packages that are there already. */
  constructor(packages: readonly PublishedPackage[] = []) {
    for (const each of packages) this.#packages.set(each.name, each);
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      (request) => this.#answer(request),
    );
  }

  /** What `JSR_URL` has to be. */
  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}/`;
  }

  /** What was published under a name. */
  package(name: string): PublishedPackage | undefined {
    return this.#packages.get(name);
  }

  /** Stops; what was served from here is not to be had any more. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }

  async #answer(request: Request): Promise<Response> {
    const api = PACKAGE_API.exec(request.url)?.pathname.groups;
    if (api !== undefined) {
      const { scope, name, version } = api;
      if (request.method === "POST" && version !== undefined) {
        return await this.#publish(`@${scope}/${name}`, version, request);
      }
      // Every package may be published, and no version is there yet.
      return version === undefined
        ? Response.json({ scope, name })
        : Response.json({ code: "notFound", message: "No such version" }, {
          status: 404,
        });
    }
    const path = PACKAGE_FILE.exec(request.url)?.pathname.groups;
    const known = this.#packages.get(`@${path?.scope}/${path?.name}`);
    const answer = known && await serveFile(known, path!.file!);
    return answer ?? new Response("Not found", { status: 404 });
  }

  async #publish(
    name: string,
    version: string,
    request: Request,
  ): Promise<Response> {
    const files = await unpack(request.body!);
    const config = new URL(request.url).searchParams.get("config")!;
    const { exports } = JSON.parse(
      new TextDecoder().decode(files.get(config)),
    );
    this.#packages.set(name, { name, version, exports, files });
    return Response.json({ id: "1", status: "success", error: null });
  }
}

async function serveFile(
  { name, version, exports, files }: PublishedPackage,
  file: string,
): Promise<Response | undefined> {
  if (file === "meta.json") {
    const [scope, bare] = name.slice(1).split("/");
    const versions = { [version]: {} };
    return Response.json({ scope, name: bare, latest: version, versions });
  }
  if (file === `${version}_meta.json`) {
    const manifest: Record<string, unknown> = {};
    for (const [path, bytes] of files) {
      const digest = await crypto.subtle.digest("SHA-256", bytes);
      const checksum = `sha256-${new Uint8Array(digest).toHex()}`;
      manifest[path] = { size: bytes.length, checksum };
    }
    return Response.json({ exports, manifest });
  }
  if (!file.startsWith(`${version}/`)) return undefined;
  const bytes = files.get(file.slice(version.length));
  if (bytes === undefined) return undefined;
  const type = file.endsWith(".json")
    ? "application/json"
    : file.endsWith(".ts")
    ? "text/typescript"
    : "text/plain";
  return new Response(bytes, { headers: { "content-type": type } });
}

/** The files of a compressed tar archive, which the system's `tar` understands. */
async function unpack(
  archive: ReadableStream<Uint8Array>,
): Promise<Map<string, Uint8Array<ArrayBuffer>>> {
  const dir = await Deno.makeTempDir();
  try {
    const tar = new Deno.Command("tar", {
      args: ["-xzf", "-", "-C", dir],
      stdin: "piped",
    }).spawn();
    await archive.pipeTo(tar.stdin);
    if (!(await tar.status).success) throw new Error("The archive is broken");
    const files = new Map<string, Uint8Array<ArrayBuffer>>();
    await readFiles(dir, "", files);
    return files;
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

async function readFiles(
  root: string,
  folder: string,
  files: Map<string, Uint8Array<ArrayBuffer>>,
): Promise<void> {
  for await (const { name, isDirectory } of Deno.readDir(join(root, folder))) {
    const path = `${folder}/${name}`;
    if (isDirectory) await readFiles(root, path, files);
    else files.set(path, await Deno.readFile(join(root, path)));
  }
}
