// SPDX-License-Identifier: Apache-2.0
import {
  Band,
  type FlowActionSpec,
  type FlowSpec,
  type MeterSpec,
  TAP_TABLE,
} from "../flow-model/index.ts";
import { match, NO_TRUNCATION, output, Port } from "../openflow/index.ts";
import {
  type Dpid,
  type PortAt,
  type PortNo,
  PROBE_DESTINATION,
  PROBE_SOURCE,
  type Topology,
} from "../topology/index.ts";
import { cachedByPort } from "./cached-by-port.ts";
import { commonHostPunts, hostPuntsAt } from "./host-punts.ts";

/** Type of LLDP frames. @spec IEEE 802.1AB-2016 §7.4 */
const LLDP = 0x88cc;

/**
 * Limits the probes that a switch punts from ports without a known switch behind them: a host could
 * send any number of forged probes.
 */
const PROBE_METER: MeterSpec = { unit: "pktps", rate: 500, burst: 500, owner: "probes" };

/**
 * The same for ports that are being probed for a switch behind them: forged probes from another port
 * must not make two linked ports look like host ports.
 */
const PROBING_METER: MeterSpec = { ...PROBE_METER, owner: "probing" };

const PROBE = { ethDst: PROBE_DESTINATION, ethSrc: PROBE_SOURCE, ethType: LLDP } as const;
/** Only Open vSwitch knows controller ids: a plain switch sends a packet-in to every controller. */
const PLAIN_PUNT: readonly FlowActionSpec[] = [output(Port.Controller, NO_TRUNCATION)];
const PUNT: readonly FlowActionSpec[] = [{ type: "punt", maxLen: NO_TRUNCATION }];

/** The rules by which a switch punts frames from all its ports to the controller; none without discovery. */
export function puntRules(topology: Topology, dpid: Dpid): readonly FlowSpec[] {
  const kind = puntKind(topology, dpid);
  if (kind === undefined) return [];
  return [kind === "plain" ? plainProbeRule : probeRule, ...commonHostPunts(topology, dpid)];
}

/** The rules by which a switch punts frames from one port. `rate` is that of `puntRate`. */
export function puntRulesAt(topology: Topology, at: PortAt, rate: number): readonly FlowSpec[] {
  const kind = puntKind(topology, at.dpid);
  if (kind === undefined) return [];
  const role = topology.linkRole(at.dpid, at.port);
  const rule = role === "probing" ? probingPortRule : linkPortRule;
  const probes = role === undefined ? [] : [rule(at.port, kind)];
  return [...probes, ...hostPuntsAt(topology, at, rate)];
}

/**
 * Sends OpenVTAP's own LLDP probes to the controller only. Their source address distinguishes them
 * from other LLDP frames, which are forwarded as without discovery.
 */
export const probeRule: FlowSpec = {
  table: TAP_TABLE,
  priority: Band.discovery,
  match: match(PROBE),
  category: "discovery",
  meter: PROBE_METER,
  actions: PUNT,
};

const plainProbeRule: FlowSpec = { ...probeRule, actions: PLAIN_PUNT };

/** Whether a switch sends probes to OpenVTAP alone, or is plain and sends them to every controller. */
export type PuntKind = "own" | "plain";

/**
 * Unmetered: a host that sends forged probes uses up the meter of the common rule, but must not make links
 * look dead.
 */
const linkPortRule = cachedByPort((inPort: PortNo, kind: PuntKind): FlowSpec => {
  const { meter: _, ...rule } = probesFrom(inPort, Band.discovery + 1, kind);
  return rule;
});

const probingPortRule = cachedByPort((inPort: PortNo, kind: PuntKind): FlowSpec => {
  return { ...probesFrom(inPort, Band.discovery + 1, kind), meter: PROBING_METER };
});

/** Sends the probes that enter by a port to the controller, within the meter of ports without a switch. */
export function probesFrom(inPort: PortNo, priority: number, kind: PuntKind): FlowSpec {
  const rule = kind === "plain" ? plainProbeRule : probeRule;
  return { ...rule, priority, match: match({ inPort, ...PROBE }) };
}

/** Undefined without discovery: no probes are sent to anyone. */
export function puntKind({ discovers, switches }: Topology, dpid: Dpid): PuntKind | undefined {
  if (!discovers) return undefined;
  return switches.get(dpid)?.isPlain ? "plain" : "own";
}
