// SPDX-License-Identifier: Apache-2.0
import type {
  ExplainedHop,
  ExplainedPort,
  FiredRule,
  SentFrameView,
} from "../../../contract/explain.ts";
import { type EntryRef, entryRef, flowKey } from "../../../flow-model/index.ts";
import { complete } from "../../../lang/steps.ts";
import type { Fired, Outcome, Sent, Visit } from "../../../simulation/index.ts";
import type { Dpid, PortNo, Topology } from "../../../topology/index.ts";
import type { EntryState } from "../../status/policy-status.ts";
import { desiredView, foreignRuleView } from "../../views/rule-view.ts";
import type { ForeignSpecs } from "./foreign-entries.ts";
import { hostText } from "./frame-input.ts";

/** The state of the controller that hops are built from. */
interface HopDeps {
  readonly topology: Topology;
  readonly entryState: (ref: EntryRef) => EntryState;
  /** The entries of other applications in the tables that were run. */
  readonly foreign?: ForeignSpecs | undefined;
}

/** The visits of a frame and its copies at switches. */
export function hopsView({ visits }: Outcome, deps: HopDeps): ExplainedHop[] {
  return visits.map((visit) => ({
    switch: deps.topology.switches.get(visit.dpid)?.name ?? visit.dpid,
    dpid: visit.dpid,
    inPort: visit.inPort,
    kind: visit.role,
    frame: hex(visit.bytes),
    ...(visit.from === undefined ? {} : { from: visit.from }),
    rules: visit.fired.flatMap((fired) => ruleOf(fired, visit, deps)),
    sends: visit.sent.map((sent) => sentView(sent, visit, deps.topology)),
  }));
}

/** Bytes in hex. */
export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex");
}

/** What is known of an entry of another application besides its content. */
const FOREIGN = { category: "unknown", state: "foreign" } as const;

/** A rule that matched; none on a table miss and in the tables of another application. */
function ruleOf({ flow, table, bytes }: Fired, { dpid }: Visit, deps: HopDeps): FiredRule[] {
  if (flow === undefined || table !== 0) return [];
  const foreign = deps.foreign?.get(flow);
  if (foreign) return [{ ...foreignRuleView(foreign), ...FOREIGN, frame: hex(bytes) }];
  const state = deps.entryState(entryRef(dpid, flowKey(flow)));
  const { rules } = complete(desiredView([flow]));
  return rules.map((rule) => ({
    ...rule,
    ...(typeof state === "string" ? { state } : { state: "refused", detail: state.refused }),
    frame: hex(bytes),
  }));
}

function sentView(sent: Sent, { dpid }: Visit, topology: Topology): SentFrameView {
  const { role, bytes, mayDrop } = sent;
  return { kind: role, frame: hex(bytes), mayDrop, to: destination() };

  function destination(): SentFrameView["to"] {
    if (sent.to === "controller") return { controller: true };
    if (sent.to === "table") return { table: sent.table };
    const { port } = sent;
    const peer = topology.peer(dpid, port);
    if (peer !== undefined) {
      const name = topology.switches.get(peer.dpid)?.name ?? peer.dpid;
      return { port, link: { switch: name, port: peer.port } };
    }
    const hosts = topology.macsAt(dpid, port).flatMap((mac) => topology.hostByMac(mac) ?? []);
    return { port, hosts: hosts.map(hostText) };
  }
}

/** A port with the hosts known at it. */
export function portView(
  topology: Topology,
  { dpid, port }: { readonly dpid: Dpid; readonly port: PortNo },
): ExplainedPort {
  const hosts = topology.macsAt(dpid, port).flatMap((mac) => topology.hostByMac(mac) ?? []);
  const name = topology.switches.get(dpid)?.name ?? dpid;
  return { switch: name, dpid, port, hosts: hosts.map(hostText) };
}
