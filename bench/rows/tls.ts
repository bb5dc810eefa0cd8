/**
 * Whole messages and mixed work over TLS.
 *
 * @module
 */

import type { Row } from "../row.ts";
import { mixedWork } from "./mixed.ts";
import { fetchLarge } from "./append.ts";
import { wholeMessages } from "./fetch.ts";

/** What is measured over TCP too, over TLS. */
export const tlsRows: readonly Row[] = [
  {
    name: "TLS: FETCH 1:* BODY.PEEK[]",
    unit: "MB/s",
    runs: 5,
    measure: (bench) => bench.overTls(wholeMessages),
  },
  {
    name: "TLS: FETCH 5 MB",
    unit: "MB/s",
    runs: 5,
    measure: (bench) => bench.overTls(fetchLarge),
  },
  {
    name: "TLS: mixed work, 8 connections",
    unit: "/s",
    runs: 5,
    measure: (bench) => bench.overTls(mixedWork),
  },
];
