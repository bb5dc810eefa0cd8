/**
 * I18NLEVEL=1: RFC 5255 § 4. Strings are compared by i;unicode-casemap, which `unicode_casemap.ts` is.
 *
 * @module
 */

import type { Extension } from "../extension.ts";

/** I18NLEVEL=1. */
export const i18nLevelExtension: Extension = {
  capabilities: ({ authenticated }) => authenticated ? ["I18NLEVEL=1"] : [],
  documents: { "I18NLEVEL=1": "5255" },
};
