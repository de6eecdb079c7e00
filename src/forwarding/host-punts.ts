// SPDX-License-Identifier: Apache-2.0
import {
  Band,
  type FlowActionSpec,
  type FlowSpec,
  type MeterSpec,
  Pass,
  TAP_TABLE,
} from "../flow-model/index.ts";
import { type Match, match, resubmit, setField } from "../openflow/index.ts";
import {
  type Dpid,
  LOCAL_PORT,
  type PortAt,
  type PortNo,
  PROBE_SOURCE,
  type Topology,
} from "../topology/index.ts";
import { cachedByPort } from "./cached-by-port.ts";

/*
 * How a switch sends frames about hosts to the controller without affecting their forwarding.
 *
 * Problem: a frame must reach the controller within a rate limit, and be processed as usual (by taps
 * and base forwarding) at any rate. A meter instruction drops the frame itself: on Open vSwitch 3.1 a
 * dropped frame does not reach the other buckets of a group either. One rule for each kind of frame
 * and port would mean hundreds of rules.
 *
 * Solution: the frame passes the table twice more, distinguished by register 0 (`Pass`). One rule for
 * each kind of frame sets it to `punt` and resubmits: there one rule for each port punts, by an action
 * with a meter of its own (on a clone of the frame, so that the meter drops nothing else), and one rule
 * matches frames from other ports. Then the first rule sets the register to `forward` and resubmits: no
 * rule here matches, and the frame is processed as usual.
 */

/**
 * Order within the band. A port without known hosts also punts all frames that no other rule punts; one that a host
 * has left, those of this host.
 */
const Offset = { atPort: 30, atNoPort: 20, ownReply: 10, kind: 0, firstFrames: -10 } as const;

/** Bytes sent to the controller: enough for DHCP with its first options. */
const PUNTED_BYTES = 384;

/** Most frames per second from a switch, shared evenly by its ports; the possible rates of a port. */
const SWITCH_RATE = 1000;
const PORT_RATES = [100, 50, 20, 10, 5, 2, 1] as const;
const LEAST_RATE = 1;
/** Smallest burst in packets: a host that starts announces all of its addresses at once. */
const LEAST_BURST = 10;

const PUNT: readonly FlowActionSpec[] = [setField("reg0", Pass.punt), resubmit(TAP_TABLE)];
const PUNT_AND_FORWARD: readonly FlowActionSpec[] = [
  ...PUNT,
  setField("reg0", Pass.forward),
  resubmit(TAP_TABLE),
];

const ARP = { ethType: 0x0806 } as const;
const RARP = { ethType: 0x8035 } as const;
const DHCP4 = { ethType: 0x0800, ipProto: 17, udpSrc: 68, udpDst: 67 } as const;
const DHCP6 = { ethType: 0x86dd, ipProto: 17, udpSrc: 546, udpDst: 547 } as const;
const ADVERTISEMENT = { ethType: 0x86dd, ipProto: 58, icmpv6Type: 136 } as const;
const ND = [133, 134, 135].map(
  (icmpv6Type) => ({ ethType: 0x86dd, ipProto: 58, icmpv6Type }) as const,
);

/** The rule for ARP replies to the controller's own probes. */
export const hostAnswerRule: FlowSpec = ownReply(ARP);

/** The rules that are the same on every switch. Replies to the controller's own probes are not forwarded. */
const COMMON: readonly FlowSpec[] = [
  punt(Offset.atNoPort, match({ reg0: Pass.punt }), []),
  hostAnswerRule,
  ownReply(ADVERTISEMENT),
  ...[ARP, RARP, ...ND, ADVERTISEMENT, DHCP4, DHCP6].map((kind) =>
    punt(Offset.kind, match({ reg0: Pass.first, ...kind }), PUNT_AND_FORWARD),
  ),
];

/**
 * The rules by which a switch punts ARP, RARP, neighbour discovery and DHCP from its edge ports, and
 * the first frames of any kind from a port where no host is known: those that concern all ports.
 */
export function commonHostPunts(topology: Topology, dpid: Dpid): readonly FlowSpec[] {
  return puntsHosts(topology, dpid) ? COMMON : [];
}

/**
 * Whether a switch punts frames of hosts. One whose other tables belong to another application does
 * not: that application may use register 0. A switch other than Open vSwitch has neither registers
 * nor resubmit, and would refuse these rules.
 */
function puntsHosts(topology: Topology, dpid: Dpid): boolean {
  const found = topology.switches.get(dpid);
  return found !== undefined && !found.isPlain && typeof found.forwarding === "string";
}

/** The rules by which a switch punts frames of hosts at one port. `rate` is that of `puntRate`. */
export function hostPuntsAt(
  topology: Topology,
  { dpid, port }: PortAt,
  rate: number,
): readonly FlowSpec[] {
  const isEdge = port !== LOCAL_PORT && !topology.isLinkPort(dpid, port);
  const hasPort = topology.switches.get(dpid)?.ports.has(port) === true;
  if (!isEdge || !hasPort || !puntsHosts(topology, dpid)) return [];
  const isKnown = topology.macsAt(dpid, port).length > 0;
  if (!isKnown) return [atPort(port, rate), firstFrames(port, 0)];
  return [
    atPort(port, rate),
    ...topology.watchedAt(dpid, port).map((mac) => leftBehind(port, mac)),
  ];
}

/** Most frames of hosts per second from each port of a switch. */
export function puntRate(topology: Topology, dpid: Dpid): number {
  const ports = topology.switches.get(dpid)?.ports;
  if (!ports) return LEAST_RATE;
  const links = [...topology.linkRoles(dpid).keys(), LOCAL_PORT].filter((port) => ports.has(port));
  return portRate(ports.size - new Set(links).size);
}

/** One of few rates, so that adding or removing a port seldom changes the meters of all ports. */
function portRate(ports: number): number {
  return PORT_RATES.find((rate) => rate * ports <= SWITCH_RATE) ?? LEAST_RATE;
}

const atPort = cachedByPort((port: PortNo, rate: number) => {
  const burst = Math.max(rate, LEAST_BURST);
  // A meter per port: frames of one port do not use up the rate of another.
  const meter: MeterSpec = { unit: "pktps", rate, burst, owner: `hosts at port ${port}` };
  const punted = { type: "punt", maxLen: PUNTED_BYTES, meter } as const;
  return punt(Offset.atPort, match({ reg0: Pass.punt, inPort: port }), [punted]);
});

const firstFrames = cachedByPort((port: PortNo) =>
  punt(Offset.firstFrames, match({ reg0: Pass.first, inPort: port }), PUNT_AND_FORWARD),
);

function ownReply(kind: typeof ARP | typeof ADVERTISEMENT): FlowSpec {
  return punt(Offset.ownReply, match({ reg0: Pass.first, ethDst: PROBE_SOURCE, ...kind }), PUNT);
}

/** Punts frames of any kind of a host that has left the port. */
function leftBehind(port: PortNo, ethSrc: number): FlowSpec {
  const matched = match({ reg0: Pass.first, inPort: port, ethSrc });
  return punt(Offset.firstFrames, matched, PUNT_AND_FORWARD);
}

function punt(offset: number, matched: Match, actions: readonly FlowActionSpec[]): FlowSpec {
  const priority = Band.discovery + offset;
  return { table: TAP_TABLE, priority, match: matched, category: "discovery", actions };
}
