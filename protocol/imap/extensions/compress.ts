/**
 * COMPRESS=DEFLATE: RFC 4978.
 *
 * @module
 */

import type { Command } from "../command.ts";
import { Bad, No } from "../errors.ts";
import type { Extension } from "../extension.ts";

// compress = "COMPRESS" SP algorithm
const compress: Command<void> = {
  name: "COMPRESS",
  state: "authenticated",

  parse(d) {
    if (d.sp().atom().toUpperCase() !== "DEFLATE") {
      throw new Bad("DEFLATE is what can be had");
    }
  },

  execute(session) {
    // TLS never compresses here: what there can be is a COMPRESS before.
    if (session.wire.compressed) {
      throw new No("COMPRESSIONACTIVE", "DEFLATE active via COMPRESS");
    }
    session.next = "compress";
    return { text: "DEFLATE active" };
  },
};

/** COMPRESS. */
export const compressExtension: Extension = {
  capabilities: ({ authenticated }) =>
    authenticated ? ["COMPRESS=DEFLATE"] : [],
  documents: { "COMPRESS=DEFLATE": "4978" },
  commands: [compress],
};
