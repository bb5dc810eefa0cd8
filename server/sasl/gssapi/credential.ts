/**
 * What the server proves itself by: its keys in a keytab.
 *
 * @module
 */

import type { Gss } from "./library.ts";
import {
  check,
  type HandleCell,
  handleCell,
  handleIn,
  numberCell,
  structure,
} from "./memory.ts";

/** 1.2.840.113554.1.2.2, Kerberos 5 (RFC 4121 § 4.1), without tag and length. */
const KERBEROS = Uint8Array.fromHex("2a864886f712010202");

// RFC 2744 Appendix A
const GSS_C_ACCEPT = 2;
const GSS_C_INDEFINITE = 0xffff_ffff;

const encoder = new TextEncoder();

/** Whether a `gss_OID_desc` of the library's is that of Kerberos 5. */
export function isKerberos(oid: Deno.PointerValue): boolean {
  if (oid === null) return false;
  const view = new Deno.UnsafePointerView(oid);
  const elements = view.getPointer(8);
  if (view.getUint32() !== KERBEROS.length || elements === null) return false;
  const bytes = new Uint8Array(KERBEROS.length);
  new Deno.UnsafePointerView(elements).copyInto(bytes);
  return KERBEROS.every((byte, index) => byte === bytes[index]);
}

/** A credential to accept contexts by, for all of the keys in a keytab. It is given back when nobody uses it. */
export class Credential {
  readonly #gss: Gss;
  readonly #cell: HandleCell = handleCell();
  #uses = 1;

  /**
   * @param keytab the file; undefined for the one that the system says, by `KRB5_KTNAME` or its configuration
   * @throws {GssError} when there is no key in it, or it cannot be read
   */
  constructor(gss: Gss, keytab: string | undefined) {
    this.#gss = gss;
    const minor = numberCell();
    const major = gss.gss_acquire_cred_from(
      minor,
      null, // whatever name the client asks for; RFC 4752 § 3.2 recommends it
      GSS_C_INDEFINITE,
      kerberosAlone(),
      GSS_C_ACCEPT,
      keytab === undefined ? null : storeOf(keytab),
      this.#cell,
      null,
      null,
    );
    check(gss, major, minor);
  }

  /** Takes part in its use, and gives the handle. @throws {TypeError} when it has been given back */
  use(): Deno.PointerValue {
    // The library takes no handle for the keytab of the system.
    if (this.#uses === 0) throw new TypeError("The credential is gone");
    this.#uses++;
    return handleIn(this.#cell);
  }

  /** Ends what {@linkcode use}, or its making, began. */
  release(): void {
    if (--this.#uses > 0) return;
    this.#gss.gss_release_cred(numberCell(), this.#cell);
  }
}

/** `gss_OID_set_desc`: a count, and the address of `gss_OID_desc`, which is a length and an address. */
function kerberosAlone(): Uint8Array<ArrayBuffer> {
  return structure(
    [1, { offset: 16 }, KERBEROS.length, { offset: 32 }],
    KERBEROS,
  );
}

/** `gss_key_value_set_desc`: a count, and the address of a pair of strings of C. */
function storeOf(keytab: string): Uint8Array<ArrayBuffer> {
  const key = "keytab\0";
  return structure(
    [1, { offset: 16 }, { offset: 32 }, { offset: 32 + key.length }],
    encoder.encode(`${key}${keytab}\0`),
  );
}
