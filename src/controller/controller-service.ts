import type { ControllerEvent } from "../contract/events.ts";
import type { ExplainRequest } from "../contract/explain.ts";
import type { HostView } from "../contract/hosts.ts";
import type { PolicyState, PolicyStatus, PolicyView } from "../contract/policies.ts";
import type { Precondition } from "../contract/rejection.ts";
import type { SwitchView } from "../contract/switches.ts";
import type { PolicyCounters } from "../counters/index.ts";
import type { PolicyId } from "../policy/index.ts";
import { YieldTimer } from "../runtime/index.ts";
import type { ConflictRecord, Dpid, Host, Switch } from "../topology/index.ts";
import type { Controller } from "./controller.ts";
import type { HostJson } from "./network/host-writes.ts";
import { idOf, type KnownPolicy, type PolicyJson } from "./policies/policy-registry.ts";
import { documentProblems, type WriteOutcome } from "./policies/policy-writes.ts";
import { metrics, policyCounts } from "./queries/metrics.ts";
import { conflictHistoryView } from "./views/conflict-view.ts";
import { countersDetailView, noCounters } from "./views/counters-view.ts";
import { hostView, linkView, switchView } from "./views/network-view.ts";
import { findPath } from "./views/path-view.ts";
import { policyView } from "./views/policy-view.ts";
import { resyncView } from "./views/resync-view.ts";
import { installedView } from "./views/rule-view.ts";

/**
 * What clients may ask of a controller, in the form they see it. The API declares the port; this is
 * the controller's side of it. Reads answer from memory; writes resolve when they are on disk.
 */
export class ControllerService {
  readonly #controller: Controller;
  readonly #version: string;

  constructor(controller: Controller, version: string) {
    this.#controller = controller;
    this.#version = version;
  }

  async listPolicies(query: { after?: string; limit: number; state?: PolicyState }) {
    const { book } = this.#controller;
    const turns = new YieldTimer();
    const items: PolicyView[] = [];
    let known: KnownPolicy | undefined;
    let rest = book.from(query.after);
    for (;;) {
      if (turns.shouldYield) {
        await turns.yieldNow();
        // Policies may have come and gone: goes on after the last one that was looked at.
        rest = book.from(known ? idOf(known) : query.after);
      }
      const next = rest.next();
      if (next.done) return { items, more: false };
      known = next.value;
      const status = this.#status(known);
      if (query.state !== undefined && status.state !== query.state) continue;
      if (items.length === query.limit) return { items, more: true };
      items.push(policyView(known, status, this.#counters(known)));
    }
  }

  getPolicy(id: string): PolicyView | undefined {
    const known = this.#controller.book.known(id as PolicyId);
    return known && this.#view(known);
  }

  getPolicyCounters(id: string) {
    const known = this.#controller.book.known(id as PolicyId);
    return known && countersDetailView(id, this.#counters(known));
  }

  async createPolicy(document: PolicyJson) {
    return this.#written(await this.#controller.policies.create(document));
  }

  async putPolicy(document: PolicyJson, precondition: Precondition) {
    return this.#written(await this.#controller.policies.put(document, precondition));
  }

  deletePolicy(id: string, precondition: Precondition) {
    return this.#controller.policies.delete(id as PolicyId, precondition);
  }

  async dryRunPolicy(document: PolicyJson) {
    const parsed = this.#controller.policies.parse(document);
    if (parsed.ok)
      return { type: "compiled", dryRun: this.#controller.dryRun(parsed.value) } as const;
    return { type: "invalid", problems: documentProblems(parsed.problems) } as const;
  }

  async explainFrame(request: ExplainRequest) {
    const answer = await this.#controller.explain(request);
    if ("problems" in answer) {
      return { type: "invalid", problems: documentProblems(answer.problems) } as const;
    }
    return { type: "explained", explanation: answer.explanation } as const;
  }

  whenSettled(id: string, { timeoutMs, signal }: { timeoutMs: number; signal: AbortSignal }) {
    return this.#controller.board.whenSettled(id as PolicyId, timeoutMs, signal);
  }

  taps() {
    return this.#controller.taps.view();
  }

  suspendTaps(said: { readonly reason?: string; readonly by?: string }) {
    return this.#controller.taps.writes.suspend(said);
  }

  resumeTaps() {
    return this.#controller.taps.writes.resume();
  }

  whenTapsSettled(options: { timeoutMs: number; signal: AbortSignal }) {
    return this.#controller.taps.whenSettled(options);
  }

  resumePolicy(id: string) {
    return this.#controller.taps.writes.resumePolicy(id as PolicyId);
  }

  listSwitches() {
    const { topology } = this.#controller.network;
    return [...topology.switches.values()]
      .sort((x, y) => (x.dpid < y.dpid ? -1 : 1))
      .map((found) => this.#switchView(found));
  }

  /** A switch by its name or datapath id, with what it has confirmed. */
  getSwitch(text: string) {
    const { topology } = this.#controller.network;
    const found = topology.switchByNameOrDpid(text);
    if (!found) return undefined;
    const installed = this.#controller.reconciler.installed(found.dpid);
    const entries = installedView(installed ?? { flows: [], groups: [], meters: [] });
    return { ...this.#switchView(found), ...entries };
  }

  /** Reads a switch again and repairs it; undefined for one that there is none of. */
  async resyncSwitch(text: string) {
    const found = this.#controller.network.topology.switchByNameOrDpid(text);
    if (!found) return undefined;
    return resyncView(found, await this.#controller.reconciler.resync(found.dpid));
  }

  /** Reads every connected switch again and repairs it. */
  async resyncSwitches() {
    const outcomes = await this.#controller.reconciler.resyncAll();
    const { switches } = this.#controller.network.topology;
    return [...switches.values()]
      .sort((x, y) => (x.dpid < y.dpid ? -1 : 1))
      .map((found) => resyncView(found, outcomes.get(found.dpid)));
  }

  forgetSwitch(text: string) {
    return this.#controller.switches.forget(text);
  }

  listLinks() {
    const { network } = this.#controller;
    return network.topology.links.map((link) => {
      const since = network.since(link);
      return { ...linkView(network.topology, link), ...(since === undefined ? {} : { since }) };
    });
  }

  listHosts(): HostView[] {
    const { topology } = this.#controller.network;
    const conflicts = this.#controller.learning.conflicts();
    return [...topology.hosts.values()]
      .sort((x, y) => x.mac - y.mac)
      .map((host) => this.#hostView(host, conflicts.get(host.mac)));
  }

  async putHost(document: HostJson) {
    const outcome = await this.#controller.hosts.put(document);
    if (!("mac" in outcome)) return outcome;
    const { topology } = this.#controller.network;
    const host = topology.hostByMac(outcome.mac);
    // Somebody may have removed it again before we got here.
    if (!host) return { type: "notFound" } as const;
    const conflicts = this.#controller.learning.conflicts().get(host.mac);
    return { type: outcome.type, host: this.#hostView(host, conflicts) };
  }

  deleteHost(mac: string) {
    return this.#controller.hosts.delete(mac);
  }

  topology() {
    return { switches: this.listSwitches(), links: this.listLinks(), hosts: this.listHosts() };
  }

  findPath(from: string, to: string) {
    return findPath(this.#controller.network.topology, from, to);
  }

  status() {
    const { topology } = this.#controller.network;
    const { total, byState } = policyCounts(this.#controller);
    const switches = [...topology.switches.values()];
    return {
      version: this.#version,
      startedAt: this.#controller.startedAt,
      ready: this.readiness().ready,
      policies: { total, byState },
      switches: {
        configured: switches.filter(({ admission }) => admission.state === "file").length,
        accepted: switches.filter(({ admission }) => admission.state === "accepted").length,
        quarantined: switches.filter(({ admission }) => admission.state === "quarantined").length,
        connected: switches.filter(({ connected }) => connected).length,
      },
      links: topology.links.length,
      hosts: topology.hosts.size,
    };
  }

  readiness() {
    const reasons = this.#controller.isListening ? [] : ["the OpenFlow listener is not open"];
    return { ready: reasons.length === 0, reasons };
  }

  metrics() {
    return metrics(this.#controller, (known) => this.#counters(known));
  }

  subscribe(listener: (event: ControllerEvent) => void): () => void {
    return this.#controller.events.subscribe(listener);
  }

  /** A host with what only the learning knows of it. */
  #hostView(host: Host, conflicts: readonly ConflictRecord[] = []): HostView {
    const { topology } = this.#controller.network;
    const { learning } = this.#controller;
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

  #switchView(found: Switch): SwitchView {
    const { network, reconciler } = this.#controller;
    const refused = reconciler.refused(found.dpid);
    return switchView(network.topology, found, { session: this.#session(found.dpid), refused });
  }

  #session(dpid: Dpid) {
    const session = this.#controller.session(dpid);
    if (!session) return undefined;
    const { peer, isTls = false, certificate } = session;
    return { peer, isTls, certificate, role: this.#controller.sessions.roles.of(dpid) };
  }

  #view(known: KnownPolicy): PolicyView {
    return policyView(known, this.#status(known), this.#counters(known));
  }

  #status(known: KnownPolicy): PolicyStatus {
    if ("policy" in known) return this.#controller.board.status(known.policy.id);
    const why = known.reasons.map((reason) => `not valid any more: ${reason}`);
    return { state: "error", reasons: why };
  }

  #counters(known: KnownPolicy): PolicyCounters {
    return this.#controller.counters.of(idOf(known)) ?? noCounters(known);
  }

  #written(outcome: WriteOutcome) {
    if (!("entry" in outcome)) return outcome;
    return { type: outcome.type, policy: this.#view(outcome.entry) };
  }
}
