// SPDX-License-Identifier: Apache-2.0
import type { Dpid } from "../../../topology/index.ts";
import { fieldNamed } from "../../match-region/fields.ts";
import type { FilterTerm } from "../../match-region/filter-term.ts";
import type { CutQuery } from "./policy-query.ts";
import { knowsBySource, type Tap } from "./tap.ts";

/** A tap for frames with a source address of a monitor's port. */
interface IngressTap {
  /** Without monitors and pieces. */
  readonly tap: Tap;
  /** The monitors, by the identity of their port. */
  readonly keys: ReadonlySet<string>;
  /** What its frames must match in addition to what the other tap's frames match. */
  readonly source: FilterTerm;
}

/**
 * The ingress taps that a tap at the receiver's edge needs.
 *
 * Problem: a monitor gets no copies of frames that enter at its own port. A tap on another switch receives these
 * frames by a link, and recognizes them by their source address alone: a host that forges it would be hidden
 * from the monitor. Solution: the tap copies no frames with such an address; each switch copies those that
 * enter there by a port of a host, except for the monitor's.
 */
export function* ingressTaps(tap: Tap, views: number, query: CutQuery): Iterable<IngressTap> {
  // Of what leaves by a port mirrors do not show the port by which it entered.
  if (tap.mirrored !== undefined) return;
  const ports = new Map<string, readonly number[]>();
  for (const monitor of tap.monitors) {
    const { key, portMacs } = monitor;
    if (portMacs.length === 0 || ports.has(key) || !knowsBySource(tap, monitor)) continue;
    ports.set(key, portMacs);
    const field = fieldNamed("ethSrc");
    const alternatives = portMacs.map((value) => ({ value, mask: field.fullMask }));
    for (const dpid of query.ingressSwitches(monitor, tap.dpid, views)) {
      yield {
        tap: ingressTap(tap, dpid, query),
        keys: new Set([key]),
        source: { field, alternatives },
      };
    }
  }
}

function ingressTap(tap: Tap, dpid: Dpid, query: CutQuery): Tap {
  const own = dpid === tap.dpid ? tap.exceptInPorts : [];
  const exceptInPorts = [...own, ...query.innerPorts(dpid)];
  return { ...tap, dpid, edge: "sender", exceptInPorts, isIngress: true, monitors: [], pieces: [] };
}
