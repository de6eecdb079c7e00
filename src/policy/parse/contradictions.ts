// SPDX-License-Identifier: Apache-2.0
import type { Steps } from "../../lang/steps.ts";
import type { JsonProblem } from "../../topology/index.ts";
import { addressTerms } from "../model/party.ts";
import { termsOf } from "./filters.ts";
import { findContradictions, type Source, type WrittenFilters } from "./find-contradictions.ts";
import type { WrittenEnd } from "./identifiers.ts";

/** What a policy selects, as it is written. */
interface Written {
  readonly senders: readonly WrittenEnd[];
  readonly receivers: readonly WrittenEnd[];
  readonly filters: readonly WrittenFilters[];
}

/** What the senders or the receivers require of a frame: any of them. */
export function endSource(ends: readonly WrittenEnd[], role: string, side: "Src" | "Dst"): Source {
  return { path: [role], anyOf: ends.map(({ party }) => addressTerms(party, side)) };
}

/** What each key of one sender or receiver requires of a frame. */
function keySources({ path, party: { mac, ip } }: WrittenEnd, side: "Src" | "Dst"): Source[] {
  return [
    ...(mac === undefined
      ? []
      : [{ path: [...path, "mac"], anyOf: [addressTerms({ mac }, side)] }]),
    ...(ip === undefined ? [] : [{ path: [...path, "ip"], anyOf: [addressTerms({ ip }, side)] }]),
  ];
}

/**
 * Reports each sender, each receiver and each of several filters that no frame can match, whichever of
 * the others it has. Members of a group count together.
 */
export function* contradictions({ senders, receivers, filters }: Written): Steps<JsonProblem[]> {
  const sent = sourcesOf(senders, "sender", "Src");
  const received = sourcesOf(receivers, "receiver", "Dst");
  const [only] = filters;
  const filtered =
    filters.length === 1 && only !== undefined
      ? only.sources
      : [{ path: ["filters"], anyOf: filters.flatMap(termsOf) }];
  const problems: JsonProblem[] = [];
  for (const end of listed(senders)) {
    const sources = [...keySources(end, "Src"), ...received, ...filtered];
    problems.push(...(yield* findContradictions(sources)));
  }
  for (const end of listed(receivers)) {
    const sources = [...sent, ...keySources(end, "Dst"), ...filtered];
    problems.push(...(yield* findContradictions(sources)));
  }
  for (const { sources } of filters) {
    problems.push(...(yield* findContradictions([...sent, ...received, ...sources])));
  }
  return problems;
}

function sourcesOf(ends: readonly WrittenEnd[], role: string, side: "Src" | "Dst"): Source[] {
  const [only] = ends;
  if (ends.length === 1 && only !== undefined) return keySources(only, side);
  return [endSource(ends, role, side)];
}

/** The members of a list that each have to fit. */
function listed(ends: readonly WrittenEnd[]): readonly WrittenEnd[] {
  return ends.length > 1 ? ends.filter(({ isOfGroup }) => !isOfGroup) : [];
}
