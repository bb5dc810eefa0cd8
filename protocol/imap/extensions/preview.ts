/**
 * PREVIEW: RFC 8970. How the text of a message begins.
 *
 * Previews are in the summaries. Where one is not, because the message came before there were any, it is made of the
 * source, unless the client wants only what is at hand.
 *
 * @module
 */

import { Bad } from "../errors.ts";
import type { Extension } from "../extension.ts";
import type { FetchAttribute } from "../fetch/attribute.ts";

/** PREVIEW, or PREVIEW (LAZY), which are one item in the answer. */
function previewAttribute(lazy: boolean): FetchAttribute {
  return {
    name: "PREVIEW",
    needs: "summary",
    prevails: !lazy,
    suffices: ({ preview }) => lazy || preview !== undefined,
    // msg-att-dynamic =/ "PREVIEW" SP nstring
    write({ session: { out }, summary }) {
      out.text("PREVIEW ").nstring(summary.preview ?? null);
    },
  };
}

const PREVIEW = previewAttribute(false);
const LAZY = previewAttribute(true);

/** PREVIEW. */
export const previewExtension: Extension = {
  capabilities: () => ["PREVIEW"],
  documents: { PREVIEW: "8970" },
  fetchItems: [{
    name: "PREVIEW",
    // fetch-att   =/ "PREVIEW" [SP "(" preview-mod *(SP preview-mod) ")"]
    // preview-mod =  "LAZY"
    parse(d) {
      // Else the list is one of modifiers of FETCH (RFC 4466 § 2.4).
      if (!d.comesNext(" (LAZY")) return PREVIEW;
      d.sp().nonEmptyList(() => {
        if (d.tryKeyword("LAZY") === undefined) {
          throw new Bad("Expected LAZY");
        }
      });
      return LAZY;
    },
  }],
};
