/**
 * Top 16 bits of every tap mark, `0e:7a`: locally administered unicast addresses. A copy on its way
 * carries one as its source address; no host may have one, or its frames would be taken for copies.
 */
export const TAP_MARK_PREFIX = 0x0e7a * 2 ** 32;
export const TAP_MARK_MASK = 0xffff * 2 ** 32;

/** Whether a MAC address is one of those that stand for copies. */
export function isTapMark(mac: number): boolean {
  return Math.floor(mac / 2 ** 32) === 0x0e7a;
}
