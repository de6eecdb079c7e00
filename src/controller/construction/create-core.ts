// SPDX-License-Identifier: Apache-2.0
import { systemClock } from "../../runtime/clock.ts";
import { StepQueue } from "../../runtime/index.ts";
import { admissionRules, NOTHING_DISCOVERED, TopologyState } from "../../topology/index.ts";
import { AuditLog } from "../audit/audit-log.ts";
import { Compilation } from "../desired/compilation.ts";
import { UncompiledPolicies } from "../desired/uncompiled-policies.ts";
import { EventBus } from "../events.ts";
import { ContestedMonitors } from "../network/contested-monitors.ts";
import { Network } from "../network/network.ts";
import { NetworkUpdates } from "../network/network-updates.ts";
import { PortMemory } from "../network/port-memory.ts";
import { GroupRegistry } from "../policies/group-registry.ts";
import { LifeLimits } from "../policies/life-limits.ts";
import { PolicyRegistry } from "../policies/policy-registry.ts";
import { Storage } from "../storage.ts";
import { SwitchRoles } from "../switches/roles.ts";
import { SessionRegistry } from "../switches/session-registry.ts";
import type { ControllerOptions } from "./controller-options.ts";

/** The parts that depend on no other part but each other: the inputs, their compiler, and who is connected. */
export type Core = ReturnType<typeof createCore>;

export function createCore(options: ControllerOptions) {
  const { logger, now, topology, admission = {}, discovery = true } = options;
  const { pathProbeIntervalMs = 0 } = options;
  const rules = admissionRules(admission, topology.switches.length > 0);
  const state = TopologyState.empty
    .withConfig(topology, rules)
    .withDiscovered(discovery ? NOTHING_DISCOVERED : undefined);
  const network = new Network(state, now);
  const registry = new PolicyRegistry();
  const events = new EventBus();
  const wallClock = () => Date.parse(now());
  return {
    logger,
    storage: new Storage(options.storage, logger),
    events,
    audit: createAudit(options, events),
    registry,
    wallClock,
    life: new LifeLimits(options.policyLife ?? {}, wallClock),
    groups: new GroupRegistry(),
    network,
    contested: new ContestedMonitors({ registry, topology: () => network.topology }),
    updates: new NetworkUpdates(network),
    ports: new PortMemory(options.portStore, logger),
    compilation: new Compilation({ ...options, pathProbes: pathProbeIntervalMs > 0 }),
    /** Everything that uses `compilation`, except `lastPlan` and `order`, is one of its operations. */
    queue: new StepQueue(),
    uncompiled: new UncompiledPolicies(),
    sessions: new SessionRegistry(),
    roles: new SwitchRoles(systemClock),
  };
}

function createAudit(
  { auditStore: store, auditLimits, logger }: ControllerOptions,
  events: EventBus,
) {
  const limits = { maxAgeDays: 0, maxRecords: 0, ...auditLimits };
  return new AuditLog({ store, limits, events, clock: systemClock, nowMs: Date.now, logger });
}
