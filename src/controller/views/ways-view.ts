// SPDX-License-Identifier: Apache-2.0
import type { CrossedLink, PlannedWays } from "../../contract/observation/policy-plan.ts";
import { splitEntryRef } from "../../flow-model/index.ts";
import { forEach, type Steps } from "../../lang/steps.ts";
import {
  formatParty,
  type PlannedCopies,
  type Policy,
  type PolicyPlan,
  placeOf,
} from "../../policy/index.ts";
import type { Dpid, Hop, PortAt, Topology } from "../../topology/index.ts";
import { switchName } from "./network-view.ts";

type Way = PlannedWays["ways"][number];

/** Most pairs of a sender's and a receiver's place between which the path of originals is shown. */
const MOST_PAIRS = 64;

/** Where a policy copies frames, and which links its originals and copies cross. */
export function* waysView(
  plan: PolicyPlan,
  policy: Policy,
  topology: Topology,
): Steps<PlannedWays> {
  const tapPoints = plan.taps.map(({ dpid, port, end, direction }) => ({
    switch: switchName(topology, dpid),
    ...{ dpid, port, end, direction },
  }));
  const tapPorts = yield* singlePorts(plan.taps);
  const ways: Way[] = [];
  for (const copies of plan.copies) {
    yield* forEach(yield* waysOf(copies, tapPorts, policy, topology), (way) => ways.push(way));
  }
  return { tapPoints, ways, original: plan.enabled ? originalLinks(policy, topology) : [] };
}

/** The ways of one monitor's copies, each once. */
function* waysOf(
  { monitor, countedPaths, outlets = [] }: PlannedCopies,
  tapPorts: SinglePorts,
  policy: Policy,
  topology: Topology,
): Steps<Iterable<Way>> {
  const party = policy.monitors.find((each) => formatParty(each) === monitor);
  const outside = party?.tunnel === undefined ? "direct" : "tunnel";
  const outletPorts = yield* singlePorts(outlets);
  const ways = new Map<string, Way>();
  yield* forEach(countedPaths, ({ source, route, overlaid }) => {
    const dpid = splitEntryRef(source).dpid as Dpid;
    const links = linksOf(route?.hops ?? []);
    const last = route?.hops.at(-1)?.dpid ?? overlaid ?? dpid;
    const marking = route?.marking ?? (overlaid === undefined ? outside : "overlay");
    const way: Way = {
      monitor,
      from: placeView(topology, dpid, tapPorts.get(dpid)),
      to: placeView(topology, last, outletPorts.get(last)),
      ...{ links, marking },
    };
    ways.set(`${marking} ${dpid} ${links.map(({ from }) => `${from.dpid}:${from.port}`)}`, way);
  });
  return ways.values();
}

function placeView(topology: Topology, dpid: Dpid, port: number | undefined): Way["from"] {
  const place = { switch: switchName(topology, dpid), dpid };
  return port === undefined ? place : { ...place, port };
}

/** By switch: the only port of a list there; undefined where there are several. */
type SinglePorts = ReadonlyMap<Dpid, number | undefined>;

function* singlePorts(ports: readonly PortAt[]): Steps<SinglePorts> {
  const found = new Map<Dpid, number | undefined>();
  yield* forEach(ports, ({ dpid, port }) => {
    const isOther = found.has(dpid) && found.get(dpid) !== port;
    found.set(dpid, isOther ? undefined : port);
  });
  return found;
}

function linksOf(hops: readonly Hop[]): CrossedLink[] {
  return hops.flatMap(({ dpid, outPort }, index) => {
    const next = hops[index + 1];
    if (outPort === undefined || next?.inPort === undefined) return [];
    const to = { dpid: next.dpid, port: next.inPort };
    return [{ from: { dpid, port: outPort }, to }];
  });
}

/** The links on the paths between known places of senders and receivers, each once. */
function originalLinks(policy: Policy, topology: Topology): CrossedLink[] {
  const { senders, receivers, direction } = policy;
  const [from, to] = [
    senders.flatMap((party) => switchesOf(topology, party, "sender")),
    receivers.flatMap((party) => switchesOf(topology, party, "receiver")),
  ];
  const pairs = from.flatMap((a) => to.map((b) => [a, b] as const)).slice(0, MOST_PAIRS);
  const links = new Map<string, CrossedLink>();
  for (const [a, b] of pairs) {
    for (const [start, end] of directionsOf(direction, a, b)) {
      for (const link of linksOf(topology.path(start, end) ?? [])) {
        links.set(`${link.from.dpid}:${link.from.port}`, link);
      }
    }
  }
  return [...links.values()];
}

function directionsOf(direction: Policy["direction"], a: Dpid, b: Dpid) {
  const forward = [a, b] as const;
  const reverse = [b, a] as const;
  if (direction === "both") return [forward, reverse];
  return direction === "forward" ? [forward] : [reverse];
}

/** The switches at which a party is; none: it is a prefix, any host, or has no place. */
function switchesOf(
  topology: Topology,
  party: Policy["senders"][number],
  role: "sender" | "receiver",
): Dpid[] {
  const found = placeOf(topology, party, role);
  return found.kind === "exact" ? found.places.map(({ dpid }) => dpid) : [];
}
