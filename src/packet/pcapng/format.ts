// SPDX-License-Identifier: Apache-2.0
/** Blocks of a capture file. @spec draft-ietf-opsawg-pcapng §11.1 */
export const BlockType = { section: 0x0a0d0d0a, interface: 1, statistics: 5, packet: 6 } as const;

/** Distinguishes the orders of bytes; OpenVTAP writes the lower byte first. */
export const BYTE_ORDER_MAGIC = 0x1a2b3c4d;

/** Options, each of the blocks in which it is written. */
export const OptionCode = {
  end: 0,
  /** Of the section: who has written it. */
  application: 4,
  /** Of the interface. */
  interfaceName: 2,
  timeResolution: 9,
  /** Of the statistics. */
  startTime: 2,
  endTime: 3,
  received: 4,
  dropped: 5,
} as const;

/** The type of links whose frames begin with Ethernet addresses. */
export const ETHERNET = 1;

/** The resolution of times: ten to the power of minus six. */
export const MICROSECONDS = 6;
