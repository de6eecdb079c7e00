import {
  Band,
  type FlowActionSpec,
  type FlowSpec,
  type MeterSpec,
  TAP_TABLE,
} from "../flow-model/index.ts";
import { type Match, match, setField } from "../openflow/index.ts";
import {
  type Dpid,
  LOCAL_PORT,
  type PortNo,
  PROBE_SOURCE,
  type Topology,
} from "../topology/index.ts";
import { resubmit } from "./resubmit.ts";

/**
 * How a switch hands over the frames that tell of hosts, without touching them.
 *
 * Problem: a frame must reach the controller within a rate, and go its ordinary way (through taps and
 * base forwarding) at any rate. A meter instruction drops the frame itself: on Open vSwitch 3.1 what
 * it drops does not reach the other buckets of a group either. And a rule per kind of frame and port
 * would be hundreds of rules.
 *
 * Solution: the table is gone through twice more, told apart by register 0 (which no other rule of
 * ours and nothing on the wire knows). A rule per kind of frame sets it to `ASKS` and resubmits: there
 * a rule per port punts, by an action that has a meter of its own (its own clone of the frame, so that
 * the meter drops nothing else), and one rule catches what came by other ports. Then it is set to
 * `GOES_ON` and the frame resubmitted: no rule here matches, and all others do what they always did.
 */
const Pass = { first: 0, asks: 2, goesOn: 1 } as const;

/** Order within the band. A port without known hosts asks for all frames that nothing else asks for. */
const Offset = { atPort: 30, atNoPort: 20, ownReply: 10, kind: 0, firstFrames: -10 } as const;

/** Enough for DHCP with its first options. */
const PUNTED_BYTES = 384;

/** Frames per second that a switch hands over at most, shared evenly by its ports, and the share's bounds. */
const SWITCH_RATE = 1000;
const PORT_RATES = [100, 50, 20, 10, 5, 2, 1] as const;
const LEAST_RATE = 1;
/** Packets at once: a host that comes up says all of its addresses in a moment, whatever the rate. */
const LEAST_BURST = 10;

const ASK: readonly FlowActionSpec[] = [setField("reg0", Pass.asks), resubmit(TAP_TABLE)];
const ASK_AND_GO_ON: readonly FlowActionSpec[] = [
  ...ASK,
  setField("reg0", Pass.goesOn),
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

/** What is the same on every switch. Answers to the controller's own questions go no further. */
const COMMON: readonly FlowSpec[] = [
  punt(Offset.atNoPort, match({ reg0: Pass.asks }), []),
  ...[ARP, ADVERTISEMENT].map((kind) =>
    punt(Offset.ownReply, match({ reg0: Pass.first, ethDst: PROBE_SOURCE, ...kind }), ASK),
  ),
  ...[ARP, RARP, ...ND, ADVERTISEMENT, DHCP4, DHCP6].map((kind) =>
    punt(Offset.kind, match({ reg0: Pass.first, ...kind }), ASK_AND_GO_ON),
  ),
];

/**
 * The rules by which a switch hands over ARP, RARP, neighbour discovery and DHCP from its edge ports,
 * and the first frames of any kind from a port where no host is known. A switch whose other tables
 * belong to another application gets none: register 0 may mean something there. One that is not
 * Open vSwitch has neither registers nor resubmit, and would refuse every one of them.
 */
export function hostPunts(topology: Topology, dpid: Dpid): FlowSpec[] {
  const found = topology.switches.get(dpid);
  if (!found || found.isPlain || typeof found.forwarding !== "string") return [];
  const ports = [...found.ports.keys()].filter(
    (port) => port !== LOCAL_PORT && !topology.isLinkPort(dpid, port),
  );
  const rate = portRate(ports.length);
  return [
    ...COMMON,
    ...ports.map((port) => atPort(port, rate)),
    ...ports.flatMap((port) => (topology.macsAt(dpid, port).length > 0 ? [] : [firstFrames(port)])),
  ];
}

/** Few different rates, so that a port more or less seldom changes the meters of all. */
function portRate(ports: number): number {
  return PORT_RATES.find((rate) => rate * ports <= SWITCH_RATE) ?? LEAST_RATE;
}

const atPort = remembered((port: PortNo, rate: number) => {
  const burst = Math.max(rate, LEAST_BURST);
  // Its own meter: one port's frames never cost another's.
  const meter: MeterSpec = { unit: "pktps", rate, burst, owner: `hosts at port ${port}` };
  const punted = { type: "punt", maxLen: PUNTED_BYTES, meter } as const;
  return punt(Offset.atPort, match({ reg0: Pass.asks, inPort: port }), [punted]);
});

const firstFrames = remembered((port: PortNo) =>
  punt(Offset.firstFrames, match({ reg0: Pass.first, inPort: port }), ASK_AND_GO_ON),
);

/** The same rules stand on every switch: made once, they are compared by identity. */
function remembered(make: (port: PortNo, rate: number) => FlowSpec) {
  const known = new Map<number, Map<PortNo, FlowSpec>>();
  return (port: PortNo, rate = 0): FlowSpec => {
    const rules = known.get(rate) ?? new Map<PortNo, FlowSpec>();
    known.set(rate, rules);
    const rule = rules.get(port) ?? make(port, rate);
    rules.set(port, rule);
    return rule;
  };
}

function punt(offset: number, matched: Match, actions: readonly FlowActionSpec[]): FlowSpec {
  const priority = Band.discovery + offset;
  return { table: TAP_TABLE, priority, match: matched, category: "discovery", actions };
}
