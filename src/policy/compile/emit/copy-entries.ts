// SPDX-License-Identifier: Apache-2.0
import { type BucketSpec, copyMark, type EntryRef } from "../../../flow-model/index.ts";
import type { PlacedMonitor } from "../../placement/placed-monitors.ts";
import type { CopyRoute, CopyWay, CountedPath } from "../model/policy-plan.ts";
import { NO_NUMBER } from "../model/waiting-copies.ts";
import { numberKindOf } from "../overlap/number-need.ts";
import type { CopyRequest } from "../overlap/resolve-element.ts";
import { type CopyResources, entriesOf } from "./copy-buckets.ts";
import type { Rule } from "./rule-writer.ts";

/** The entries that deliver a requested copy; the request has the reason if there are none. */
export interface CopyEntries {
  readonly request: CopyRequest;
  readonly entries: readonly EntryRef[];
  /** Where the copies are counted; absent when none are made. */
  readonly countedPath?: CountedPath;
  /** The ways of the copies that can be probed. */
  readonly ways?: readonly CopyWay[];
  /** Why others cannot; clauses. */
  readonly unprobed?: readonly string[];
}

/** Records which rules also match frames that a tap does not request for a monitor. */
export class SharedRules {
  readonly #inside = new Set<Rule>();
  readonly #unrequested = new Map<Rule, Set<string>>();

  /** Adds a rule whose frames are all among those of the tap. */
  own(rule: Rule): void {
    this.#inside.add(rule);
  }

  /** Adds a rule that matches frames for which the tap has these requests; `monitors`: the tap's. */
  note(rule: Rule, monitors: readonly PlacedMonitor[], requests: readonly CopyRequest[]): void {
    for (const { key } of monitors) {
      const isRequested = requests.some(
        ({ monitor, selected }) => monitor.key === key && !selected,
      );
      if (isRequested) continue;
      this.#unrequested.set(rule, (this.#unrequested.get(rule) ?? new Set()).add(key));
    }
  }

  /** Whether the tap requests a copy for a monitor of every frame that a rule matches. */
  isExact(rule: Rule, { key }: PlacedMonitor): boolean {
    return this.#inside.has(rule) && this.#unrequested.get(rule)?.has(key) !== true;
  }
}

/** The entries that deliver a requested copy, which a rule makes; `ref` names the rule. */
export function copyEntries(
  ref: EntryRef,
  rule: Rule,
  request: CopyRequest,
  exact: boolean,
): CopyEntries {
  const { monitor } = request;
  if (request.blocker !== undefined || request.selected !== undefined) {
    return { request, entries: [] };
  }
  const resources = rule.body.resources.filter(({ copy }) => copy.monitor.key === monitor.key);
  const lacking = resources.find(({ lacksNumber }) => lacksNumber);
  const kind = lacking && numberKindOf(lacking.copy);
  if (kind !== undefined) {
    return { request: { ...request, blocker: NO_NUMBER[kind] }, entries: [] };
  }
  const delivery = monitor.overlay?.entries ?? (monitor.patch ? [monitor.patch.entry] : []);
  const entries = [ref, ...delivery, ...resources.flatMap(entriesOf)];
  const probed = probedWays(resources);
  const bucket = bucketFor(rule, monitor);
  if (bucket === undefined) return { request, entries, ...probed };
  // The rule counts more frames than leave as treated copies: those not sent are not lost.
  const isTreated = resources.some(({ hop }) => hop?.isTreated);
  const restored = resources[0]?.path?.rules.find(({ flow }) => flow.category === "recovery");
  const arrival = restored?.ref ?? monitor.overlay?.entries[0];
  const sink = arrival !== undefined && !isTreated ? { sink: arrival } : {};
  const route = resources[0] && routeOf(resources[0]);
  const mark = copyMark(bucket.actions);
  const { set } = monitor.party;
  const shared = set === undefined ? {} : { set };
  const overlaid = monitor.overlay && { overlaid: monitor.dpid };
  const way = { ...(arrival && { arrival }), ...(route && { route }), ...overlaid };
  const countedPath = { source: ref, mark, ...sink, ...way, ...shared, exact: exact && !isTreated };
  return { request, entries, ...probed, countedPath };
}

/** How copies are carried across links; undefined: they cross none. */
function routeOf({ copy: { transport }, path }: CopyResources): CopyRoute | undefined {
  const hops = path?.route.hops ?? [];
  if (hops.length < 2) return undefined;
  switch (transport.kind) {
    case "rewrite":
    case "tag":
      return { marking: transport.kind, hops };
    case "mark": {
      const isSource = transport.end.side === "ethSrc";
      return { marking: isSource ? "sourceMark" : "destinationMark", hops };
    }
    case "direct":
    case "tunnel":
    case "overlay":
      return undefined;
    default:
      return transport satisfies never;
  }
}

const BY_TUNNEL = "its copies leave by a tunnel, and nothing catches probes at its end";

/** The ways of copies. */
function probedWays(resources: readonly CopyResources[]) {
  const ways = new Set<CopyWay>();
  const unprobed = new Set<string>();
  for (const { copy, probe, overlayProbe } of resources) {
    if (copy.transport.kind === "tunnel") unprobed.add(BY_TUNNEL);
    for (const way of overlayProbe?.ways ?? []) ways.add(way);
    if (probe?.way !== undefined) ways.add(probe.way);
    else if (probe !== undefined) unprobed.add(probe.why);
  }
  return { ways: [...ways], unprobed: [...unprobed] };
}

/** The bucket of a rule that makes a monitor's copies; the first, if there are several. */
function bucketFor({ body }: Rule, monitor: PlacedMonitor): BucketSpec | undefined {
  const copy = body.elementActions.copies.find((each) => each.monitor.key === monitor.key);
  return copy && body.buckets.get(copy);
}
