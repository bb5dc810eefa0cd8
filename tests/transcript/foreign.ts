/**
 * Another server than ours, against which transcripts prove that they ask for what the RFCs say.
 *
 * - `TRANSCRIPT_SERVER`: its address, `host:port`, without TLS; users alice and bob, password secret
 * - `TRANSCRIPT_NAME`: what scripts call it where they say `not:`; `dovecot` by default
 * - `TRANSCRIPT_RESET`: a shell command that removes all mail, run before each script
 *
 * @module
 */

/** A server that is there already. */
export interface ForeignServer {
  /** What scripts call it. */
  readonly name: string;
  /** Opens a connection. */
  connect(): Promise<Deno.Conn>;
  /** Removes all mail. */
  reset(): Promise<void>;
}

/** The server that the environment names, if any. */
export function foreignServer(): ForeignServer | undefined {
  const address = Deno.env.get("TRANSCRIPT_SERVER");
  if (address === undefined) return undefined;
  const [hostname, port] = address.split(":");
  const command = Deno.env.get("TRANSCRIPT_RESET");
  return {
    name: Deno.env.get("TRANSCRIPT_NAME") ?? "dovecot",
    connect: () =>
      Deno.connect({ hostname: hostname!, port: Number(port ?? 143) }),
    async reset() {
      if (command === undefined) return;
      const { success } = await new Deno.Command("sh", {
        args: ["-c", command],
      }).output();
      if (!success) throw new Error(`Failed: ${command}`);
    },
  };
}
