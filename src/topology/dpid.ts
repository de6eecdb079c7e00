// SPDX-License-Identifier: Apache-2.0
/** Datapath id of a switch: sixteen lower-case hex digits, as printed everywhere. */
export type Dpid = string & { readonly __brand: "Dpid" };

/** OpenFlow port number, 1 to 0xffffff00, or LOCAL (0xfffffffe). */
export type PortNo = number & { readonly __brand: "PortNo" };

/** Highest number of an ordinary port. @spec OpenFlow 1.4.1 §7.2.1 */
export const MAX_PORT_NO = 0xffffff00;

/** The switch's own port. @spec OpenFlow 1.4.1 §7.2.1 */
export const LOCAL_PORT = 0xfffffffe as PortNo;

/**
 * Reads a datapath id: 16 hex digits, eight bytes with colons as other tools print it, or `0x…`.
 * Undefined for anything else.
 */
export function parseDpid(text: string): Dpid | undefined {
  if (/^[0-9a-f]{16}$/i.test(text)) return text.toLowerCase() as Dpid;
  if (/^([0-9a-f]{2}:){7}[0-9a-f]{2}$/i.test(text)) {
    return text.replaceAll(":", "").toLowerCase() as Dpid;
  }
  if (/^0x[0-9a-f]{1,16}$/i.test(text)) {
    return text.slice(2).padStart(16, "0").toLowerCase() as Dpid;
  }
  return undefined;
}

/** The datapath id of a features reply. */
export function dpidFromBigint(value: bigint): Dpid {
  return BigInt.asUintN(64, value).toString(16).padStart(16, "0") as Dpid;
}

/** The datapath id as on the wire. */
export function dpidToBigint(dpid: Dpid): bigint {
  return BigInt(`0x${dpid}`);
}

/** Whether a number can name a port that frames go through. */
export function isPortNo(value: number): value is PortNo {
  return Number.isInteger(value) && ((value >= 1 && value <= MAX_PORT_NO) || value === LOCAL_PORT);
}
