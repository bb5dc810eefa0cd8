/**
 * A client that says all it has to say at once, and hears all until the server hangs up.
 *
 * @module
 */

const encoder = new TextEncoder();

/** Says lines, hears everything. The last line should end the session. */
export async function talk(
  port: number,
  ...lines: readonly string[]
): Promise<string> {
  const conn = await Deno.connect({ port });
  await conn.write(encoder.encode(lines.join("\r\n") + "\r\n"));
  return await new Response(conn.readable).text();
}

/** The base64 of a text in UTF-8. */
export function base64(text: string): string {
  return encoder.encode(text).toBase64();
}

/** The texts of the challenges that came: lines with a plus. */
export function challenges(heard: string): string[] {
  return [...heard.matchAll(/^\+ (\S*)\r$/gm)].map(([, text]) =>
    new TextDecoder().decode(Uint8Array.fromBase64(text!))
  );
}

/** The lines with a tag, or the status lines of POP3. */
export function answers(heard: string, pattern = /^[a-z] .*$/): string[] {
  return heard.split("\r\n").filter((line) => pattern.test(line));
}
