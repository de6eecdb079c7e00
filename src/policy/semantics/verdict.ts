// SPDX-License-Identifier: Apache-2.0
import { and } from "../match-region/bits.ts";
import { EthType, type Field, type FieldName, fieldNamed } from "../match-region/fields.ts";
import type { FilterTerm } from "../match-region/filter-term.ts";
import {
  type FragmentPorts,
  IPV6_FRAGMENT,
  IpFrag,
  isIpAddress,
  isIpField,
  isUnseenInFragment,
} from "../match-region/ip-visibility.ts";
import type { FrameFields } from "../match-region/region.ts";

/** Whether a frame satisfies a term, as a switch sees it. `unknown`: the switch cannot see the field. */
export type Verdict = "yes" | "no" | "unknown";

/** Whether a frame with these fields, as a switch reads them, satisfies a term. */
export function verdict(
  { field, alternatives }: FilterTerm,
  frame: FrameFields,
  ports: FragmentPorts,
): Verdict {
  // The hosts that the term names are not known.
  if (alternatives.length === 0) return "no";
  for (const { field: name, anyOf, mask } of field.requires ?? []) {
    const required = fieldNamed(name as FieldName);
    const values = anyOf.map((value) => ({ value, mask: mask ?? required.fullMask }));
    if (verdict({ field: required, alternatives: values }, frame, ports) === "no") return "no";
  }
  const value = frame[field.name];
  const matches =
    value !== undefined && alternatives.some((each) => and(value, each.mask) === each.value);
  // What a switch reads in place of the unseen protocol can itself be asked for.
  if (matches && field.name === "ipProto" && value === IPV6_FRAGMENT) return "yes";
  if (isUnseen(field, frame, ports)) return "unknown";
  return matches ? "yes" : "no";
}

/** Whether a switch reads a field as zero, or as something else, because it cannot see it. */
export function isUnseen(field: Field, frame: FrameFields, ports: FragmentPorts): boolean {
  if (!isIpField(field)) return false;
  const { ethType, ipProto, ipFrag } = frame;
  const isIpv6 = ethType === EthType.ipv6;
  if (ethType !== EthType.ipv4 && !isIpv6) return false;
  const addresses = isIpv6 ? [frame.ipv6Src, frame.ipv6Dst] : [frame.ipv4Src, frame.ipv4Dst];
  const hasAddresses = addresses.some((each) => Number(each) !== 0);
  // No IPv6 packet has protocol 0: an extension header is incomplete, or the lengths contradict.
  if (ipProto === 0 && (isIpv6 ? !hasAddresses || !isIpAddress(field) : !hasAddresses)) return true;
  if (isIpv6 && ipFrag === IpFrag.later && field.name === "ipProto") return true;
  return isUnseenInFragment(field, Number(ipFrag), ports);
}
