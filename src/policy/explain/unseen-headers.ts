// SPDX-License-Identifier: Apache-2.0
import type { Field } from "../match-region/fields.ts";
import type { FilterTerm } from "../match-region/filter-term.ts";
import {
  type FragmentPorts,
  IpFrag,
  isIpField,
  isTransportField,
  isTypedField,
  isUnseenInFragment,
} from "../match-region/ip-visibility.ts";
import { addressTerms } from "../model/party.ts";
import type { DirectedView } from "../placement/directed-views.ts";

/** All of these terms must hold. */
type Terms = readonly FilterTerm[];

/**
 * Frames that the views of a direction do not copy because switches cannot see the fields that filters
 * or excludes name: a filter needs a field that is seen, and an exclude covers what it may hold for.
 */
export function unseenHeaders(
  views: readonly DirectedView[],
  ports: ReadonlySet<FragmentPorts>,
): readonly string[] {
  const selecting = views.map(({ from, to, filters }) => [
    ...addressTerms(from, "Src"),
    ...addressTerms(to, "Dst"),
    ...filters,
  ]);
  const exclude = views[0]?.exclude ?? [];
  return [...byFilters(selecting, ports), ...byExcludes(exclude, selecting, ports)];
}

function byFilters(selecting: readonly Terms[], ports: ReadonlySet<FragmentPorts>): string[] {
  const found: string[] = [];
  const say = (what: string, names: string | undefined) => {
    if (names !== undefined) found.push(`${what}: switches do not see their ${names}`);
  };
  for (const { what, is } of fragmentKinds(ports)) say(what, namesIn(selecting, is));
  const byProtocol = selecting.filter((terms) => !has(terms, isTransportField));
  say("later fragments of IPv6 packets", namesIn(byProtocol, isProtocol));
  say("IP packets whose lengths contradict the frame", namesIn(selecting, isIpField));
  const typed = namesIn(selecting, isTypedField);
  if (typed !== undefined) {
    found.push(`frames with more VLAN tags than the switch parses: it does not see their ${typed}`);
  }
  return found;
}

/** What the filters select by anyway is said of them. */
function byExcludes(
  exclude: DirectedView["exclude"],
  selecting: readonly Terms[],
  ports: ReadonlySet<FragmentPorts>,
): string[] {
  const found: string[] = [];
  const namesOf = (is: Is) =>
    selecting.every((terms) => has(terms, is)) ? undefined : namesIn(exclude, is);
  const say = (what: string, names: string | undefined) => {
    if (names !== undefined) {
      found.push(`${what} that excludes may cover: switches do not see their ${names}`);
    }
  };
  for (const { what, is } of fragmentKinds(ports)) say(what, namesOf(is));
  say("IP packets with lengths that contradict the frame", namesOf(isIpField));
  const typed = namesOf(isTypedField);
  if (typed !== undefined) {
    found.push(
      `excludes do not cover frames with more VLAN tags than the switch parses: it does not see their ${typed}`,
    );
  }
  return found;
}

type Is = (field: Field) => boolean;

/** Kinds of fragments, each with the fields that are unseen in it and seen in the kinds before. */
function fragmentKinds(
  ports: ReadonlySet<FragmentPorts>,
): readonly { readonly what: string; readonly is: Is }[] {
  const modes = ports.size === 0 ? (["none"] as const) : [...ports];
  const inFirst: Is = (field) =>
    modes.some(
      // What a switch without `ip_frag` reads is not known.
      (mode) => isUnseenInFragment(field, IpFrag.first, mode === "undetected" ? "none" : mode),
    );
  const onlyLater: Is = (field) => isTransportField(field) && !inFirst(field);
  return [
    { what: "fragments of IP packets", is: inFirst },
    { what: "later fragments of IP packets", is: onlyLater },
  ];
}

function isProtocol({ name }: Field): boolean {
  return name === "ipProto";
}

function has(terms: Terms, is: Is): boolean {
  return terms.some(({ field }) => is(field));
}

/** The names of the fields of one kind; undefined: there are none. */
function namesIn(selections: readonly Terms[], is: Is): string | undefined {
  const names = selections.flat().flatMap(({ field }) => (is(field) ? [field.oxm] : []));
  return names.length === 0 ? undefined : [...new Set(names)].join(" and ");
}
