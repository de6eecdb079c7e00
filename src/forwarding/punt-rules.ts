// SPDX-License-Identifier: Apache-2.0
import { Band, type FlowSpec, type MeterSpec, TAP_TABLE } from "../flow-model/index.ts";
import { match, output, Port } from "../openflow/index.ts";
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
/** A packet-in carries the whole frame. @spec OpenFlow 1.4.1 §7.2.5 (OFPCML_NO_BUFFER) */
const WHOLE_FRAME = 0xffff;

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
const TO_CONTROLLER = [output(Port.Controller, WHOLE_FRAME)];

/** The rules by which a switch punts frames from all its ports to the controller; none without discovery. */
export function puntRules(topology: Topology, dpid: Dpid): readonly FlowSpec[] {
  return topology.discovers ? [probeRule, ...commonHostPunts(topology, dpid)] : [];
}

/** The rules by which a switch punts frames from one port. `rate` is that of `puntRate`. */
export function puntRulesAt(topology: Topology, at: PortAt, rate: number): readonly FlowSpec[] {
  if (!topology.discovers) return [];
  const role = topology.linkRole(at.dpid, at.port);
  const probes = role === undefined ? [] : [portProbeRule(at.port, role === "probing")];
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
  actions: TO_CONTROLLER,
};

/**
 * Unmetered unless the port is being probed: a host that sends forged probes uses up the meter, but
 * must not make links look dead.
 */
const portProbeRule = cachedByPort((inPort: PortNo, isProbing: boolean): FlowSpec => {
  const { meter: _, ...rule } = probesFrom(inPort, Band.discovery + 1);
  return isProbing ? { ...rule, meter: PROBING_METER } : rule;
});

/** Sends the probes that enter by a port to the controller, within the meter of ports without a switch. */
export function probesFrom(inPort: PortNo, priority: number): FlowSpec {
  return { ...probeRule, priority, match: match({ inPort, ...PROBE }) };
}
