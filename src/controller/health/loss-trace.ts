// SPDX-License-Identifier: Apache-2.0
import type { CopyWay, ProbeTunnel } from "../../policy/index.ts";
import type { Dpid, PortNo } from "../../topology/index.ts";

/** A place on a way where a probe is sent to find out how much of the way behind it is in order. */
export interface TracePoint {
  readonly dpid: Dpid;
  /** Index of the switch in `CopyWay.hops`. */
  readonly hop: number;
  /** It is handled as if it had entered by this port, or leaves by that port. */
  readonly send:
    | { readonly enters: PortNo }
    | { readonly leaves: PortNo; readonly tunnel?: ProbeTunnel };
}

/** Longest part of a way that is traced, in switches from its end. */
const MOST_HOPS = 16;

/** The places from which probes are sent when those of a whole way are lost. */
export function tracePoints({ hops }: CopyWay): readonly TracePoint[] {
  const points: TracePoint[] = [];
  for (const [hop, { dpid, inPort, outPort }] of hops.entries()) {
    if (hop < hops.length - MOST_HOPS) continue;
    if (inPort !== undefined) points.push({ dpid, hop, send: { enters: inPort } });
    if (outPort !== undefined) points.push({ dpid, hop, send: { leaves: outPort } });
  }
  return points;
}

/**
 * Where probes are lost, a sentence without a full stop. From some place on all probes arrive: what is right
 * before that place is at fault, a switch's table or a link.
 *
 * `arrived`: the points whose probes arrived.
 */
export function lossText(
  way: CopyWay,
  arrived: ReadonlySet<TracePoint>,
  switchName: (dpid: Dpid) => string,
): string {
  const { from, out, hops } = way;
  const nameOf = (hop: number) => switchName(hops[hop]?.dpid ?? from);
  const first = firstIntact(arrived);
  const last = hops.length - 1;
  if (first === undefined) {
    return `probes are lost at ${nameOf(last)}: it does not take marked frames that enter by port ${hops[last]?.inPort} as copies (another rule is before those of vtap, or they are gone)`;
  }
  const { hop, send } = first;
  if ("leaves" in send) {
    return `probes are lost at ${nameOf(hop)}: it does not forward marked frames from port ${hops[hop]?.inPort} to port ${send.leaves} (another rule is before that of vtap, or it is gone)`;
  }
  const sender = hop === 0 ? switchName(from) : nameOf(hop - 1);
  const port = hop === 0 ? out : hops[hop - 1]?.outPort;
  return `probes are lost between ${sender} port ${port} and ${nameOf(hop)} port ${send.enters}: the link does not carry marked frames`;
}

/** The place nearest to the tap from which a probe arrived. */
function firstIntact(arrived: ReadonlySet<TracePoint>): TracePoint | undefined {
  let first: TracePoint | undefined;
  for (const point of arrived) if (first === undefined || isBefore(point, first)) first = point;
  return first;
}

function isBefore(a: TracePoint, b: TracePoint): boolean {
  return a.hop < b.hop || (a.hop === b.hop && "enters" in a.send && "leaves" in b.send);
}
