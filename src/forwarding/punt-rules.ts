import { match, output, Port } from "../openflow/index.ts";
import { Band, type FlowSpec, TAP_TABLE } from "../pipeline/index.ts";
import { type Dpid, PROBE_DESTINATION, PROBE_SOURCE, type Topology } from "../topology/index.ts";
import { hostPunts } from "./host-punts.ts";

/** Type of LLDP frames. @spec IEEE 802.1AB-2016 §7.4 */
const LLDP = 0x88cc;
/** A packet-in carries the whole frame. @spec OpenFlow 1.4.1 §7.2.5 (OFPCML_NO_BUFFER) */
const WHOLE_FRAME = 0xffff;

/** The rules by which a switch hands frames to the controller; none when nothing is discovered. */
export function puntRules(topology: Topology, dpid: Dpid): readonly FlowSpec[] {
  return topology.discovers ? [probeRule, ...hostPunts(topology, dpid)] : [];
}

/**
 * OpenVTAP's own LLDP probes go to the controller and no further. They are told from the LLDP of
 * others by their source address: that is treated as if there were no discovery.
 */
export const probeRule: FlowSpec = {
  table: TAP_TABLE,
  priority: Band.discovery,
  match: match({ ethDst: PROBE_DESTINATION, ethSrc: PROBE_SOURCE, ethType: LLDP }),
  category: "discovery",
  actions: [output(Port.Controller, WHOLE_FRAME)],
};
