/**
 * The system's library for the GSS-API (RFC 2744), that of MIT Kerberos, by FFI.
 *
 * @module
 */

const SYMBOLS = {
  gss_acquire_cred_from: {
    parameters: [
      ...["buffer", "pointer", "u32", "buffer", "i32"],
      ...["buffer", "buffer", "pointer", "pointer"],
    ],
    result: "u32",
  },
  gss_release_cred: { parameters: ["buffer", "buffer"], result: "u32" },
  gss_accept_sec_context: {
    parameters: [
      ...["buffer", "buffer", "pointer", "buffer", "pointer", "buffer"],
      ...["buffer", "buffer", "buffer", "pointer", "pointer"],
    ],
    result: "u32",
    // It reads the keytab, and writes what it has seen into a file, so that nobody uses it again.
    nonblocking: true,
  },
  gss_delete_sec_context: {
    parameters: ["buffer", "buffer", "pointer"],
    result: "u32",
  },
  gss_inquire_context: {
    parameters: [
      ...["buffer", "pointer", "pointer", "buffer", "pointer"],
      ...["pointer", "pointer", "pointer", "pointer"],
    ],
    result: "u32",
  },
  gss_display_name: {
    parameters: ["buffer", "pointer", "buffer", "pointer"],
    result: "u32",
  },
  gss_release_name: { parameters: ["buffer", "buffer"], result: "u32" },
  gss_release_buffer: { parameters: ["buffer", "buffer"], result: "u32" },
  gss_wrap: {
    parameters: [
      ...["buffer", "pointer", "i32", "u32", "buffer", "pointer", "buffer"],
    ],
    result: "u32",
  },
  gss_unwrap: {
    parameters: [
      ...["buffer", "pointer", "buffer", "buffer", "pointer", "pointer"],
    ],
    result: "u32",
  },
  gss_display_status: {
    parameters: ["buffer", "u32", "i32", "pointer", "buffer", "buffer"],
    result: "u32",
  },
} as const satisfies Deno.ForeignLibraryInterface;

/** The functions of the library. */
export type Gss = Deno.DynamicLibrary<typeof SYMBOLS>["symbols"];

const NAME = "libgssapi_krb5.so.2";

/** Those that are open. They stay so: what is in them is in use until the process ends. */
const open = new Map<string, Gss>();

/**
 * Opens the library.
 * @param path where it is; default: where the system finds it
 * @throws {TypeError} when it is not there or may not be opened; the message says what to do
 */
export function openLibrary(path: string = NAME): Gss {
  const known = open.get(path);
  if (known !== undefined) return known;
  // All of it: pointers into memory are not of one file.
  const { state } = Deno.permissions.querySync({ name: "ffi" });
  if (state !== "granted") {
    throw new TypeError("GSSAPI needs the permission --allow-ffi");
  }
  try {
    const { symbols } = Deno.dlopen(path, SYMBOLS);
    open.set(path, symbols);
    return symbols;
  } catch (cause) {
    throw new TypeError(
      `GSSAPI needs ${path}, which Debian has in libgssapi-krb5-2`,
      { cause },
    );
  }
}
