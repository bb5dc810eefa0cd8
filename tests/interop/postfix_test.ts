/**
 * Postfix delivers.
 *
 * @module
 */

import { mtaTests } from "./mta_tests.ts";
import { postfix } from "./postfix.ts";

await mtaTests(await postfix());
