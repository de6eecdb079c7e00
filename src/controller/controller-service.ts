// SPDX-License-Identifier: Apache-2.0
import { ANONYMOUS, type Cause } from "../contract/audit/actor.ts";
import type { AuditEntry, AuditHead, AuditRecord } from "../contract/audit/audit.ts";
import type { ControllerEvent } from "../contract/events.ts";
import type { ExplainRequest } from "../contract/explain.ts";
import type { HostListQuery, HostView } from "../contract/hosts.ts";
import type { PolicyListQuery, PolicyView } from "../contract/policies.ts";
import type { PolicySetRequest } from "../contract/policy-sets.ts";
import type { Precondition } from "../contract/rejection.ts";
import type { SwitchView } from "../contract/switches.ts";
import type { Counters } from "../counters/index.ts";
import { defined } from "../lang/defined.ts";
import { parseMac } from "../openflow/index.ts";
import type { OpenFlowListener } from "../openflow-session/index.ts";
import type { GroupId, PolicyId } from "../policy/index.ts";
import type { Reconciler } from "../reconcile/index.ts";
import { mapInSlices, type StepQueue } from "../runtime/index.ts";
import type { ConflictRecord, Dpid, Host, Switch, Topology } from "../topology/index.ts";
import type { AuditLog } from "./audit/audit-log.ts";
import type { Controller } from "./controller.ts";
import type { Compilation } from "./desired/compilation.ts";
import type { DesiredState } from "./desired/desired-state.ts";
import type { HostLearning } from "./discovery/host-learning.ts";
import type { EventBus } from "./events.ts";
import type { PolicyHealthTracker } from "./health/policy-health-tracker.ts";
import type { HostJson } from "./network/host-set.ts";
import type { HostWrites } from "./network/host-writes.ts";
import type { Network } from "./network/network.ts";
import type { OverriddenRules } from "./overrides/overridden-rules.ts";
import type { GroupRegistry } from "./policies/group-registry.ts";
import type { GroupWriteOutcome, GroupWrites } from "./policies/group-writes.ts";
import {
  type PolicyJson,
  type PolicyRegistry,
  projectOf as projectOfPolicy,
} from "./policies/policy-registry.ts";
import type { PolicySetWrites } from "./policies/policy-set-writes.ts";
import {
  documentProblems,
  type PolicyWrites,
  type WriteOutcome,
} from "./policies/policy-writes.ts";
import { dryRunSteps } from "./queries/dry-run.ts";
import type { FrameExplainer } from "./queries/explain/index.ts";
import { metrics, policyCounts } from "./queries/metrics.ts";
import { PolicyQueries } from "./queries/policy-queries.ts";
import type { PolicyStatusTracker } from "./status/policy-status-tracker.ts";
import type { Storage } from "./storage.ts";
import type { TapSuspension } from "./suspension/index.ts";
import type { SwitchRoles } from "./switches/roles.ts";
import type { SessionRegistry } from "./switches/session-registry.ts";
import type { SwitchWrites } from "./switches/switch-writes.ts";
import { conflictHistoryView } from "./views/conflict-view.ts";
import { countersDetailView } from "./views/counters-view.ts";
import { groupView } from "./views/group-view.ts";
import { hostView, linkView, projectOf, switchView } from "./views/network-view.ts";
import { findPath } from "./views/path-view.ts";
import { resyncView } from "./views/resync-view.ts";
import { installedView } from "./views/rule-view.ts";

/** The parts that answer clients. */
interface ControllerServiceDeps {
  readonly audit: AuditLog;
  readonly registry: PolicyRegistry;
  readonly policies: PolicyWrites;
  readonly groups: GroupRegistry;
  readonly groupWrites: GroupWrites;
  readonly policySets: PolicySetWrites;
  readonly statusTracker: PolicyStatusTracker;
  readonly counters: Counters;
  readonly health: PolicyHealthTracker;
  readonly suspension: TapSuspension;
  readonly compilation: Compilation;
  readonly desired: Pick<DesiredState, "isNetworkCompiled">;
  readonly queue: StepQueue;
  readonly explainer: FrameExplainer;
  readonly network: Network;
  readonly hosts: HostWrites;
  readonly learning: HostLearning;
  readonly switches: SwitchWrites;
  readonly sessions: SessionRegistry;
  readonly roles: SwitchRoles;
  readonly reconciler: Reconciler;
  readonly overrides: Pick<OverriddenRules, "view">;
  readonly listener: OpenFlowListener;
  readonly events: EventBus;
  readonly storage: Storage;
  readonly lifecycle: Pick<Controller, "isListening" | "startedAt">;
  /** OpenVTAP's version, for `status`. */
  readonly version: string;
}

/**
 * What clients may ask of a controller, in the form in which they see it: the controller's side of the
 * port that the API declares. Reads answer from memory; writes resolve when they are on disk.
 */
export class ControllerService {
  readonly #deps: ControllerServiceDeps;
  readonly #queries: PolicyQueries;

  constructor(deps: ControllerServiceDeps) {
    this.#deps = deps;
    this.#queries = new PolicyQueries(deps);
  }

  listPolicies(query: PolicyListQuery) {
    return this.#queries.list(query);
  }

  getPolicy(id: string): PolicyView | undefined {
    const known = this.#deps.registry.known(id as PolicyId);
    return known && this.#queries.view(known);
  }

  projectOfPolicy(id: string): string | undefined {
    const known = this.#deps.registry.known(id as PolicyId);
    return known && projectOfPolicy(known);
  }

  getPolicyCounters(id: string) {
    const known = this.#deps.registry.known(id as PolicyId);
    return known && countersDetailView(id, this.#queries.counters(known));
  }

  async probePolicy(id: string, signal: AbortSignal) {
    const { registry, health } = this.#deps;
    if (registry.get(id as PolicyId) === undefined) return { type: "notFound" } as const;
    const report = await health.probe(id as PolicyId, signal);
    return { type: "probed", report } as const;
  }

  async createPolicy(document: PolicyJson, cause: Cause) {
    return this.#written(await this.#deps.policies.create(document, cause));
  }

  async putPolicy(document: PolicyJson, precondition: Precondition, cause: Cause) {
    return this.#written(await this.#deps.policies.put(document, precondition, cause));
  }

  deletePolicy(id: string, precondition: Precondition, cause: Cause) {
    return this.#deps.policies.delete(id as PolicyId, precondition, cause);
  }

  listGroups({ after, limit }: { readonly after?: string; readonly limit: number }) {
    const { items, more } = this.#deps.groups.page(after, limit);
    return { items: items.map(groupView), more };
  }

  getGroup(id: string) {
    const entry = this.#deps.groups.get(id as GroupId);
    return entry && groupView(entry);
  }

  async createGroup(document: PolicyJson, cause: Cause) {
    return groupOutcome(await this.#deps.groupWrites.create(document, cause));
  }

  async putGroup(document: PolicyJson, precondition: Precondition, cause: Cause) {
    return groupOutcome(await this.#deps.groupWrites.put(document, precondition, cause));
  }

  deleteGroup(id: string, precondition: Precondition, cause: Cause) {
    return this.#deps.groupWrites.delete(id as GroupId, precondition, cause);
  }

  async dryRunPolicy(document: PolicyJson, signal: AbortSignal) {
    const { policies, queue, compilation, network } = this.#deps;
    const parsed = await policies.parse(document);
    if (!parsed.ok) {
      return { type: "invalid", problems: documentProblems(parsed.problems) } as const;
    }
    const { policy } = parsed.value;
    const beyond = policies.beyondQuota(policy);
    if (beyond) return beyond;
    const isDue = () => signal.aborted;
    const dryRun = await queue.run(() =>
      dryRunSteps(compilation, network.topology, policy, { isDue }),
    );
    if (dryRun === undefined) return { type: "cancelled" } as const;
    return { type: "compiled", dryRun } as const;
  }

  planPolicySet(request: PolicySetRequest, signal: AbortSignal) {
    return this.#deps.policySets.plan(request, signal);
  }

  async applyPolicySet(request: PolicySetRequest, cause: Cause, tags?: readonly string[]) {
    const outcome = await this.#deps.policySets.apply(request, cause, tags);
    if (outcome.type !== "applied") return outcome;
    const policies = outcome.applied.policies.map((each) => {
      const status = this.getPolicy(each.id)?.status;
      return status ? { ...each, status } : each;
    });
    return { ...outcome, applied: { ...outcome.applied, policies } };
  }

  async explainFrame(request: ExplainRequest) {
    const answer = await this.#deps.explainer.explain(request);
    if ("problems" in answer) {
      return { type: "invalid", problems: documentProblems(answer.problems) } as const;
    }
    return { type: "explained", explanation: answer.explanation } as const;
  }

  whenSettled(id: string, { timeoutMs, signal }: { timeoutMs: number; signal: AbortSignal }) {
    return this.#deps.statusTracker.whenSettled(id as PolicyId, timeoutMs, signal);
  }

  taps() {
    return this.#deps.suspension.view();
  }

  suspendTaps(stated: { readonly reason?: string; readonly by?: string }, cause: Cause) {
    const { user = ANONYMOUS } = cause.actor;
    const known = user === ANONYMOUS ? {} : { by: user };
    const why = defined({ reason: stated.reason ?? cause.reason });
    return this.#deps.suspension.writes.suspend({ ...stated, ...why, ...known }, cause);
  }

  resumeTaps(cause: Cause) {
    return this.#deps.suspension.writes.resume(cause);
  }

  whenTapsSettled(options: { timeoutMs: number; signal: AbortSignal }) {
    return this.#deps.suspension.whenSettled(options);
  }

  resumePolicy(id: string, cause: Cause) {
    return this.#deps.suspension.writes.resumePolicy(id as PolicyId, cause);
  }

  listSwitches(topology = this.#deps.network.topology) {
    const switches = [...topology.switches.values()].sort((x, y) => (x.dpid < y.dpid ? -1 : 1));
    return mapInSlices(switches, (found) => this.#switchView(found, topology));
  }

  /** A switch by its name or datapath id, with the entries it has confirmed. */
  async getSwitch(text: string) {
    const { topology } = this.#deps.network;
    const found = topology.switchByNameOrDpid(text);
    if (!found) return undefined;
    const installed = this.#deps.reconciler.installed(found.dpid);
    const entries = await installedView(installed ?? { flows: [], groups: [], meters: [] });
    return { ...this.#switchView(found, topology), ...entries };
  }

  /** Reads a switch again and repairs it; undefined for an unknown switch. */
  async resyncSwitch(text: string) {
    const found = this.#deps.network.topology.switchByNameOrDpid(text);
    if (!found) return undefined;
    return resyncView(found, await this.#deps.reconciler.resync(found.dpid));
  }

  /** Reads every connected switch again and repairs it. */
  async resyncSwitches() {
    const outcomes = await this.#deps.reconciler.resyncAll();
    const { switches } = this.#deps.network.topology;
    return [...switches.values()]
      .sort((x, y) => (x.dpid < y.dpid ? -1 : 1))
      .map((found) => resyncView(found, outcomes.get(found.dpid)));
  }

  forgetSwitch(text: string, cause: Cause) {
    return this.#deps.switches.forget(text, cause);
  }

  listLinks(topology = this.#deps.network.topology) {
    return mapInSlices(topology.links, (link) => {
      const since = this.#deps.network.since(link);
      return { ...linkView(topology, link), ...(since === undefined ? {} : { since }) };
    });
  }

  /** A page of hosts in the order of their MAC addresses; `after` is one of them. */
  listHosts({ after, limit, project }: HostListQuery) {
    const conflicts = this.#deps.learning.conflicts();
    const last = after === undefined ? undefined : parseMac(after);
    const { topology } = this.#deps.network;
    const items: HostView[] = [];
    for (const host of topology.hostsAfter(last)) {
      if (project !== undefined && projectOf(topology, host) !== project) continue;
      if (items.length === limit) return { items, more: true };
      items.push(this.#hostView(host, topology, conflicts.get(host.mac)));
    }
    return { items, more: false };
  }

  async putHost(document: HostJson, cause: Cause) {
    const outcome = await this.#deps.hosts.put(document, cause);
    if (!("mac" in outcome)) return outcome;
    const { topology } = this.#deps.network;
    const host = topology.hostByMac(outcome.mac);
    // Another request may have removed it in the meantime.
    if (!host) return { type: "notFound" } as const;
    const conflicts = this.#deps.learning.conflicts().get(host.mac);
    return { type: outcome.type, host: this.#hostView(host, topology, conflicts) };
  }

  applyHosts(set: readonly unknown[], options: { readonly prune: boolean }, cause: Cause) {
    return this.#deps.hosts.apply(set, options, cause);
  }

  deleteHost(mac: string, cause: Cause) {
    return this.#deps.hosts.delete(mac, cause);
  }

  /** Switches, links and hosts of one moment, however long the answer takes. */
  async topology() {
    const { topology } = this.#deps.network;
    const conflicts = this.#deps.learning.conflicts();
    return {
      switches: await this.listSwitches(topology),
      links: await this.listLinks(topology),
      hosts: await mapInSlices(topology.hostsAfter(), (host) =>
        this.#hostView(host, topology, conflicts.get(host.mac)),
      ),
    };
  }

  findPath(from: string, to: string) {
    return findPath(this.#deps.network.topology, from, to);
  }

  status() {
    const { topology } = this.#deps.network;
    const { total, byState } = policyCounts(this.#deps);
    const switches = [...topology.switches.values()];
    return {
      version: this.#deps.version,
      startedAt: this.#deps.lifecycle.startedAt,
      ready: this.readiness().ready,
      policies: { total, byState },
      switches: {
        configured: switches.filter(({ admission }) => admission.state === "file").length,
        accepted: switches.filter(({ admission }) => admission.state === "accepted").length,
        quarantined: switches.filter(({ admission }) => admission.state === "quarantined").length,
        connected: switches.filter(({ connected }) => connected).length,
      },
      storage: this.#deps.storage.state,
      taps: this.#deps.suspension.all
        ? { state: "suspended" as const, ...this.#deps.suspension.all }
        : { state: "running" as const },
      links: topology.links.length,
      hosts: topology.hosts.size,
    };
  }

  readiness() {
    const { lifecycle, storage } = this.#deps;
    const reasons = lifecycle.isListening ? [] : ["the OpenFlow listener is not open"];
    if (storage.state.state === "failing") reasons.push(storage.state.reason);
    return { ready: reasons.length === 0, reasons };
  }

  auditRecords(after: number) {
    return this.#deps.audit.after(after);
  }

  auditHead() {
    return this.#deps.audit.head();
  }

  verifyAudit(head?: Pick<AuditHead, "sequence" | "hash">) {
    return this.#deps.audit.verify(head);
  }

  isSealed(record: AuditRecord) {
    return this.#deps.audit.isSealed(record);
  }

  recordAudit(entry: AuditEntry) {
    return this.#deps.audit.record(entry);
  }

  metrics() {
    return metrics(this.#deps, (known) => this.#queries.counters(known));
  }

  /** See `StoppingService`. */
  abandon(): void {
    const { queue, policies, hosts } = this.#deps;
    queue.close();
    policies.abandon();
    hosts.abandon();
  }

  subscribe(listener: (event: ControllerEvent) => void): () => void {
    return this.#deps.events.subscribe(listener);
  }

  /** A host with what only host learning knows about it. */
  #hostView(host: Host, topology: Topology, conflicts: readonly ConflictRecord[] = []): HostView {
    const { learning } = this.#deps;
    const seen = learning.lastSeen(host.mac);
    const timeText = (ms: number) => learning.timeText(ms);
    return {
      ...hostView(topology, host),
      ...(seen === undefined ? {} : { lastSeen: timeText(seen) }),
      ...(conflicts.length === 0
        ? {}
        : { conflicts: conflicts.map((each) => conflictHistoryView(topology, each, timeText)) }),
    };
  }

  #switchView(found: Switch, topology: Topology): SwitchView {
    const { dpid } = found;
    return switchView(topology, found, {
      session: this.#session(dpid),
      refused: this.#deps.reconciler.refused(dpid),
      overriding: this.#deps.overrides.view(dpid),
      forgedFrames: this.#deps.counters.guardedFrames(dpid),
    });
  }

  #session(dpid: Dpid) {
    const session = this.#deps.sessions.get(dpid);
    if (!session) return undefined;
    const { peer, isTls = false, certificate } = session;
    return { peer, isTls, certificate, role: this.#deps.roles.of(dpid) };
  }

  #written(outcome: WriteOutcome) {
    if (!("entry" in outcome)) return outcome;
    return { type: outcome.type, policy: this.#queries.view(outcome.entry) };
  }
}

function groupOutcome(outcome: GroupWriteOutcome) {
  if (!("entry" in outcome)) return outcome;
  return { type: outcome.type, group: groupView(outcome.entry) };
}
