/**
 * A server for tests of logging in: run in this process, so that every mechanism can be asked for.
 *
 * @module
 */

import { join } from "@std/path";
import { serve, type ServeOptions } from "../../server/mod.ts";
import type { ListenerKind } from "../../server/options.ts";
import { testCertificate } from "../../testing/certificate.ts";
import { missing, type Need } from "./packages.ts";
import { SERVER, type Transport } from "./server.ts";

/** A running server whose user is alice, with the password `secret`. */
export interface SaslMailServer {
  /** The port of each kind of listener. */
  readonly ports: Readonly<
    Record<"imap" | "imaps" | "pop3" | "pop3s" | "lmtp", number>
  >;
  /** The certificate that it shows, for 127.0.0.1 and localhost; a PEM file. */
  readonly certificate: string;
  /** A directory for the test's own files; removed afterwards. */
  readonly directory: string;
  /** What has been said in both directions, secrets masked, and the mechanisms of logins that have come about. */
  readonly said: string[];
}

const KINDS = [
  ...["imap", "imaps", "pop3", "pop3s", "lmtp"] as const,
] satisfies ListenerKind[];

/** What such a server is told beside what all of them are. */
export type SaslMailOptions =
  & Pick<ServeOptions, "users" | "sasl" | "delivery">
  & {
    /** Who issues certificates to clients, in PEM. Default: nobody is asked for one. */
    readonly clientCa?: string;
  };

/** Defines a test that gets such a server. */
export async function saslTest(
  name: string,
  needs: readonly Need[],
  options: SaslMailOptions,
  body: (server: SaslMailServer) => Promise<void>,
): Promise<void> {
  const absent = await missing(needs);
  const reasons = absent.map((need) => `needs ${need.package}`);
  if (SERVER !== "imapd") reasons.push("is for imapd alone");
  Deno.test({
    name: [name, ...reasons].join(": "),
    ignore: reasons.length > 0,
    fn: () => withServer(options, body),
  });
}

async function withServer(
  options: SaslMailOptions,
  body: (server: SaslMailServer) => Promise<void>,
): Promise<void> {
  const directory = await Deno.makeTempDir({ prefix: "imapd-interop-" });
  const said: string[] = [];
  try {
    const { clientCa, ...more } = options;
    const tls = {
      ...await testCertificate(),
      ...(clientCa === undefined ? {} : { clientCa }),
    };
    const certificate = join(directory, "cert.pem");
    await Deno.writeTextFile(certificate, tls.cert);
    await using server = serve({
      listeners: KINDS.map((kind) => ({ kind, port: 0 })),
      users: { alice: "secret" },
      tls,
      limits: { failedLoginDelay: 0 },
      callbacks: {
        async login(event, next) {
          said.push(`login ${event.mechanism}`);
          return await next(event);
        },
      },
      trace: (_, way, line) => said.push(`${way}: ${line}`),
      ...more,
    });
    const ports = Object.fromEntries(
      server.addrs.map(({ kind, port }) => [kind, port]),
    ) as SaslMailServer["ports"];
    try {
      await body({ ports, certificate, directory, said });
    } catch (error) {
      console.error(`--- what was said\n${said.join("\n")}\n---`);
      throw error;
    }
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** The port at which a protocol is spoken over a transport. */
export function portOf(
  { ports }: SaslMailServer,
  protocol: "imap" | "pop3",
  transport: Transport,
): number {
  return ports[transport === "tls" ? `${protocol}s` as const : protocol];
}
