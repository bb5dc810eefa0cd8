/**
 * The library that makes certificates, loaded when one is to be made: most servers are given theirs.
 *
 * @module
 */

/** Loads it. */
export async function loadX509(): Promise<typeof import("@peculiar/x509")> {
  // tsyringe, inside @peculiar/x509, wants its polyfill loaded first.
  await import("reflect-metadata");
  return await import("@peculiar/x509");
}
