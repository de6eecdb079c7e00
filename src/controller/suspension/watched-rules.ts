// SPDX-License-Identifier: Apache-2.0
import {
  type EntryRef,
  type FlowActionSpec,
  type FlowSpec,
  splitEntryRef,
} from "../../flow-model/index.ts";
import { Port } from "../../openflow/index.ts";
import type { PolicyPlan } from "../../policy/index.ts";
import type { Dpid, PortNo, Topology } from "../../topology/index.ts";
import type { WatchedRules } from "./drop-guard.ts";

/**
 * The rules that make a policy's copies, and the ports where a policy's copies can displace production frames: where its tap points receive
 * frames, where they send the originals, and every link that its copies cross. A port that only copies
 * leave by, a monitor's, is not among them: only copies are lost there.
 */
export function watchedRules(
  { copies }: PolicyPlan,
  topology: Topology,
  desired: (ref: EntryRef) => FlowSpec | undefined,
): WatchedRules {
  const ports = new Map<Dpid, Set<number> | "all">();
  const rules: EntryRef[] = [];
  for (const ref of new Set(copies.flatMap(({ entries }) => entries))) {
    const spec = desired(ref);
    if (!spec) continue;
    if (spec.category === "rewriting") rules.push(ref);
    const dpid = splitEntryRef(ref).dpid as Dpid;
    const known = ports.get(dpid) ?? new Set();
    ports.set(dpid, known === "all" ? known : joined(known, portsOf(spec, dpid, topology)));
  }
  return { ports, rules };
}

function joined(known: Set<number>, more: Set<number> | "all"): Set<number> | "all" {
  if (more === "all") return more;
  for (const port of more) known.add(port);
  return known;
}

function portsOf(spec: FlowSpec, dpid: Dpid, topology: Topology): Set<number> | "all" {
  const ports = new Set<number>();
  for (const field of spec.match) {
    if (field.field === "inPort") ports.add(field.value);
  }
  for (const { port, isOriginal } of outputsOf(spec.actions, true)) {
    if (port === Port.Normal || port === Port.Flood || port === Port.All) return "all";
    const isLink = topology.isLinkPort(dpid, port as PortNo);
    if (port <= Port.Max && (isLink || (isOriginal && spec.category === "rewriting"))) {
      ports.add(port);
    }
  }
  return ports;
}

function* outputsOf(
  actions: readonly FlowActionSpec[],
  isOriginal: boolean,
): Generator<{ port: number; isOriginal: boolean }> {
  for (const action of actions) {
    if (action.type === "output") yield { port: action.port, isOriginal };
    if (action.type !== "useGroup") continue;
    for (const bucket of action.group.buckets) {
      yield* outputsOf(bucket.actions, isOriginal && bucket.role === "original");
    }
  }
}
