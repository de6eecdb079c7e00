// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from "node:crypto";
import { systemClock } from "../../runtime/clock.ts";
import type { PacketOuts } from "../discovery/packet-outs.ts";
import { PathProbeFrames } from "../health/path-probe-frames.ts";
import { PathProber, type PathProberDeps } from "../health/path-prober.ts";
import { PolicyHealthTracker } from "../health/policy-health-tracker.ts";
import { type ObstacleInputs, wayObstacle } from "../health/way-obstacle.ts";
import type { ControllerOptions } from "./controller-options.ts";
import type { Core } from "./create-core.ts";
import { type Programming, switchInputs } from "./create-programming.ts";

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
  const { events, logger, compilation } = core;
  const { statusTracker, counters, desired } = programming;
  const inputs = switchInputs(core, programming.reconciler);
  const { switchName } = inputs;
  const prober =
    intervalMs === 0
      ? undefined
      : createProber(options, inputs, {
          intervalMs,
          send: (dpid, frame, how) =>
            "leaves" in how
              ? packetOuts.send(dpid, how.leaves, frame, how.tunnel)
              : packetOuts.handle(dpid, how.enters, frame),
          changed: (way, health) => tracker.wayChanged(way, health),
        });
  const tracker = new PolicyHealthTracker({
    ...{ clock: systemClock, logger, prober, intervalMs, switchName },
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
  inputs: ObstacleInputs,
  deps: Pick<PathProberDeps, "intervalMs" | "send" | "changed">,
): PathProber {
  return new PathProber({
    ...deps,
    clock: systemClock,
    now,
    frames: new PathProbeFrames(randomBytes(KEY_BYTES)),
    obstacle: (way) => wayObstacle(way, inputs),
    switchName: inputs.switchName,
  });
}
