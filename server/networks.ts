/**
 * Sets of addresses, as settings name them.
 *
 * @module
 */

import { BlockList, isIP } from "node:net";

/**
 * Reads addresses (`192.0.2.7`) and networks (`2001:db8::/32`).
 * @throws {TypeError} for one that is neither
 */
export function networksOf(texts: readonly string[]): BlockList {
  const list = new BlockList();
  for (const text of texts) add(list, text);
  return list;
}

/** Whether an address is one of a set. */
export function includes(list: BlockList, address: string): boolean {
  return isIP(address) !== 0 && list.check(address, family(address));
}

function add(list: BlockList, text: string): void {
  const [address = "", bits] = text.split("/");
  if (isIP(address) === 0) throw new TypeError(`${text} is no address`);
  if (bits === undefined) list.addAddress(address, family(address));
  else if (/^\d+$/.test(bits) && Number(bits) <= widthOf(address)) {
    list.addSubnet(address, Number(bits), family(address));
  } else throw new TypeError(`${text} is no network`);
}

function family(address: string): "ipv4" | "ipv6" {
  return isIP(address) === 6 ? "ipv6" : "ipv4";
}

function widthOf(address: string): number {
  return isIP(address) === 6 ? 128 : 32;
}
