/**
 * What the settings of Kerberos look like in a configuration file, of version 5 and of version 4.
 *
 * @module
 */

import { z } from "zod";
import type { SaslOptions } from "./mod.ts";

const text = z.string("Expected text").min(1, "Expected some text");
const texts = z.array(text, "Expected a list of names");
const service = z.union([text, texts], "Expected a name or a list of names");

/** The keys that go into `sasl`. */
export const KERBEROS_SHAPE: Readonly<Record<string, z.ZodType>> = {
  gssapi: z.strictObject({
    keytab: text.optional(),
    service: service.optional(),
    hostname: text.optional(),
    realms: texts.optional(),
    library: text.optional(),
  }, "Expected a mapping").optional(),
  kerberosV4: z.strictObject({
    srvtab: text,
    service: service.optional(),
    instance: text.optional(),
    realms: texts.optional(),
  }, "Expected a mapping").optional(),
};

/** The keys as the sample shows them, as a comment. */
export const KERBEROS_SAMPLE: readonly string[] = [
  "#   # OTP, and SKEY for series with the hash md4: one-time passwords, of users who were given some",
  "#   # by imapd user otp. Off unless named in mechanisms. They rest on MD4, MD5 or SHA-1, folded to",
  "#   # 64 bits.",
  "#   # GSSAPI: tickets of Kerberos 5. It needs --allow-ffi for the system's libgssapi_krb5.so.2.",
  "#   # Users are the principals of the realm of the service, or of those named here.",
  "#   gssapi:",
  "#     keytab: /etc/krb5.keytab",
  "#     service: [imap, pop]",
  "#     hostname: mail.example.com",
  "#     realms: [EXAMPLE.COM]",
  "#   # KERBEROS_V4: tickets of Kerberos 4. They rest on single DES, which has been broken for long.",
  "#   kerberosV4: { srvtab: /etc/srvtab }",
];

/** The settings with their paths resolved. */
export function withKerberosPaths(
  sasl: SaslOptions,
  resolve: (path: string) => string,
): SaslOptions {
  const { gssapi, kerberosV4 } = sasl;
  return {
    ...sasl,
    ...(gssapi?.keytab === undefined
      ? {}
      : { gssapi: { ...gssapi, keytab: keytabFrom(gssapi.keytab, resolve) } }),
    ...(kerberosV4 === undefined ? {} : {
      kerberosV4: { ...kerberosV4, srvtab: resolve(kerberosV4.srvtab) },
    }),
  };
}

/** A keytab may say its type, such as `FILE:/etc/krb5.keytab`. */
function keytabFrom(
  keytab: string,
  resolve: (path: string) => string,
): string {
  return /^[A-Z]{2,}:/.test(keytab) ? keytab : resolve(keytab);
}
