// SPDX-License-Identifier: Apache-2.0
import { Counters } from "../../counters/index.ts";
import type { CategoryName, EntryRef } from "../../flow-model/index.ts";
import { defined } from "../../lang/defined.ts";
import type { PolicyId, PolicyPlan } from "../../policy/index.ts";
import { Reconciler, type ReconcilerOptions } from "../../reconcile/index.ts";
import { systemClock } from "../../runtime/clock.ts";
import { type Dpid, isBeside } from "../../topology/index.ts";
import { FollowedChanges } from "../audit/followed-changes.ts";
import type { SwitchDatabases } from "../databases/switch-databases.ts";
import { DesiredState } from "../desired/desired-state.ts";
import { PreviewChanges } from "../desired/preview-changes.ts";
import { PreviewOverlay } from "../desired/preview-overlay.ts";
import { StatusEvents } from "../desired/status-events.ts";
import { TapVlanMemory } from "../desired/tap-vlan-memory.ts";
import type { ObstacleInputs } from "../health/way-obstacle.ts";
import type { CountedCopies } from "../lifetimes/phase.ts";
import { PolicyLifetimes } from "../lifetimes/policy-lifetimes.ts";
import { RuleEnds } from "../lifetimes/rule-ends.ts";
import type { NativeMirrors } from "../mirrors/native-mirrors.ts";
import { MonitorPorts } from "../monitor-ports/monitor-ports.ts";
import { OverriddenRules } from "../overrides/overridden-rules.ts";
import { creationOf, type PolicyEntry } from "../policies/policy-registry.ts";
import { Previews, type PreviewsDeps } from "../previews/previews.ts";
import { ProjectLimits } from "../quotas/project-limits.ts";
import { OutletIndex } from "../status/outlet-index.ts";
import { PolicyStatusTracker } from "../status/policy-status-tracker.ts";
import { type KnownTapBridges, TapSuspension } from "../suspension/index.ts";
import { ReconcileEvents } from "../switches/reconcile-events.ts";
import type { TapBridges } from "../tap-bridges/tap-bridges.ts";
import { linkEnds, portLabel, switchName } from "../views/network-view.ts";
import type { ControllerOptions } from "./controller-options.ts";
import type { Core } from "./create-core.ts";
import { createDatabases } from "./create-databases.ts";

/** The parts that take the desired state to the switches and follow what becomes of it. */
export type Programming = ReturnType<typeof createProgramming>;

export function createProgramming(options: ControllerOptions, core: Core) {
  const { logger, events, registry, groups, compilation, queue, uncompiled } = core;
  const reconcileEvents = new ReconcileEvents({
    ...core,
    findingPolicies: (refs) => statusTracker.findingPolicies(refs),
  });
  const reconciler = createReconciler(options, core, {
    events: reconcileEvents,
    neededMs: (ref) => ruleEnds.neededMs(ref) ?? previews.neededMs(ref),
  });
  const suspension = createSuspension(options, core, { reconciler, tapBridges: () => tapBridges });
  const lifetimes = createLifetimes(options, core, (id) => counters.copied(id));
  const limits = createLimits(options, core, lifetimes);
  const effective = (entry: PolicyEntry) =>
    limits.effective(lifetimes.effective(suspension.effective(entry)));
  const overrides = createOverrides(core, reconciler);
  const outlets = new OutletIndex();
  const monitorPorts = createMonitorPorts(core, outlets);
  const entryState = (ref: EntryRef) => reconciler.state(ref);
  const hasDesiredAlone = (dpid: Dpid) => reconciler.hasDesiredAlone(dpid);
  const following = { outlets, effective, entryState, hasDesiredAlone };
  const { databases, interfaces, mirrors, tapBridges } = createDatabases(options, core, following);
  const statusTracker = createStatusTracker(core, {
    ...{ reconciler, suspension, lifetimes, limits, overrides, outlets, monitorPorts, mirrors },
    databases,
    tapBridges,
  });
  databases.subscribeSettings((dpid) => {
    statusTracker.switchChanged(dpid);
    statusTracker.outletsChanged([...outlets.portsOf(dpid)].map((port) => ({ dpid, port })));
  });
  mirrors.subscribe((ids) => statusTracker.reasonsChanged(ids));
  tapBridges.subscribe((ids) => statusTracker.reasonsChanged(ids));
  reconcileEvents.subscribe(() => tapBridges.entriesChanged());
  reconcileEvents.subscribe((refs) => statusTracker.entriesChanged(refs));
  reconcileEvents.subscribeTablesKnown((dpid) => statusTracker.tablesKnown(dpid));
  tapBridges.subscribeBridges(() => statusTracker.tapBridgesKnown());
  core.contested.subscribe((ids) => statusTracker.reasonsChanged(ids));
  reconcileEvents.subscribeForeign((dpid, flows) => overrides.read(dpid, flows));
  overrides.subscribe((refs) => statusTracker.entriesChanged(refs));
  reconcileEvents.subscribeAudits((dpid) => monitorPorts.audited(dpid));
  monitorPorts.subscribe((ports) => statusTracker.outletsChanged(ports));
  reconcileEvents.subscribeSending((dpid, refs) => suspension.sending(dpid, refs));
  new StatusEvents({ registry, events, logger, statusTracker, suspension });
  const followed = new FollowedChanges({
    ...{ statusTracker, logger, store: options.auditStore },
    known: (id) => {
      const known = registry.known(id);
      return known && ("policy" in known ? "valid" : "invalid");
    },
    isCompiling: (id) => uncompiled.has(id),
  });
  const counters = createCounters(options, core, { reconciler, overrides });
  reconcileEvents.subscribeSending((dpid, _refs, categories) => {
    if ([...categories].some(mayBeCounted)) counters.sending(dpid);
  });
  reconcileEvents.subscribeReadding((refs) => counters.readding(refs));
  const ruleEnds = createRuleEnds(core, reconciler);
  const parts = { reconciler, suspension, statusTracker, counters, overrides, monitorPorts };
  const compiler = { compilation, queue, uncompiled };
  const { tapVlanStore: store } = options;
  const clock = systemClock;
  const vlans = new TapVlanMemory({ compilation, reconciler, store, clock, logger });
  const overlay = new PreviewOverlay({
    compilation,
    findingPolicies: (refs) => statusTracker.findingPolicies(refs),
    plainName: (dpid) => {
      const { isPlain } = core.network.topology.switches.get(dpid) ?? {};
      return isPlain ? switchName(core.network.topology, dpid) : undefined;
    },
  });
  const desired = new DesiredState({
    previews: overlay,
    ...parts,
    ...compiler,
    effective,
    registry,
    groups,
    vlans,
    events,
    logger,
  });
  suspension.subscribe((ids) => desired.compilePolicies(ids, "urgent"));
  lifetimes.subscribe((ids) => {
    limits.lifetimesChanged(ids);
    desired.compilePolicies(ids, "urgent");
  });
  limits.subscribe((ids) => desired.compilePolicies(ids));
  desired.subscribePlans((ids) => ruleEnds.plansChanged(ids));
  desired.subscribePlans((ids) => mirrors.plansChanged(ids));
  desired.subscribePlans((ids) => tapBridges.plansChanged(ids));
  counters.subscribe(() => lifetimes.counted());
  const previews = createPreviews(options, core, { overlay, ...parts });
  reconcileEvents.subscribe(() => previews.entriesChanged());
  return {
    ...{ ...parts, previews, effective, lifetimes, limits, ruleEnds },
    ...{ reconcileEvents, vlans, desired, followed, databases, interfaces, mirrors },
    tapBridges,
  };
}

/** Whether an entry that is sent may count copies; one that is removed is no longer desired. */
function mayBeCounted(category: CategoryName | undefined): boolean {
  return category === undefined || category === "rewriting" || category === "recovery";
}

function createReconciler(
  { groupIds, meterIds, auditIntervalMs }: ControllerOptions,
  { logger, compilation, network }: Core,
  following: Pick<ReconcilerOptions, "events" | "neededMs">,
): Reconciler {
  return new Reconciler({
    logger,
    order: () => compilation.order,
    isCleared: (dpid) => isBeside(network.topology.switches.get(dpid)?.forwarding),
    ...following,
    ...(groupIds ? { groupIds } : {}),
    ...(meterIds ? { meterIds } : {}),
    ...(auditIntervalMs === undefined ? {} : { auditIntervalMs }),
  });
}

function createSuspension(
  { suspensionStore: store, auditStore, now, dropGuard: guard }: ControllerOptions,
  { registry, events, logger, network, compilation, sessions, uncompiled }: Core,
  programming: { readonly reconciler: Reconciler; readonly tapBridges: () => KnownTapBridges },
): TapSuspension {
  return new TapSuspension({
    registry,
    store,
    record: (entries) => auditStore.append(entries),
    ...programming,
    events,
    logger,
    now,
    topology: () => network.topology,
    portLabel: (at) => portLabel(network.topology, at),
    isCompiled: () => uncompiled.isEmpty,
    plan: (id) => compilation.lastPlan(id),
    sessions: () => sessions.values(),
    ...(guard ? { guard } : {}),
  });
}

function createLifetimes(
  { lifetimes: options }: ControllerOptions,
  { registry, events, logger, wallClock }: Core,
  copied: (id: PolicyId) => CountedCopies | undefined,
): PolicyLifetimes {
  const clock = systemClock;
  const deps = { registry, events, logger, wallClock, clock, copied };
  return new PolicyLifetimes({ ...deps, ...defined({ options }) });
}

function createLimits(
  { projectQuotas: quotas = {} }: ControllerOptions,
  { registry, compilation, network, wallClock }: Core,
  lifetimes: PolicyLifetimes,
): ProjectLimits {
  return new ProjectLimits({
    ...{ quotas, registry, wallClock, clock: systemClock },
    isEnded: (id) => lifetimes.isEnded(id),
    environment: () => compilation.environment(network.topology),
  });
}

function createRuleEnds(
  { registry, compilation, wallClock }: Core,
  reconciler: Reconciler,
): RuleEnds {
  return new RuleEnds({
    registry,
    plan: (id) => compilation.lastPlan(id),
    makesCopies: (ref) => reconciler.desiredEntry(ref)?.category === "rewriting",
    clock: systemClock,
    wallClock,
    changed: (refs) => reconciler.needsChanged(refs),
  });
}

function createPreviews(
  { previews: options = {}, version }: ControllerOptions,
  { registry, compilation, queue, network, wallClock, logger }: Core,
  {
    reconciler,
    overrides,
    overlay,
    statusTracker,
  }: Pick<PreviewsDeps, "overlay" | "statusTracker"> & {
    readonly reconciler: Reconciler;
    readonly overrides: OverriddenRules;
  },
): Previews {
  return new Previews({
    ...{ overlay, statusTracker },
    changes: new PreviewChanges({ overlay, queue, reconciler, overrides }),
    ...{ options, version, registry, wallClock, logger, clock: systemClock },
    plan: (id) => compilation.lastPlan(id),
    entryState: (ref) => reconciler.state(ref),
    switchName: (dpid) => switchName(network.topology, dpid),
  });
}

function createOverrides({ network, events, logger }: Core, reconciler: Reconciler) {
  return new OverriddenRules({
    desired: (dpid) => reconciler.desired(dpid),
    switchName: (dpid) => switchName(network.topology, dpid),
    events,
    logger,
  });
}

/** What the switches make of the desired state. */
interface Installation {
  readonly reconciler: Reconciler;
  readonly suspension: TapSuspension;
  readonly lifetimes: PolicyLifetimes;
  readonly limits: ProjectLimits;
  readonly overrides: OverriddenRules;
  readonly outlets: OutletIndex;
  readonly monitorPorts: MonitorPorts;
  readonly mirrors: NativeMirrors;
  readonly databases: SwitchDatabases;
  readonly tapBridges: TapBridges;
}

function createMonitorPorts({ network, sessions }: Core, outlets: OutletIndex): MonitorPorts {
  return new MonitorPorts({
    topology: () => network.topology,
    portLabel: (at) => portLabel(network.topology, at),
    session: (dpid) => sessions.get(dpid),
    outlets,
    clock: systemClock,
  });
}

/** Whether switches can be programmed and hold what is desired, for statuses and for probes of ways. */
export function switchInputs({ network, roles }: Core, reconciler: Reconciler): ObstacleInputs {
  return {
    entryState: (ref) => reconciler.state(ref),
    switchName: (dpid) => switchName(network.topology, dpid),
    connected: (dpid) => network.topology.switches.get(dpid)?.connected ?? false,
    slave: (dpid) => roles.of(dpid) === "slave",
  };
}

function createStatusTracker(
  core: Core,
  {
    reconciler,
    suspension,
    lifetimes,
    limits,
    overrides,
    outlets,
    monitorPorts,
    mirrors,
    databases,
    tapBridges,
  }: Installation,
): PolicyStatusTracker {
  const { compilation, registry, uncompiled, contested } = core;
  return new PolicyStatusTracker({
    inputs: {
      ...switchInputs(core, reconciler),
      overridden: (ref) => overrides.reasonsOf(ref),
      mirrored: (id) => mirrors.statusOf(id),
      unmirrored: (id) => tapBridges.unmirrored(id),
      outletProblem: (at) => monitorPorts.problemOf(at),
      outletExcess: (at) => databases.excessAt(at),
      deletesEntries: (dpid) => databases.deletesEntries(dpid),
      inactive: (id) => {
        const ofLifetime = lifetimes.status(id);
        if (ofLifetime?.state === "expired") return ofLifetime;
        // One that has not started is suspended, too.
        return suspension.status(id) ?? ofLifetime ?? limits.status(id);
      },
      contested: (id) => contested.reasonsOf(id),
      isCompiling: (id) => uncompiled.has(id),
    },
    outlets,
    isLeaving: (ref) => reconciler.isLeaving(ref),
    isUnknown: (dpid) => tapBridges.isUnknown(dpid),
    plan: (id) => {
      // A deleted policy that is being compiled has no plan: what it used is leaving.
      const isNew = uncompiled.has(id) && registry.get(id) !== undefined;
      return compilation.lastPlan(id) ?? (isNew ? firstPlan(id) : undefined);
    },
    clock: systemClock,
  });
}

/** The plan of a new policy until it is compiled: nothing is desired for it yet. */
function firstPlan(id: PolicyId): PolicyPlan {
  return { id, enabled: true, tapPoints: [], taps: [], copies: [], problems: [], unseen: [] };
}

function createCounters(
  { counterStore: store, now, countersIntervalMs: intervalMs }: ControllerOptions,
  { logger, events, registry, compilation, network }: Core,
  { reconciler, overrides }: Pick<Installation, "reconciler" | "overrides">,
): Counters {
  return new Counters({
    clock: systemClock,
    logger,
    store,
    now,
    creation: (id) => creationOf(registry.known(id)),
    plan: (id) => compilation.lastPlan(id),
    group: (dpid, id) => reconciler.group(dpid, id),
    isOverridden: (ref) => overrides.isOverridden(ref),
    *links() {
      for (const { from } of linkEnds(network.topology)) yield from;
    },
    guardsDropped: (dpid, frames, total) => {
      const at = { dpid, switch: switchName(network.topology, dpid as Dpid) };
      logger.warn({ ...at, frames, total }, "hosts send frames that look like copies");
      events.publish({ type: "forgedFrames", ...at, frames, total });
    },
    ...(intervalMs === undefined ? {} : { intervalMs }),
  });
}
