/**
 * Checks what is written down of how large sources in files are: of a smaller one nobody would look for its file.
 *
 * @module
 */

import { smallestOf } from "../body_files.ts";
import { BODY_FILES } from "../keys.ts";
import type { CheckContext } from "./context.ts";

/**
 * See the module's text.
 * @param smallest the smallest source that is in a file
 */
export async function checkSmallest(
  { kv, repair, found, writer }: CheckContext,
  smallest: number,
): Promise<void> {
  const said = await smallestOf(kv).catch(() => NaN);
  if (said === undefined) return;
  if (said <= smallest) return;
  found({
    kind: "value",
    where: "sizes of files",
    what: Number.isNaN(said)
      ? "it cannot be read which sources may be in files"
      : `sources in files have ${said} bytes or more, though one has ${smallest}`,
    repair: "removed it: all are looked for",
  });
  if (!repair) return;
  await writer.write(BODY_FILES, null);
  await writer.flush();
}
