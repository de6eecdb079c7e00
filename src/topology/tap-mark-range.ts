// SPDX-License-Identifier: Apache-2.0
/**
 * Top 16 bits of every tap mark, `0e:7a`: locally administered unicast addresses. A copy in transit
 * carries one as its source address. Marks avoid the addresses of hosts that are named; no host is learned at
 * such an address, because its frames could be copies.
 */
export const TAP_MARK_PREFIX = 0x0e7a * 2 ** 32;

/** How many addresses begin with the bits of such a prefix. */
export const PREFIX_SIZE = 2 ** 32;

/**
 * Top 16 bits of every one-sided mark, `0e:79`: it is the source or the destination address of a copy
 * in transit. (Not `0e:7b`: probes have such a source address.)
 */
export const ONE_SIDED_PREFIX = 0x0e79 * 2 ** 32;

/** Whether a MAC address is in the ranges of tap marks of either kind. */
export function isTapMark(mac: number): boolean {
  const prefix = Math.floor(mac / 2 ** 32);
  return prefix === 0x0e7a || prefix === 0x0e79;
}
