// SPDX-License-Identifier: Apache-2.0
import { entryRef, flowKey, patchDelivery } from "../../../flow-model/index.ts";
import type { Dpid } from "../../../topology/index.ts";
import type { Delivery, Policy } from "../../model/policy.ts";
import type { Untappable } from "../../placement/beside.ts";
import {
  type LostMonitor,
  nameOf,
  type PlacedMonitor,
  shareOut,
  whyUntreatable,
} from "../../placement/placed-monitors.ts";
import type { PlanProblem } from "../model/policy-plan.ts";
import type { PolicyQuery } from "./policy-query.ts";
import { withRewrittenIp } from "./rewritten-ip.ts";

/** What copies of a policy have in common, wherever they are made. */
export interface CopyContext {
  readonly policy: Policy;
  readonly monitors: readonly (PlacedMonitor | LostMonitor)[];
  /** Whether some switch may be unable to treat copies as the policy requests. */
  readonly isTreated: boolean;
  readonly query: PolicyQuery;
  /** Receives the problems. */
  readonly problems: PlanProblem[];
}

/** The monitors of copies that a switch makes; reports those whose copies it cannot treat, or send. */
export function monitorsAt(
  dpid: Dpid,
  { policy, monitors, isTreated, query, problems }: CopyContext,
): readonly PlacedMonitor[] {
  const prepared = preparedMonitors(dpid, policy, monitors, query).flatMap((monitor) => {
    const found = sentFrom(dpid, monitor, policy, query);
    if (!("what" in found)) return found;
    problems.push({ blocks: "monitor", monitor: nameOf(monitor), ...found });
    return [];
  });
  if (!isTreated) return prepared;
  return prepared.filter((monitor) => {
    const what = whyUntreatable(policy, dpid, monitor, (at) => query.plainName(at));
    if (what === undefined) return true;
    problems.push({ blocks: "monitor", monitor: nameOf(monitor), what });
    return false;
  });
}

/** A monitor as the copies of a switch reach it, or why they do not. */
function sentFrom(
  dpid: Dpid,
  monitor: PlacedMonitor,
  policy: Policy,
  query: PolicyQuery,
): PlacedMonitor | Untappable {
  if (monitor.party.tunnel !== undefined || monitor.dpid === dpid) return monitor;
  const own = query.tapBridgeName(dpid);
  if (own !== undefined) return patchedFrom({ dpid, name: own }, monitor, policy, query);
  if (policy.delivery === "overlay") {
    const what = `copies leave by delivery overlay from bridges of OpenVTAP's own alone, where mirrors hand frames over: leave delivery out, or have the switch tapped in this way ("beside": { "mirrors": true })`;
    return { what, state: "error" };
  }
  const what = besideTheWay(dpid, monitor, query);
  return what === undefined ? monitor : { what, state: "error" };
}

/** A monitor as the copies of a bridge of OpenVTAP's own reach it: by a patch port alone. */
function patchedFrom(
  { dpid, name: own }: { readonly dpid: Dpid; readonly name: string },
  monitor: PlacedMonitor,
  { truncate, delivery }: Policy,
  query: PolicyQuery,
): PlacedMonitor | Untappable {
  const name = nameOf(monitor);
  if (query.tapBridgeOf(monitor.dpid) !== dpid) {
    return overlaidFrom({ dpid, name: own }, monitor, delivery, query);
  }
  if (truncate !== undefined) {
    const what = `copies for monitor ${name} leave ${own} by a patch port, which takes no truncated frames: plug the monitor into ${own}, or remove truncate`;
    return { what, state: "error" };
  }
  const patched = { dpid: monitor.dpid, port: monitor.port, use: "copies" } as const;
  const inPort = query.sourcePatch(patched);
  const port = query.mirroredPort(patched, patched.use)?.entry?.port;
  if (port === undefined || inPort === undefined) {
    const obstacle = query.untappable(monitor.dpid, patched);
    return obstacle ?? { what: `${own} has no patch port for monitor ${name} yet` };
  }
  const entry = entryRef(monitor.dpid, flowKey(patchDelivery(inPort, monitor.port)));
  return { ...monitor, patch: { port, entry } };
}

/** A monitor as the copies of a bridge of OpenVTAP's own reach it at another switch: by a tunnel between two such bridges. */
function overlaidFrom(
  { dpid, name: own }: { readonly dpid: Dpid; readonly name: string },
  monitor: PlacedMonitor,
  delivery: Delivery,
  query: PolicyQuery,
): PlacedMonitor | Untappable {
  if (delivery !== "auto" && delivery !== "overlay") {
    const what = `copies leave ${own} for monitor ${nameOf(monitor)} at another switch by delivery overlay alone, not ${delivery}: leave delivery out, or plug the monitor into the switch where frames are tapped`;
    return { what, state: "error" };
  }
  const overlay = query.overlayTo(dpid, monitor);
  if (overlay === undefined) {
    const what = `no copies leave ${own} for monitor ${nameOf(monitor)}: it is at a switch whose frames no mirrors hand over, where no tunnel for copies ends; plug it into a switch with "beside": { "mirrors": true }, or have copies leave by a tunnel (delivery "tunnel")`;
    return { what, state: "error" };
  }
  return "what" in overlay ? overlay : { ...monitor, overlay };
}

/**
 * Why copies cannot leave a switch for a monitor, or arrive there: another application's tables would handle them.
 * Undefined: no such tables are on their way.
 */
function besideTheWay(dpid: Dpid, monitor: PlacedMonitor, query: PolicyQuery): string | undefined {
  const remedy = (name: string) =>
    `another application's tables would handle them: plug it into ${name}, or have copies leave by a tunnel (delivery "tunnel")`;
  const here = query.besideName(dpid);
  if (here !== undefined) {
    return `no copies leave switch ${here} for monitor ${nameOf(monitor)} at another switch: ${remedy(here)}`;
  }
  const there = query.besideName(monitor.dpid);
  if (there === undefined) return undefined;
  return `no copies arrive at switch ${there} for monitor ${nameOf(monitor)} from another switch: ${remedy("the switch where frames are tapped")}`;
}

/** Monitors with their share of the flows, and the IP address or tunnel port that copies get. */
function preparedMonitors(
  dpid: Dpid,
  policy: Policy,
  monitors: readonly (PlacedMonitor | LostMonitor)[],
  query: PolicyQuery,
): readonly PlacedMonitor[] {
  const shared = shareOut(policy, monitors, (monitor) => query.serves(dpid, monitor));
  if (policy.rewriteIp) {
    return shared.map((monitor) => withRewrittenIp(dpid, monitor, query));
  }
  if (policy.delivery !== "tunnel") return shared;
  return shared.map((monitor) => {
    const { tunnel } = monitor.party;
    if (tunnel === undefined) return monitor;
    return { ...monitor, tunnelPort: query.tunnelPort(dpid, monitor, tunnel) };
  });
}
