// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from "node:crypto";
import { systemClock } from "../../runtime/clock.ts";
import type { Dpid } from "../../topology/index.ts";
import type { PacketOuts } from "../discovery/packet-outs.ts";
import { PathProbeFrames } from "../health/path-probe-frames.ts";
import { PathProber, type PathProberDeps } from "../health/path-prober.ts";
import { PolicyHealthTracker } from "../health/policy-health-tracker.ts";
import { wayObstacle } from "../health/way-obstacle.ts";
import { switchName } from "../views/network-view.ts";
import type { ControllerOptions } from "./controller-options.ts";
import type { Core } from "./create-core.ts";
import type { Programming } from "./create-programming.ts";

/** Bytes of the key that signs probes: of this process alone, since no other one waits for them. */
const KEY_BYTES = 32;

/** Follows whether copies arrive: what probes, statuses and counters show. */
export function createHealth(
  options: ControllerOptions,
  core: Core,
  programming: Programming,
  packetOuts: PacketOuts,
): PolicyHealthTracker {
  const { pathProbeIntervalMs: intervalMs = 0 } = options;
  const { events, logger, compilation, network } = core;
  const { statusTracker, counters, desired } = programming;
  const nameOf = (dpid: Dpid) => switchName(network.topology, dpid);
  const prober =
    intervalMs === 0
      ? undefined
      : createProber(options, core, programming, {
          intervalMs,
          send: (dpid, frame, how) =>
            "leaves" in how
              ? packetOuts.send(dpid, how.leaves, frame)
              : packetOuts.handle(dpid, how.enters, frame),
          switchName: nameOf,
          changed: (way, health) => tracker.wayChanged(way, health),
        });
  const tracker = new PolicyHealthTracker({
    ...{ clock: systemClock, logger, prober, intervalMs, switchName: nameOf },
    publish: (event) => events.publish(event),
    plan: (id) => compilation.lastPlan(id),
    status: (id) => statusTracker.status(id),
    lostCopies: (id) => counters.of(id)?.lost ?? 0,
  });
  desired.subscribePlans((ids) => tracker.plansChanged(ids));
  statusTracker.subscribe({
    changed: (id) => tracker.statusChanged(id),
    flushed: () => undefined,
  });
  return tracker;
}

function createProber(
  { now }: ControllerOptions,
  { network, roles }: Core,
  { reconciler }: Programming,
  deps: Pick<PathProberDeps, "intervalMs" | "send" | "switchName" | "changed">,
): PathProber {
  return new PathProber({
    ...deps,
    clock: systemClock,
    now,
    frames: new PathProbeFrames(randomBytes(KEY_BYTES)),
    obstacle: (way) =>
      wayObstacle(way, {
        entryState: (ref) => reconciler.state(ref),
        switchName: deps.switchName,
        connected: (dpid) => network.topology.switches.get(dpid)?.connected ?? false,
        slave: (dpid) => roles.of(dpid) === "slave",
      }),
  });
}
