// SPDX-License-Identifier: Apache-2.0
import { isNetworkType, isTypedField } from "../match-region/ip-visibility.ts";
import type { FrameFields } from "../match-region/region.ts";
import { addressTerms, isPortOnly } from "../model/party.ts";
import type { View } from "./view.ts";

/**
 * Whether a direction copies a frame for a reserved address, which leaves by no port. A policy for IP or
 * ARP does not concern the protocols between neighbours.
 */
export function copiesReserved({ from, to, filters }: View, { ethType }: FrameFields): boolean {
  if (isPortOnly(to)) return false;
  const terms = [...addressTerms(from, "Src"), ...addressTerms(to, "Dst"), ...filters];
  return !(isNetworkType(Number(ethType)) && terms.some(({ field }) => isTypedField(field)));
}

/** Frames that no bridge forwards (IEEE 802.1Q §8.6.3). */
export function isReserved({ ethDst }: FrameFields): boolean {
  return typeof ethDst === "number" && ethDst >= 0x0180c2000000 && ethDst <= 0x0180c200000f;
}
