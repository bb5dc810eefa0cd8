/**
 * All that it takes to obtain a certificate: the account and its key, a place for the proofs, an order.
 *
 * @module
 */

import { dirname } from "@std/path";
import { exportPKCS8, generateKeyPair, importPKCS8 } from "jose";
import type { CertificatePair } from "../../options.ts";
import { readServerCertificate } from "../server_certificate.ts";
import { ACCOUNT_ALGORITHM, AcmeAccount, AcmeError } from "./account.ts";
import { ChallengeServer } from "./challenge_server.ts";
import { ACME_DEFAULTS, type AcmeOptions } from "./options.ts";
import { obtainCertificate } from "./order.ts";

/**
 * Obtains a certificate.
 * @param accountFile where the key of the account is kept, or will be
 * @param signal ends it
 * @throws {AcmeError} when the authority refuses, or leaves a host out
 * @throws {TypeError} when what it issues is no certificate, or not for the key
 */
export async function obtainByAcme(
  options: AcmeOptions,
  accountFile: string,
  signal: AbortSignal,
): Promise<CertificatePair> {
  const { domains, email, directoryCa } = options;
  const { directory, httpHostname, httpPort } = {
    ...ACME_DEFAULTS,
    ...options,
  };
  const key = await loadOrMakeKey(accountFile);
  using client = directoryCa === undefined ? undefined : Deno.createHttpClient({
    caCerts: [await Deno.readTextFile(directoryCa)],
  });
  const connection = { directory, signal, ...(client && { client }) };
  const account = await AcmeAccount.open(connection, key, email);
  await using challenges = new ChallengeServer(httpHostname, httpPort);
  const pair = await obtainCertificate(account, domains, challenges, signal);
  const { names } = readServerCertificate(pair, {});
  const missing = domains.find((name) => !names.includes(name.toLowerCase()));
  if (missing === undefined) return pair;
  throw new AcmeError(`The certificate is not for ${missing}`);
}

/** The key of the account, made where there is none. */
async function loadOrMakeKey(path: string): Promise<CryptoKey> {
  try {
    const pem = await Deno.readTextFile(path);
    return await importPKCS8(pem, ACCOUNT_ALGORITHM, { extractable: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  const options = { extractable: true };
  const { privateKey } = await generateKeyPair(ACCOUNT_ALGORITHM, options);
  await Deno.mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const pem = await exportPKCS8(privateKey);
  await Deno.writeTextFile(path, pem, { createNew: true, mode: 0o600 });
  return privateKey;
}
