// SPDX-License-Identifier: Apache-2.0
import { defined } from "../../lang/defined.ts";
import { OpenFlowListener, pinProblem, type Session } from "../../openflow-session/index.ts";
import { SOUTHBOUND_DATABASE, SWITCH_DATABASE } from "../../ovsdb/index.ts";
import { OvsdbPeers } from "../../ovsdb-session/index.ts";
import type { Policy, PolicyId } from "../../policy/index.ts";
import { systemClock } from "../../runtime/clock.ts";
import type { SwitchDatabases } from "../databases/switch-databases.ts";
import type { PolicyHealthTracker } from "../health/policy-health-tracker.ts";
import type { InterfaceRegistry } from "../interfaces/interface-registry.ts";
import { Southbound } from "../interfaces/southbound.ts";
import { StatedPorts } from "../interfaces/stated-ports.ts";
import { OutdatedPolicies } from "../lifetimes/outdated-policies.ts";
import { HostWrites } from "../network/host-writes.ts";
import { GroupWrites } from "../policies/group-writes.ts";
import { PolicyQuotas } from "../policies/policy-quotas.ts";
import { PolicySetWrites } from "../policies/policy-set-writes.ts";
import { PolicyWrites } from "../policies/policy-writes.ts";
import { QuotaChecks } from "../policies/quota-checks.ts";
import { SharedLock } from "../policies/shared-lock.ts";
import type { Previews } from "../previews/previews.ts";
import { tryingChange } from "../queries/dry-run.ts";
import { FrameExplainer } from "../queries/explain/index.ts";
import { SwitchSessions } from "../switches/switch-sessions.ts";
import { SwitchWrites } from "../switches/switch-writes.ts";
import { TopologyReload } from "../switches/topology-reload.ts";
import type { ControllerOptions } from "./controller-options.ts";
import type { Core } from "./create-core.ts";
import type { Discovery } from "./create-discovery.ts";
import type { Programming } from "./create-programming.ts";

/** The parts through which clients, operators and switches reach the controller. */
export type Entrances = ReturnType<typeof createEntrances>;

/** The parts that receive the frames that switches send to the controller. */
type Listening = Discovery & {
  readonly health: PolicyHealthTracker;
  readonly previews: Pick<Previews, "received">;
};

export function createEntrances(
  options: ControllerOptions,
  core: Core,
  programming: Programming,
  discovery: Listening,
) {
  const { network } = core;
  const parts = { ...core, ...programming };
  const hosts = new HostWrites(network, options.hostStore, (mac) => discovery.learning.forget(mac));
  const switches = new SwitchWrites(parts);
  const switchSessions = createSwitchSessions(parts, switches, discovery);
  const admission = options.admission ?? {};
  const listener = createListener(options, core, switchSessions);
  const { databases, interfaces } = programming;
  programming.reconcileEvents.subscribeAudits((dpid) => databases.audited(dpid));
  programming.tapBridges.subscribeBridges((before) => switchSessions.admissionsChanged(before));
  databases.subscribeVlanLimits((dpid) => switchSessions.tagsMayDiffer(dpid));
  return {
    ovsdbPeers: createOvsdbPeers(options, core, databases),
    statedPorts: new StatedPorts(interfaces, options.ports ?? []),
    southboundPeers: createSouthboundPeers(options, core, interfaces),
    ...createDocumentWrites(options, core, programming),
    hosts,
    switches,
    explainer: new FrameExplainer(parts),
    switchSessions,
    topologyReload: new TopologyReload({ ...parts, hosts, switchSessions, admission, listener }),
    listener,
  };
}

function createDocumentWrites(
  options: ControllerOptions,
  { registry, groups, compilation, queue, network, life, logger }: Core,
  { desired, effective, lifetimes, limits: projectLimits }: Programming,
) {
  const { policyStore, groupStore, documentSetStore, limits, requireReason = false } = options;
  const isEnded = (id: PolicyId) => lifetimes.isEnded(id);
  const quotas = new PolicyQuotas(options.projectQuotas ?? {}, registry, isEnded);
  const limited = (policy: Policy) => projectLimits.rates.limited(policy);
  const common = {
    groups,
    quotas: new QuotaChecks(quotas, projectLimits.rules),
    lock: new SharedLock(),
    admit: (policies: readonly Policy[]) => queue.run(() => compilation.findingRefusals(policies)),
    ruleLimit: limits?.regionsPerPolicy,
    requireReason,
    life,
    effects: desired,
  };
  const policies = new PolicyWrites({ ...common, registry, store: policyStore });
  const outdated = new OutdatedPolicies({ policies, logger });
  lifetimes.subscribeOutdated((entries) => outdated.delete(entries));
  return {
    policies,
    policyQuotas: quotas,
    groupWrites: new GroupWrites({ ...common, policies: registry, store: groupStore }),
    policySets: new PolicySetWrites({
      ...common,
      registry,
      store: documentSetStore,
      effective,
      attempt: ({ upsert, forecast, ...change }, isDue) => {
        const tried = { ...change, upsert: upsert.map(limited), forecast: forecast.map(limited) };
        return queue.run(() => tryingChange(compilation, network.topology, tried, { isDue }));
      },
    }),
  };
}

function createSwitchSessions(
  parts: Core & Programming,
  switches: SwitchWrites,
  { learning, links, health, previews }: Listening,
): SwitchSessions {
  return new SwitchSessions({
    ...parts,
    switches,
    punted: {
      probe: (frame) => links?.received(frame),
      pathProbe: (frame) => health.received(frame),
      preview: (copy) => previews.received(copy),
      host: (frame) => learning.frame(frame),
    },
  });
}

function createOvsdbPeers(
  options: ControllerOptions,
  core: Core,
  { handlers: events }: SwitchDatabases,
): OvsdbPeers {
  const places = options.ovsdb ?? { addresses: [], targets: [] };
  return new OvsdbPeers({
    ...places,
    database: SWITCH_DATABASE,
    events,
    ...inCommon(options, core),
  });
}

/** The members of OVN's Southbound database. */
function createSouthboundPeers(
  options: ControllerOptions,
  core: Core,
  interfaces: InterfaceRegistry,
): OvsdbPeers {
  const { handlers: events } = new Southbound({ registry: interfaces, clock: systemClock });
  const places = { addresses: [], targets: options.ovnSouthbound ?? [] };
  const database = SOUTHBOUND_DATABASE;
  return new OvsdbPeers({ ...places, database, events, ...inCommon(options, core) });
}

/** What sessions with databases of all kinds have in common. */
function inCommon({ connectTls, session: times = {} }: ControllerOptions, { logger }: Core) {
  const { echoIntervalMs, echoTimeoutMs } = times;
  const session = defined({ echoIntervalMs, echoTimeoutMs });
  return { logger, session, ...defined({ connectTls }) };
}

function createListener(
  { openflow: addresses, session, pins = new Map(), connectTls, now }: ControllerOptions,
  { logger, network }: Core,
  { handlers: events }: SwitchSessions,
): OpenFlowListener {
  /** Why a switch is not admitted, as a clause. */
  const admit = (candidate: Session) => {
    const { state, why } = network.state.admission(candidate.dpid);
    return state === "refused" ? why : pinProblem(candidate, pins);
  };
  return new OpenFlowListener({
    addresses,
    logger,
    events,
    admit,
    ...{ now, ...defined({ session, connectTls }) },
  });
}
