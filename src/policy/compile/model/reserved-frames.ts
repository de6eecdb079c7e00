// SPDX-License-Identifier: Apache-2.0
import { isNetworkType } from "../../match-region/ip-visibility.ts";
import {
  constraint,
  contains,
  exactValue,
  type Region,
  single,
} from "../../match-region/region.ts";
import type { AddressBlock } from "./address-block.ts";

/** First of the addresses that no bridge forwards; it stands for all of them. */
export const RESERVED_MAC = 0x0180c2000000;

/** Frames for these addresses never leave a link. @spec IEEE 802.1Q §8.6.3 */
export const RESERVED: Region = single(constraint("ethDst", RESERVED_MAC, 0xfffffffffff0));

/**
 * The same, by address: a copy that crosses a link has another destination, and gets its own back. Only
 * Open vSwitch serves all of them by one rule.
 */
export const RESERVED_ONE_BY_ONE: readonly Region[] = Array.from({ length: 16 }, (_, index) =>
  single(constraint("ethDst", RESERVED_MAC + index)),
);

/**
 * The first of the destinations that tagged copies have on links instead of the reserved ones, in the
 * same order: locally administered, beside those of the probes.
 */
const SUBSTITUTE = 0x0e7b4c4c4460;

export function isReservedMac(mac: number): boolean {
  return mac >= RESERVED_MAC && mac <= RESERVED_MAC + 0xf;
}

/** The destination of tagged copies on links instead of a reserved one. */
export function substituteFor({ address, isSixteen }: AddressBlock): AddressBlock {
  return { address: SUBSTITUTE + (address - RESERVED_MAC), isSixteen };
}

/** The reserved addresses to which the frames of a region go: one, or any; undefined: not all go to such. */
export function reservedDstOf(region: Region): AddressBlock | undefined {
  if (!contains(RESERVED, region)) return undefined;
  const address = exactValue(region, "ethDst") as number | undefined;
  return address === undefined
    ? { address: RESERVED_MAC, isSixteen: true }
    : { address, isSixteen: false };
}

/** Whether an include asks for IP or ARP: no protocol sends these to reserved addresses. */
export function isOfHosts(include: Region): boolean {
  const ethType = exactValue(include, "ethType") as number | undefined;
  return ethType !== undefined && isNetworkType(ethType);
}
