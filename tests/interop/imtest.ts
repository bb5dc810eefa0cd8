/**
 * imtest, which logs in by whatever Cyrus SASL knows and then says what it is told to.
 *
 * @module
 */

import { join } from "@std/path";
import { run, type RunResult } from "./process.ts";
import { unpack, type Unpacked } from "./unpacked.ts";

const PROGRAM = "usr/lib/cyrus/bin/imtest";
const LIBRARIES = `usr/lib/${Deno.build.arch}-linux-gnu`;

/** Unpacks it, without the server that it comes with. */
export function unpackImtest(): Promise<Unpacked> {
  return unpack({
    packages: [
      ...["cyrus-clients", "cyrus-common", "libsasl2-2"],
      ...["libsasl2-modules-otp", "libsasl2-modules-gssapi-mit"],
    ],
    programs: [PROGRAM],
    libraryPath: LIBRARIES,
    libraries: ["libpcre3"],
  });
}

/** How it logs in. */
export interface ImtestLogin {
  /** The port of IMAP. */
  readonly port: number;
  /** The mechanism. */
  readonly mechanism: string;
  /** The user. */
  readonly user: string;
  /** The password, where the mechanism wants one. */
  readonly password?: string;
  /** What it has in its environment beside its libraries. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Logs in and out. The exit status says nothing; `Authenticated.` in the output does. */
export async function imtest(
  root: string,
  { port, mechanism, user, password, env }: ImtestLogin,
): Promise<RunResult> {
  return await run(join(root, PROGRAM), [
    ...["-m", mechanism, "-u", user, "-a", user, "-p", `${port}`],
    ...(password === undefined ? [] : ["-w", password]),
    "localhost",
  ], {
    input: ". LOGOUT\r\n",
    mayFail: true,
    env: {
      ...env,
      LD_LIBRARY_PATH: join(root, LIBRARIES),
      SASL_PATH: join(root, LIBRARIES, "sasl2"),
    },
  });
}
