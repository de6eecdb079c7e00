// SPDX-License-Identifier: Apache-2.0
import { type IpAddress, parseIpAddress } from "../../../topology/index.ts";

/** An address, and the number of its leading bits that count. */
export type IpRange = IpAddress & { readonly length: number };

/** Reads an address or a prefix; undefined for anything else. */
export function readIpRange(text: string): IpRange | undefined {
  const [, addressText = "", lengthText] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const address = parseIpAddress(addressText);
  if (address === undefined) return undefined;
  const bits = bitsOf(address);
  const length = lengthText === undefined ? bits : Number(lengthText);
  return length <= bits ? { ...address, length } : undefined;
}

/** Whether two ranges have an address in common. */
export function overlapping(a: IpRange, b: IpRange): boolean {
  if (a.family !== b.family) return false;
  const shift = BigInt(bitsOf(a) - Math.min(a.length, b.length));
  return BigInt(a.value) >> shift === BigInt(b.value) >> shift;
}

function bitsOf({ family }: IpAddress): number {
  return family === 4 ? 32 : 128;
}
