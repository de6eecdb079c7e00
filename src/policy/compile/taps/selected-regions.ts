// SPDX-License-Identifier: Apache-2.0
import type { Steps } from "../../../lang/steps.ts";
import { expandSteps } from "../../match-region/expand-terms.ts";
import {
  EthType,
  type FieldName,
  fieldNamed,
  type Requirement,
} from "../../match-region/fields.ts";
import type { FilterTerm } from "../../match-region/filter-term.ts";
import {
  ANY_FRAGMENT,
  type FragmentPorts,
  IPV6_FRAGMENT,
  IpFrag,
  isIpAddress,
  isIpField,
  isTransportField,
  isUnseenInFragment,
  LATER_FRAGMENT,
} from "../../match-region/ip-visibility.ts";
import {
  constraint,
  exactValue,
  intersect,
  type Region,
  region,
  single,
} from "../../match-region/region.ts";
import { exactly } from "../../model/party.ts";

/*
 * A switch reads fields that it cannot see as zero: the ports of a fragment, every field of an IP header
 * that contradicts the frame's length. A frame is selected by what is seen to hold, and excluded by
 * what may hold: an exclude is never weaker than it reads.
 */

/** How regions are made from terms. */
export interface RegionOptions {
  /** Most regions. */
  readonly limit: number;
  readonly ports: FragmentPorts;
}

/** The frames for which all terms are seen to hold, apart from `misreadIn` each; undefined: too many regions. */
export function* selectedRegions(
  terms: readonly FilterTerm[],
  { limit, ports }: RegionOptions,
): Steps<readonly Region[] | undefined> {
  const found = yield* expandSteps(terms, limit);
  return found?.flatMap((each) => {
    if (matchesUnseen(each, IpFrag.first, ports)) return intersect(each, UNFRAGMENTED) ?? [];
    if (matchesUnseen(each, IpFrag.later, ports)) return intersect(each, NOT_LATER) ?? [];
    return [each];
  });
}

const UNFRAGMENTED = single(constraint("ipFrag", IpFrag.no));
const NOT_LATER = single(constraint("ipFrag", 0, LATER_FRAGMENT));

/** Whether a region's conditions on fields that are read as zero in fragments of a kind hold for zero. */
function matchesUnseen({ constraints }: Region, fragment: number, ports: FragmentPorts): boolean {
  const unseen = constraints.filter(({ field }) => isUnseenInFragment(field, fragment, ports));
  return unseen.length > 0 && unseen.every(({ value }) => Number(value) === 0);
}

/** An IPv4 header that Open vSwitch does not read: all of its fields are zero. */
const UNREAD_IPV4: readonly FilterTerm[] = [
  exactly("ethType", EthType.ipv4),
  exactly("ipProto", 0),
  exactly("ipv4Src", 0),
  exactly("ipv4Dst", 0),
];

/**
 * An IPv6 header of which at most the addresses are read. No packet has protocol 0: it stands for an
 * extension header, which is skipped.
 */
const UNREAD_IPV6: readonly FilterTerm[] = [
  exactly("ethType", EthType.ipv6),
  exactly("ipProto", 0),
];

/** The same, without addresses. */
const UNREAD_IPV6_ADDRESSES: readonly FilterTerm[] = [
  ...UNREAD_IPV6,
  exactly("ipv6Src", 0n),
  exactly("ipv6Dst", 0n),
];

const MISREAD_IPV4 = fixed(UNREAD_IPV4);
const MISREAD_IPV6 = fixed(UNREAD_IPV6);
const MISREAD_IPV6_ADDRESSES = fixed(UNREAD_IPV6_ADDRESSES);

/** The frames of a selected region that are in it only because a header is read as zero. */
export function misreadIn(selected: Region): readonly Region[] {
  const conditions = selected.constraints.filter(({ field }) => isIpField(field));
  const isIpv4 = exactValue(selected, "ethType") === EthType.ipv4;
  const others = conditions.filter(({ field }) => isIpv4 || !isIpAddress(field));
  if (conditions.length === 0 || others.some(({ value }) => Number(value) !== 0)) return [];
  const ofIpv6 = others.length > 0 ? MISREAD_IPV6 : MISREAD_IPV6_ADDRESSES;
  const misread = intersect(selected, isIpv4 ? MISREAD_IPV4 : ofIpv6);
  return misread === undefined ? [] : [misread];
}

/** A region from exact terms on different fields. */
function fixed(terms: readonly FilterTerm[]): Region {
  const found = region(
    terms.flatMap(({ field, alternatives }) =>
      alternatives.map(({ value, mask }) => ({ field, value, mask })),
    ),
  );
  if (found === undefined) throw new Error("terms on different fields cannot contradict");
  return found;
}

/** The frames for which all terms hold, as far as a switch can see; undefined: too many regions. */
export function* excludedRegions(
  terms: readonly FilterTerm[],
  { limit, ports }: RegionOptions,
): Steps<readonly Region[] | undefined> {
  const found = new Map<string, Region>();
  for (const each of [terms, ...unseenForms(terms, ports)]) {
    const regions = yield* expandSteps(each, limit);
    if (regions === undefined) return undefined;
    for (const region of regions) found.set(region.key, region);
    if (found.size > limit) return undefined;
  }
  return [...found.values()];
}

/** The terms for frames in which fields of the given ones cannot be seen; these may hold. */
function unseenForms(
  terms: readonly FilterTerm[],
  ports: FragmentPorts,
): readonly (readonly FilterTerm[])[] {
  if (!terms.some(({ field }) => isIpField(field))) return [];
  const forms: (readonly FilterTerm[])[] = [];
  const unseen = (isUnseen: (term: FilterTerm) => boolean, ...instead: readonly FilterTerm[]) => {
    const dropped = terms.filter(isUnseen);
    if (dropped.length === 0) return;
    const kept = terms.filter((term) => !isUnseen(term));
    forms.push([...kept, ...instead, ...requirementsOf(dropped, isUnseen)]);
  };
  const isTransport = ({ field }: FilterTerm) => isTransportField(field);
  const isBehindAddresses = ({ field }: FilterTerm) => isIpField(field) && !isIpAddress(field);
  const unseenIn =
    (fragment: number) =>
    ({ field }: FilterTerm) =>
      isUnseenInFragment(field, fragment, ports);
  const [inFirst, inLater] = [unseenIn(IpFrag.first), unseenIn(IpFrag.later)];
  if (terms.every((term) => inFirst(term) === inLater(term))) unseen(inLater, FRAGMENT);
  else {
    unseen(inFirst, FIRST);
    unseen(inLater, LATER);
  }
  unseen(
    (term) => isTransport(term) || term.field.name === "ipProto",
    exactly("ethType", EthType.ipv6),
    exactly("ipProto", IPV6_FRAGMENT),
  );
  unseen(({ field }) => isIpField(field), ...UNREAD_IPV4);
  unseen(isBehindAddresses, ...UNREAD_IPV6);
  unseen(({ field }) => isIpField(field), ...UNREAD_IPV6_ADDRESSES);
  return forms;
}

const FIRST = exactly("ipFrag", IpFrag.first);
const LATER = exactly("ipFrag", IpFrag.later);
const FRAGMENT: FilterTerm = {
  field: fieldNamed("ipFrag"),
  alternatives: [{ value: ANY_FRAGMENT, mask: ANY_FRAGMENT }],
};

/** What dropped terms require of fields that can be seen. */
function requirementsOf(
  dropped: readonly FilterTerm[],
  isUnseen: (term: FilterTerm) => boolean,
): readonly FilterTerm[] {
  const needed = dropped.flatMap(({ field }) => field.requires ?? []);
  return needed.map(asTerm).filter((term) => !isUnseen(term));
}

function asTerm({ field: name, anyOf, mask }: Requirement): FilterTerm {
  const field = fieldNamed(name as FieldName);
  return { field, alternatives: anyOf.map((value) => ({ value, mask: mask ?? field.fullMask })) };
}
