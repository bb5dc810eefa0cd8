/**
 * EXTERNAL: RFC 4422 appendix A. The client is whoever the certificate is for that it has shown in the handshake of
 * TLS.
 *
 * @module
 */

import type { Exchange, Step } from "./exchange.ts";
import type { Mechanism, SaslServer } from "./server.ts";

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** More bytes than this no name has. */
const MAX_LENGTH = 1_020;

/** EXTERNAL. */
export const external: Mechanism = {
  name: "EXTERNAL",
  isOffered: ({ backend, clientCertificate }) =>
    clientCertificate !== undefined && backend?.certificate !== undefined &&
    backend.mechanisms.has("EXTERNAL"),
  begin,
};

// external-initial-resp = authz-id-string
// authz-id-string       = *( UTF8-char-no-nul )
function begin({ backend, clientCertificate }: SaslServer): Exchange {
  return {
    async next(response): Promise<Step> {
      if (response === undefined) {
        return { type: "challenge", bytes: new Uint8Array(0) };
      }
      const authzid = textOf(response);
      if (authzid === undefined) {
        return { type: "failure", text: "The response is no user name" };
      }
      const identity = await backend!.certificate!(clientCertificate!, authzid);
      return identity === undefined
        ? { type: "rejection", user: authzid || undefined }
        : { type: "success", identity };
    },
  };
}

function textOf(response: Uint8Array): string | undefined {
  if (response.length > MAX_LENGTH || response.includes(0)) return undefined;
  try {
    return UTF8.decode(response);
  } catch {
    return undefined;
  }
}
