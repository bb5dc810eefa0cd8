/**
 * Exim delivers.
 *
 * @module
 */

import { exim } from "./exim.ts";
import { mtaTests } from "./mta_tests.ts";

await mtaTests(await exim());
