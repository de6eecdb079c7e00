// SPDX-License-Identifier: Apache-2.0
import { setTimeout as delay } from "node:timers/promises";
import type { Counters } from "../counters/index.ts";
import type { ListenAddress, ListenOutcome, OpenFlowListener } from "../openflow-session/index.ts";
import type { ConnectTls, OvsdbPeers } from "../ovsdb-session/index.ts";
import type { Reconciler } from "../reconcile/index.ts";
import { forEachInSlices, type StepQueue } from "../runtime/index.ts";
import type { Logger } from "../runtime/logger.ts";
import { type PortStatement, passiveServices, type TopologyConfig } from "../topology/index.ts";
import type { AuditLog } from "./audit/audit-log.ts";
import type { FollowedChanges } from "./audit/followed-changes.ts";
import type { ControllerOptions } from "./construction/controller-options.ts";
import type { DesiredState } from "./desired/desired-state.ts";
import type { HostLearning } from "./discovery/host-learning.ts";
import type { LinkFinder } from "./discovery/link-finder.ts";
import type { PolicyHealthTracker } from "./health/policy-health-tracker.ts";
import type { StatedPorts } from "./interfaces/stated-ports.ts";
import type { PolicyLifetimes } from "./lifetimes/policy-lifetimes.ts";
import type { RuleEnds } from "./lifetimes/rule-ends.ts";
import type { NativeMirrors } from "./mirrors/native-mirrors.ts";
import { type HostWrites, loadHosts } from "./network/host-writes.ts";
import type { Network } from "./network/network.ts";
import type { NetworkUpdates } from "./network/network-updates.ts";
import type { PortMemory } from "./network/port-memory.ts";
import type { GroupRegistry } from "./policies/group-registry.ts";
import { loadGroups } from "./policies/load-groups.ts";
import { loadPolicies } from "./policies/load-policies.ts";
import type { PolicyRegistry } from "./policies/policy-registry.ts";
import type { PolicyWrites } from "./policies/policy-writes.ts";
import type { ProjectLimits } from "./quotas/project-limits.ts";
import type { TapSuspension } from "./suspension/index.ts";
import type { SwitchSessions } from "./switches/switch-sessions.ts";
import type { ReloadOutcome, TopologyReload } from "./switches/topology-reload.ts";
import type { TapBridges } from "./tap-bridges/tap-bridges.ts";

/** Time for switches to confirm what was sent to them before a stop, in milliseconds. */
const LAST_ROUND_MS = 300;

/** The parts that are started, stopped and reloaded. */
interface ControllerDeps {
  readonly audit: AuditLog;
  readonly followed: FollowedChanges;
  readonly network: Network;
  readonly updates: NetworkUpdates;
  readonly ports: PortMemory;
  readonly registry: PolicyRegistry;
  readonly groups: GroupRegistry;
  readonly desired: DesiredState;
  readonly queue: StepQueue;
  readonly reconciler: Reconciler;
  readonly counters: Counters;
  readonly suspension: TapSuspension;
  readonly lifetimes: PolicyLifetimes;
  readonly limits: ProjectLimits;
  readonly ruleEnds: RuleEnds;
  readonly learning: HostLearning;
  /** Undefined: links are not discovered. */
  readonly links: LinkFinder | undefined;
  readonly health: PolicyHealthTracker;
  readonly policies: PolicyWrites;
  readonly hosts: HostWrites;
  readonly switchSessions: SwitchSessions;
  readonly topologyReload: TopologyReload;
  readonly listener: OpenFlowListener;
  readonly ovsdbPeers: OvsdbPeers;
  readonly southboundPeers: OvsdbPeers;
  readonly statedPorts: StatedPorts;
  readonly mirrors: NativeMirrors;
  readonly tapBridges: TapBridges;
  readonly logger: Logger;
}

/** Keys and certificates as they are now in their files. */
interface ReloadedTls {
  /** By the indexes of the listeners. */
  readonly openflow: readonly ListenAddress[];
  readonly ovsdb: readonly ListenAddress[];
  readonly connect?: ConnectTls;
}

/** What starting reads besides the parts. */
type StartOptions = Pick<
  ControllerOptions,
  | "topology"
  | "hostStore"
  | "policyStore"
  | "groupStore"
  | "policyFiles"
  | "limits"
  | "discovery"
  | "now"
>;

/**
 * The life of a controller: start, reload, stop. Everything else happens in its parts: an event changes
 * an input (the policy registry, the network, suspensions); the compile turns inputs into the desired
 * state; the reconciler brings switches to it; what switches confirm becomes the status of policies.
 */
export class Controller {
  readonly startedAt: string;
  readonly #deps: ControllerDeps;
  readonly #options: StartOptions;
  /** Ids of stored policies and groups that policy files define, too. */
  #replaced: { readonly policies: readonly string[]; readonly groups: readonly string[] } = {
    policies: [],
    groups: [],
  };
  #isListening = false;

  constructor(deps: ControllerDeps, options: StartOptions) {
    this.#deps = deps;
    this.#options = options;
    this.startedAt = options.now();
  }

  get isListening(): boolean {
    return this.#isListening;
  }

  /**
   * Loads what is stored and compiles everything before switches can connect: no switch is ever brought
   * to a state that lacks a policy whose write was acknowledged.
   */
  async start(): Promise<ListenOutcome> {
    const { suspension, counters, network, reconciler, switchSessions, listener } = this.#deps;
    const { desired, limits, audit, followed, logger } = this.#deps;
    await audit.start();
    await followed.load();
    await this.#loadNetwork();
    await suspension.writes.load();
    await counters.load();
    await this.#loadPolicies();
    // Before switches can connect: none is ever programmed with what a quota does not allow.
    await limits.rules.reviewed();
    await desired.idle();
    await counters.start();
    const { switches } = network.topology;
    reconciler.expect([...switches.values()].map(({ dpid }) => dpid));
    reconciler.allowSweep();
    switchSessions.start();
    this.#deps.health.start();
    this.#deps.mirrors.start();
    this.#deps.tapBridges.start();
    const outcome = await listener.listen();
    if (outcome.type === "failed") return outcome;
    this.#deps.tapBridges.listening(outcome.addresses);
    const databases = await this.#deps.ovsdbPeers.start();
    if (databases.type === "failed") return databases;
    for (const address of databases.addresses) logger.info(address, "OVSDB listening");
    await this.#deps.southboundPeers.start();
    listener.connectTo(passiveServices(this.#options.topology));
    this.#isListening = true;
    // Deleted, or they would reappear when the policy file is removed; but only after a successful start.
    for (const id of this.#replaced.policies) await this.#options.policyStore.remove(id);
    for (const id of this.#replaced.groups) await this.#options.groupStore.remove(id);
    return outcome;
  }

  /** Finishes what is in flight and closes. Rules stay on the switches. */
  async close(): Promise<void> {
    this.#isListening = false;
    const { policies, hosts, suspension, updates, reconciler, listener } = this.#deps;
    const { learning, links, health, counters, ports, queue, audit, followed } = this.#deps;
    const { lifetimes, limits, ruleEnds, ovsdbPeers, southboundPeers, mirrors } = this.#deps;
    health.stop();
    mirrors.close();
    this.#deps.tapBridges.close();
    lifetimes.close();
    ruleEnds.close();
    await Promise.all([policies.idle(), hosts.idle(), suspension.close()]);
    updates.flush();
    queue.close();
    limits.rules.close();
    const reconciled = reconciler.close();
    // A switch that never answers is not waited for: what it was sent ends with its connection.
    await Promise.race([reconciled, delay(LAST_ROUND_MS, undefined, { ref: false })]);
    const peers = [listener, ovsdbPeers, southboundPeers];
    await Promise.all(peers.map((each) => each.close("the controller stops")));
    await reconciled;
    const closing = [learning.close(), links?.close(), counters.close()];
    await Promise.all([ports.idle(), audit.close(), followed.idle(), ...closing]);
  }

  /** Uses other keys and certificates from the next connection on. */
  reloadTls({ openflow, ovsdb, connect }: ReloadedTls): void {
    const { listener, ovsdbPeers, southboundPeers } = this.#deps;
    openflow.forEach(({ tls }, index) => {
      if (tls) listener.reloadTls(index, tls);
    });
    ovsdb.forEach(({ tls }, index) => {
      if (tls) ovsdbPeers.reloadTls(index, tls);
    });
    if (connect === undefined) return;
    ovsdbPeers.reloadConnectTls(connect);
    southboundPeers.reloadConnectTls(connect);
    listener.reloadConnectTls(connect);
  }

  /** Applies changed topology files. Learned hosts and discovered links stay. */
  reloadTopology(config: TopologyConfig): Promise<ReloadOutcome> {
    return this.#deps.topologyReload.reload(config);
  }

  /** Applies a changed ports file. */
  reloadPorts(ports: readonly PortStatement[]): Promise<void> {
    return this.#deps.statedPorts.replace(ports);
  }

  async #loadNetwork(): Promise<void> {
    const { network, updates, ports, learning, links, logger } = this.#deps;
    const { hostStore, discovery } = this.#options;
    // Ports first: they show which unknown switches were accepted, and hosts may be attached to those.
    const known = network.state.withLastPorts(await ports.load());
    network.replace(await loadHosts(hostStore, known, logger));
    ports.adopt(network.topology);
    if (discovery !== false) await learning.restore();
    await links?.load();
    updates.schedule();
    updates.flush();
  }

  async #loadPolicies(): Promise<void> {
    const { registry, groups, desired, logger } = this.#deps;
    const { policyFiles: files, policyStore, groupStore, limits } = this.#options;
    const common = { logger, startedAt: this.startedAt };
    const known = await loadGroups({ ...common, files: files.groups, store: groupStore });
    for (const entry of known.entries) groups.set(entry);
    const loaded = await loadPolicies({
      ...common,
      files: files.policies,
      store: policyStore,
      groups: groups.groups,
      ruleLimit: limits?.regionsPerPolicy,
    });
    this.#replaced = { policies: loaded.replaced, groups: known.replaced };
    await forEachInSlices(loaded.entries, (entry) => registry.set(entry));
    for (const each of loaded.invalid) registry.setInvalid(each);
    desired.compilePolicies(loaded.entries.map(({ policy }) => policy.id));
  }
}
