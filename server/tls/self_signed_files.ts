/**
 * Where the self-signed certificate of a server is kept.
 *
 * @module
 */

import { dirname } from "@std/path";
import type { CertificatePair } from "../options.ts";

/**
 * Reads the pair from its two files, or makes one and writes them; the key can be read by its owner alone.
 * @param names host names for a certificate that has to be made
 * @throws when only one of the files is there, or one cannot be read or written
 */
export async function loadOrMakeCertificate(
  certPath: string,
  keyPath: string,
  names: readonly string[] = [],
): Promise<CertificatePair> {
  const [cert, key] = [await readText(certPath), await readText(keyPath)];
  if (cert !== undefined && key !== undefined) return { cert, key };
  if (cert !== undefined || key !== undefined) {
    const [there, missing] = cert !== undefined
      ? [certPath, keyPath]
      : [keyPath, certPath];
    throw new Error(`${there} is there but ${missing} is not`);
  }
  // Loaded here: it is large, and needed once in the life of a database.
  const { makeCertificate } = await import("./self_signed.ts");
  const made = await makeCertificate(names);
  for (const path of [keyPath, certPath]) {
    await Deno.mkdir(dirname(path), { recursive: true, mode: 0o700 });
  }
  await Deno.writeTextFile(keyPath, made.key, { mode: 0o600, createNew: true });
  await Deno.writeTextFile(certPath, made.cert, { createNew: true });
  return made;
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
