// SPDX-License-Identifier: Apache-2.0
import type { Alternative } from "./filter-term.ts";

/**
 * Names of the bits of `tcp_flags`, from bit 0 up, as Open vSwitch names them; the last three are
 * reserved.
 * @spec RFC 9293 §3.1, ovs-fields(7)
 */
const NAMES = ["fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr", "ns"] as const;

/** The flags by name, for reading and for did-you-mean. */
export const TCP_FLAGS: Readonly<Record<string, number>> = Object.fromEntries(
  NAMES.map((name, bit) => [name, 2 ** bit]),
);

/**
 * Flags in the notation of Open vSwitch: `+syn-ack` (SYN is set, ACK is not, the others do not matter)
 * or `syn|ack` (these and no others). The first name that is no flag, or the flag that is given twice;
 * undefined when the text is in neither notation.
 */
export function readFlagNames(
  text: string,
  all: number,
): Alternative | { readonly unknown: string } | { readonly twice: string } | undefined {
  const isMasked = /^([+-][a-z]+)+$/.test(text);
  if (!isMasked && !/^[a-z]+([|][a-z]+)*$/.test(text)) return undefined;
  let value = 0;
  let mask = 0;
  for (const [, sign, name = ""] of text.matchAll(/([+-]?)([a-z]+)/g)) {
    const bit = Object.hasOwn(TCP_FLAGS, name) ? TCP_FLAGS[name] : undefined;
    if (bit === undefined) return { unknown: name };
    if ((mask & bit) !== 0) return { twice: name };
    mask |= bit;
    if (sign !== "-") value |= bit;
  }
  return { value, mask: isMasked ? mask : all };
}

/** Flags as text: `syn|ack`; the number where a flag has no name or none is set. */
export function flagsText(value: number): string | number {
  const names = NAMES.filter((_, bit) => (value >> bit) & 1);
  return value === 0 || value >= 2 ** NAMES.length ? value : names.join("|");
}
