// SPDX-License-Identifier: Apache-2.0
import type { FilterTerm } from "../match-region/filter-term.ts";
import {
  type FragmentPorts,
  isIpField,
  isTransportField,
  isTypedField,
} from "../match-region/ip-visibility.ts";
import { addressTerms } from "../model/party.ts";
import type { DirectedView } from "../placement/directed-views.ts";

/**
 * Frames that a direction does not copy because switches cannot see the fields that its filters or
 * excludes name: a filter needs a field that is seen, and an exclude covers what it may hold for.
 */
export function unseenHeaders(
  view: DirectedView,
  ports: ReadonlySet<FragmentPorts>,
): readonly string[] {
  const selecting = [
    ...addressTerms(view.from, "Src"),
    ...addressTerms(view.to, "Dst"),
    ...view.filters,
  ];
  return [...byFilters(selecting, ports), ...byExcludes(view.exclude, selecting, ports)];
}

function byFilters(terms: readonly FilterTerm[], ports: ReadonlySet<FragmentPorts>): string[] {
  const found: string[] = [];
  const transport = namesOf(terms, isTransportField);
  if (transport !== undefined) {
    found.push(`${fragments(ports)} of IP packets: switches do not see their ${transport}`);
  } else if (terms.some(({ field }) => field.name === "ipProto")) {
    found.push("later fragments of IPv6 packets: switches do not see their ip_proto");
  }
  const ip = namesOf(terms, isIpField);
  if (ip !== undefined) {
    found.push(`IP packets whose lengths contradict the frame: switches do not see their ${ip}`);
  }
  const typed = namesOf(terms, isTypedField);
  if (typed !== undefined) {
    found.push(`frames with more VLAN tags than the switch parses: it does not see their ${typed}`);
  }
  return found;
}

function byExcludes(
  exclude: DirectedView["exclude"],
  selecting: readonly FilterTerm[],
  ports: ReadonlySet<FragmentPorts>,
): string[] {
  const selectsBy = (is: Is) => selecting.some(({ field }) => is(field));
  return exclude.flatMap((terms, index) => {
    const covered = (is: Is) => (selectsBy(is) ? undefined : namesOf(terms, is));
    const found: string[] = [];
    const say = (what: string, names: string | undefined) => {
      if (names !== undefined) {
        found.push(`${what} that exclude ${index} may cover: switches do not see their ${names}`);
      }
    };
    say(`${fragments(ports)} of IP packets`, covered(isTransportField));
    say("IP packets with lengths that contradict the frame", covered(isIpField));
    const typed = covered(isTypedField);
    if (typed !== undefined) {
      found.push(
        `exclude ${index} does not cover frames with more VLAN tags than the switch parses: it does not see their ${typed}`,
      );
    }
    return found;
  });
}

type Is = (field: FilterTerm["field"]) => boolean;

/** The names of the fields of one kind; undefined: there are none. */
function namesOf(terms: readonly FilterTerm[], is: Is): string | undefined {
  const names = terms.flatMap(({ field }) => (is(field) ? [field.oxm] : []));
  return names.length === 0 ? undefined : [...new Set(names)].join(" and ");
}

function fragments(ports: ReadonlySet<FragmentPorts>): string {
  return ports.size === 1 && ports.has("first") ? "later fragments" : "fragments";
}
