/**
 * POP3 (RFC 1939, STD 53) over INBOX, with its extensions: CAPA (RFC 2449), STLS (RFC 2595), AUTH (RFC 5034), SYS
 * and AUTH response codes (RFC 3206), UTF8 and LANG (RFC 6856).
 *
 * @module
 */

export { servePop3 } from "./connection.ts";
