/**
 * What rules for clients look like in a configuration file.
 *
 * @module
 */

import { z } from "zod";
import { networksOf } from "./networks.ts";

const text = z.string("Expected text").min(1, "Expected some text");
const flag = z.boolean("Expected true or false");
const milliseconds = "Expected milliseconds, from 1 to 2147483647";
const fields = z.record(z.string(), text, "Expected names with texts");

function isNetwork(address: string): boolean {
  try {
    networksOf([address]);
    return true;
  } catch {
    return false;
  }
}

/** The key `quirks`: a list of rules as the option of that name has them, without regular expressions. */
export const quirksSchema: z.ZodType = z.array(
  z.strictObject({
    match: z.strictObject({
      id: fields.optional(),
      address: text.refine(isNetwork, "Expected an address or a network")
        .optional(),
    }, "Expected id, address or both"),
    hide: z.array(text, "Expected a list of names").optional(),
    capabilitiesUnasked: flag.optional(),
    specialUse: flag.optional(),
    keepAlive: z.int(milliseconds).min(1, milliseconds)
      .max(2 ** 31 - 1, milliseconds).optional(),
    greeting: text.optional(),
    id: fields.optional(),
  }, "Expected a mapping"),
  "Expected a list of rules",
);

/** The key as the sample shows it, as a comment. */
export const QUIRKS_SAMPLE: readonly string[] = [
  "# Rules for clients that need to be treated differently: those that say so of themselves by ID",
  "# (* stands for anything), or that come from an address or a network. Where several match,",
  "# hidden capabilities add up, and of anything else the last one counts. keepAlive is how often",
  "# IDLE says that the connection is alive, in milliseconds.",
  "# quirks:",
  '#   - { match: { id: { name: "*outlook*" } }, hide: [IDLE], specialUse: false }',
  "#   - { match: { address: 192.0.2.0/24 }, keepAlive: 120000, capabilitiesUnasked: false }",
  "#   - match: {}",
  "#     greeting: ready",
  "#     id: { name: imapd }",
];
