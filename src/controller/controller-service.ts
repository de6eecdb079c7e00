// SPDX-License-Identifier: Apache-2.0
import { ANONYMOUS, type Cause } from "../contract/audit/actor.ts";
import type { AuditEntry, AuditHead, AuditRecord } from "../contract/audit/audit.ts";
import type { ControllerEvent } from "../contract/events.ts";
import type { ExplainRequest } from "../contract/explain.ts";
import type { HostListQuery } from "../contract/hosts.ts";
import type { PolicyRowsQuery } from "../contract/observation/policy-rows.ts";
import type { PreviewInput, PreviewOutcome } from "../contract/observation/preview.ts";
import type { RateSubject, RatesQuery } from "../contract/observation/rates.ts";
import type { PolicyListQuery, PolicyView } from "../contract/policies.ts";
import type { PolicySetRequest } from "../contract/policy-sets.ts";
import type { ProjectQuotas } from "../contract/projects/quotas.ts";
import type { Precondition } from "../contract/rejection.ts";
import type { StatusView } from "../contract/status.ts";
import type { ResumeInput, SuspendInput } from "../contract/taps.ts";
import type { Counters } from "../counters/index.ts";
import { defined } from "../lang/defined.ts";
import type { OpenFlowListener } from "../openflow-session/index.ts";
import type { GroupId, PolicyId } from "../policy/index.ts";
import type { Reconciler } from "../reconcile/index.ts";
import type { StepQueue } from "../runtime/index.ts";
import type { Dpid } from "../topology/index.ts";
import type { AuditLog } from "./audit/audit-log.ts";
import type { Controller } from "./controller.ts";
import type { SwitchDatabases } from "./databases/switch-databases.ts";
import type { Compilation } from "./desired/compilation.ts";
import type { DesiredState } from "./desired/desired-state.ts";
import type { HostLearning } from "./discovery/host-learning.ts";
import type { EventBus } from "./events.ts";
import type { PolicyHealthTracker } from "./health/policy-health-tracker.ts";
import type { NativeMirrors } from "./mirrors/native-mirrors.ts";
import type { HostJson } from "./network/host-set.ts";
import type { HostWrites } from "./network/host-writes.ts";
import type { Network } from "./network/network.ts";
import type { NetworkUpdates } from "./network/network-updates.ts";
import type { OverriddenRules } from "./overrides/overridden-rules.ts";
import type { GroupRegistry } from "./policies/group-registry.ts";
import type { GroupWriteOutcome, GroupWrites } from "./policies/group-writes.ts";
import type { PolicyQuotas } from "./policies/policy-quotas.ts";
import {
  idOf,
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
import type { Previews } from "./previews/previews.ts";
import { differenceTo } from "./queries/document-diff.ts";
import { dryRunSteps } from "./queries/dry-run.ts";
import type { FrameExplainer } from "./queries/explain/index.ts";
import { hostObservers } from "./queries/host-observers.ts";
import { metrics, policyCounts } from "./queries/metrics.ts";
import { NetworkQueries } from "./queries/network-queries.ts";
import { planView } from "./queries/plan-query.ts";
import { PolicyQueries } from "./queries/policy-queries.ts";
import { isPortOf, isSwitchOf } from "./queries/project-network.ts";
import { ProjectQueries } from "./queries/project-queries.ts";
import { RateQueries } from "./queries/rate-queries.ts";
import { RowQueries } from "./queries/rows/row-queries.ts";
import type { ProjectLimits } from "./quotas/project-limits.ts";
import type { PolicyStatusTracker } from "./status/policy-status-tracker.ts";
import type { Storage } from "./storage.ts";
import type { TapSuspension } from "./suspension/index.ts";
import type { SwitchRoles } from "./switches/roles.ts";
import type { SessionRegistry } from "./switches/session-registry.ts";
import type { SwitchWrites } from "./switches/switch-writes.ts";
import { countersDetailView } from "./views/counters-view.ts";
import { groupView } from "./views/group-view.ts";
import { findPath } from "./views/path-view.ts";
import { resyncView } from "./views/resync-view.ts";

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
  readonly limits: ProjectLimits;
  readonly policyQuotas: PolicyQuotas;
  readonly projectQuotas: ProjectQuotas;
  readonly previews: Pick<Previews, "start" | "isOn">;
  readonly suspension: TapSuspension;
  readonly compilation: Compilation;
  readonly desired: Pick<DesiredState, "isNetworkCompiled">;
  readonly updates: Pick<NetworkUpdates, "isIdle">;
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
  readonly databases: SwitchDatabases;
  readonly mirrors: Pick<NativeMirrors, "mirrorsOf" | "observing">;
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
  readonly #rates: RateQueries;
  readonly #network: NetworkQueries;
  readonly #rows: RowQueries;
  readonly #projects: ProjectQueries;

  constructor(deps: ControllerServiceDeps) {
    this.#deps = deps;
    this.#queries = new PolicyQueries(deps);
    this.#network = new NetworkQueries(deps);
    this.#projects = new ProjectQueries(deps);
    const topology = () => deps.network.topology;
    this.#rates = new RateQueries({ ...deps, topology });
    const { registry } = deps;
    this.#rows = new RowQueries({
      ...{ registry, topology },
      status: (known) => this.#queries.status(known),
      health: (known) => this.#queries.health(known).state,
      counters: (known) => deps.counters.countedTotals(idOf(known)),
    });
  }

  listPolicies(query: PolicyListQuery) {
    return this.#queries.list(query);
  }

  listPolicyRows(query: PolicyRowsQuery) {
    return this.#rows.list(query);
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

  policyPlan(id: string) {
    return planView(id as PolicyId, this.#deps);
  }

  rates(query: RatesQuery) {
    return this.#rates.rates(query);
  }

  rateHistory(subject: RateSubject) {
    return this.#rates.history(subject);
  }

  watchRates(listener: () => void) {
    return this.#deps.counters.rates.watch(listener);
  }

  async probePolicy(id: string, signal: AbortSignal) {
    const { registry, health } = this.#deps;
    if (registry.get(id as PolicyId) === undefined) return { type: "notFound" } as const;
    const report = await health.probe(id as PolicyId, signal);
    return { type: "probed", report } as const;
  }

  previewPolicy(id: string, request: PreviewInput, signal: AbortSignal): Promise<PreviewOutcome> {
    return this.#deps.previews.start(id as PolicyId, request, signal);
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

  async dryRunPolicy(document: PolicyJson, signal: AbortSignal, role?: string) {
    const { policies, queue, compilation, network, limits } = this.#deps;
    const parsed = await policies.parse(document, role);
    if (!parsed.ok) {
      return { type: "invalid", problems: documentProblems(parsed.problems) } as const;
    }
    const { policy, document: written } = parsed.value;
    const beyond = await policies.beyondQuota(policy);
    if (beyond) return beyond;
    const isDue = () => signal.aborted;
    const dryRun = await queue.run(() =>
      dryRunSteps(compilation, network.topology, limits.rates.limited(policy), { isDue }),
    );
    if (dryRun === undefined) return { type: "cancelled" } as const;
    const { changes = [], ...foreseen } = dryRun;
    const known = this.#deps.registry.known(policy.id);
    const diff = known && { diff: { ...differenceTo(known, written), changes } };
    return { type: "compiled", dryRun: { ...foreseen, ...diff } } as const;
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

  async explainFrame(request: ExplainRequest, project?: string) {
    const answer = await this.#deps.explainer.explain(request, project);
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

  suspendTaps(stated: SuspendInput, cause: Cause) {
    const { user = ANONYMOUS } = cause.actor;
    const known = user === ANONYMOUS ? {} : { by: user };
    const why = defined({ reason: stated.reason ?? cause.reason });
    return this.#deps.suspension.suspend({ ...stated, ...why, ...known }, cause);
  }

  resumeTaps(which: ResumeInput, cause: Cause) {
    return this.#deps.suspension.resume(which, cause);
  }

  whenTapsSettled(options: { timeoutMs: number; signal: AbortSignal }) {
    return this.#deps.suspension.whenSettled(options);
  }

  resumePolicy(id: string, cause: Cause) {
    return this.#deps.suspension.writes.resumePolicy(id as PolicyId, cause);
  }

  listSwitches(project?: string) {
    return this.#network.listSwitches(project);
  }

  getSwitch(text: string, project?: string) {
    return this.#network.getSwitch(text, project);
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

  rejectedConnections() {
    const { rejections, rejected } = this.#deps.listener;
    return { items: rejections, total: rejected };
  }

  isSwitchOf(project: string, dpid: string): boolean {
    return isSwitchOf(this.#deps.network.topology, dpid as Dpid, project);
  }

  isPortOf(
    project: string,
    { dpid, port }: { readonly dpid: string; readonly port: number | string },
  ) {
    return isPortOf(this.#deps.network.topology, { dpid: dpid as Dpid, port }, project);
  }

  listLinks(project?: string) {
    return this.#network.listLinks(project);
  }

  listHosts(query: HostListQuery) {
    return this.#network.listHosts(query);
  }

  hostObservers(mac: string, project?: string) {
    return hostObservers(this.#deps, mac, project);
  }

  async putHost(document: HostJson, cause: Cause) {
    const outcome = await this.#deps.hosts.put(document, cause);
    if (!("mac" in outcome)) return outcome;
    const host = this.#network.getHost(outcome.mac);
    // Another request may have removed it in the meantime.
    return host ? ({ type: outcome.type, host } as const) : ({ type: "notFound" } as const);
  }

  applyHosts(set: readonly unknown[], options: { readonly prune: boolean }, cause: Cause) {
    return this.#deps.hosts.apply(set, options, cause);
  }

  deleteHost(mac: string, cause: Cause) {
    return this.#deps.hosts.delete(mac, cause);
  }

  topology(project?: string) {
    return this.#network.topology(project);
  }

  findPath(from: string, to: string) {
    return findPath(this.#deps.network.topology, from, to);
  }

  /** The controller at a glance; with a project: as far as policies, switches, links and hosts of it go. */
  async status(project?: string): Promise<StatusView> {
    const { own } = await this.#network.parts(project);
    const policies =
      project === undefined ? policyCounts(this.#deps) : await this.#queries.counts(project);
    const switches = [...own.switches.values()];
    return {
      version: this.#deps.version,
      startedAt: this.#deps.lifecycle.startedAt,
      ready: this.readiness().ready,
      policies,
      switches: {
        configured: switches.filter(({ admission }) => admission.state === "file").length,
        accepted: switches.filter(({ admission }) => admission.state === "accepted").length,
        quarantined: switches.filter(({ admission }) => admission.state === "quarantined").length,
        connected: switches.filter(({ connected }) => connected).length,
      },
      storage: this.#deps.storage.state,
      openflow: [...this.#deps.listener.addresses].sort((a, b) => Number(a.tls) - Number(b.tls)),
      previews: this.#deps.previews.isOn,
      taps: this.#deps.suspension.all
        ? { state: "suspended" as const, ...this.#deps.suspension.all }
        : { state: "running" as const },
      links: own.links.length,
      hosts: own.hosts.size,
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

  listProjects(project?: string) {
    return this.#projects.list(project);
  }

  async metrics() {
    const projects = await this.#projects.list();
    return metrics(this.#deps, { projects, countersOf: (known) => this.#queries.counters(known) });
  }

  /** See `StoppingService`. */
  abandon(): void {
    const { queue, policies, hosts, limits } = this.#deps;
    queue.close();
    limits.rules.close();
    policies.abandon();
    hosts.abandon();
  }

  subscribe(listener: (event: ControllerEvent) => void): () => void {
    return this.#deps.events.subscribe(listener);
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
