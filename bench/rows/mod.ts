/**
 * All rows, in the order in which they are measured: what comes first finds the server's caches empty.
 *
 * @module
 */

import type { Row } from "../row.ts";
import { appendRows } from "./append.ts";
import { connectionRows } from "./connection.ts";
import { copyRows } from "./copy.ts";
import { fetchRows } from "./fetch.ts";
import { idleRows } from "./idle.ts";
import { lmtpRows } from "./lmtp.ts";
import { mailboxRows } from "./mailboxes.ts";
import { mixedRows } from "./mixed.ts";
import { searchRows } from "./search.ts";
import { selectRows } from "./select.ts";
import { sortRows } from "./sort.ts";
import { storeRows } from "./store.ts";
import { threadRows } from "./thread.ts";
import { tlsRows } from "./tls.ts";

/** Every row of the table. */
export const ALL_ROWS: readonly Row[] = [
  ...connectionRows,
  ...appendRows,
  ...selectRows,
  ...fetchRows,
  ...storeRows,
  ...mixedRows,
  ...searchRows,
  ...threadRows,
  ...sortRows,
  ...copyRows,
  ...mailboxRows,
  ...idleRows,
  ...tlsRows,
  ...lmtpRows,
];
