// SPDX-License-Identifier: Apache-2.0

import { EventEmitter } from "node:events";
import { isDeepStrictEqual } from "node:util";
import { holds } from "../../src/api/http/preconditions.ts";
import type { ControllerPort } from "../../src/api/index.ts";
import type { Cause } from "../../src/contract/audit/actor.ts";
import type { AuditEntry, AuditRecord } from "../../src/contract/audit/audit.ts";
import { ChainCheck, NO_HASH } from "../../src/contract/audit/audit-chain.ts";
import type { OverridingEntriesView } from "../../src/contract/entries/overriding-entries.ts";
import type { RefusedEntriesView } from "../../src/contract/entries/refused-entries.ts";
import type { ControllerEvent } from "../../src/contract/events.ts";
import type { ExplainRequest, Explanation } from "../../src/contract/explain.ts";
import type { GroupView } from "../../src/contract/groups.ts";
import type { HostListQuery, HostView } from "../../src/contract/hosts.ts";
import type { KnownObserver } from "../../src/contract/observation/host-observers.ts";
import type { PlannedWays, PolicyPlanView } from "../../src/contract/observation/policy-plan.ts";
import type {
  PolicyRowsOutcome,
  PolicyRowsQuery,
} from "../../src/contract/observation/policy-rows.ts";
import type { PreviewInput, PreviewOutcome } from "../../src/contract/observation/preview.ts";
import type {
  RateHistoryView,
  RateSubject,
  RatesQuery,
} from "../../src/contract/observation/rates.ts";
import {
  noPolicyCounts,
  type PolicyHealth,
  type PolicyListQuery,
  type PolicyPage,
  type PolicyStatus,
  type PolicyView,
  type PolicyWriteOutcome,
  type ProbeOutcome,
} from "../../src/contract/policies.ts";
import type { CountersView } from "../../src/contract/policy-counters.ts";
import type { PolicySetRequest } from "../../src/contract/policy-sets.ts";
import type {
  DeleteOutcome,
  DocumentProblem,
  Precondition,
  Rejection,
} from "../../src/contract/rejection.ts";
import type { ResyncView } from "../../src/contract/resync.ts";
import type { JsonObject } from "../../src/contract/scalars.ts";
import type { ResumeInput, SuspendInput, TapsView } from "../../src/contract/taps.ts";
import type { KnownPolicy } from "../../src/controller/policies/policy-registry.ts";
import { RowQueries } from "../../src/controller/queries/rows/row-queries.ts";
import { defined } from "../../src/lang/defined.ts";
import { LazyList } from "../../src/lang/lazy-list.ts";
import { parseGroup, parsePolicy } from "../../src/policy/index.ts";
import { type JsonProblem, jsonPointer, Topology } from "../../src/topology/index.ts";
import { NETWORK, NO_LINK_RATES } from "./network.ts";

interface Kept {
  readonly document: JsonObject & { readonly id: string };
  readonly revision: number;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly file?: string;
  readonly set?: string;
}

const CROSSED = {
  from: { dpid: "0000000000000001", port: 10 },
  to: { dpid: "0000000000000002", port: 10 },
};

/** The ways of every policy. */
const WAYS: PlannedWays = {
  tapPoints: [
    { switch: "s1", dpid: "0000000000000001", port: 1, end: "sender", direction: "forward" },
  ],
  ways: [
    {
      monitor: "h3",
      from: { switch: "s1", dpid: "0000000000000001", port: 1 },
      to: { switch: "s2", dpid: "0000000000000002", port: 3 },
      links: [CROSSED],
      marking: "tag",
    },
  ],
  original: [CROSSED],
};

const NO_EFFECTS = { effects: [], unlistedEffects: 0 };
const FORECAST = { plan: WAYS, reasons: [], switches: [], overlaps: [], unseen: [] };

/** The counters of every policy. */
const COUNTERS: CountersView = {
  copied: { packets: 5, bytes: 500 },
  delivered: { packets: 3, bytes: 300 },
  loss: { packets: 2 },
  since: "2026-01-01T00:00:00.000Z",
  readAt: null,
  exact: true,
};

function knownOf({ document, file, set, ...written }: Kept): KnownPolicy {
  const parsed = parsePolicy(document);
  if (!parsed.ok) throw new Error(`policy ${document.id} is not valid`);
  const { policy } = parsed.value;
  const origin =
    file === undefined
      ? { kind: "api" as const, ...defined({ set }) }
      : { kind: "file" as const, file };
  return { policy, document, origin, ...written };
}

const FIGURES = { lastProbe: "2026-01-01T00:00:01.000Z", rttMs: 1.5, lost: 0 };

/** The health of every policy. */
const HEALTH: PolicyHealth = { state: "healthy", ...FIGURES, because: [] };

/**
 * A controller in memory: real policies with real parsing and revisions, over a network that never
 * changes. A policy is active once `settle` was called, as if the switches had confirmed it.
 */
export class MemoryController implements ControllerPort {
  readonly #policies = new Map<string, Kept>();
  readonly #groups = new Map<string, GroupView>();
  readonly #hosts = new Map<string, HostView>(NETWORK.hosts.map((host) => [host.mac, host]));
  readonly #settled = new Set<string>();
  readonly #events = new EventEmitter();
  readonly #rates = new Map<string, { readonly pps: number; readonly changedIn: number }>();
  #sample = 0;
  #revision = 0;
  /** The notes of the suspension in effect. */
  suspension: SuspendInput | undefined;
  /** Those of projects. */
  readonly suspended = new Map<string, SuspendInput>();
  /** Entries that s1 refuses. */
  refused: RefusedEntriesView = { count: 0, first: [] };
  overriding: OverridingEntriesView = { count: 0, first: [] };
  /** What the API has recorded. */
  readonly audit: AuditRecord[] = [];
  /** The causes of writes of policies, in their order. */
  readonly causes: Cause[] = [];
  /** Who sees the traffic of every host. */
  observers: KnownObserver[] = [];
  /** What a preview of a policy answers, and those that were asked for. */
  preview: PreviewOutcome = { type: "previewsOff" };
  readonly previews: { readonly request: PreviewInput; readonly signal: AbortSignal }[] = [];
  ready = true;
  /** Set to make the next write fail as a full disk does. */
  diskFailure: string | undefined;
  /** Set to make every read of a policy throw, as a bug does. */
  bug: Error | undefined;
  /** Set to make every new policy wait for it before it is written; how many do. */
  gate: Promise<void> | undefined;
  atGate = 0;
  /** Called when the API ends what requests wait for. */
  abandon: () => void = () => undefined;
  /** How many callers wait in `whenSettled`. */
  waiting = 0;

  /** Adds a policy as if from a file. */
  addFromFile(document: JsonObject & { id: string }, file: string): void {
    const now = new Date().toISOString();
    this.#policies.set(document.id, {
      document,
      revision: 0,
      createdAt: now,
      updatedAt: now,
      file,
    });
  }

  /** As if the switches had confirmed everything of this policy. */
  settle(id: string): void {
    this.#settled.add(id);
    this.#events.emit("settled");
  }

  emit(event: ControllerEvent): void {
    this.#events.emit("event", event);
  }

  async listPolicies({ after, limit, state, project }: PolicyListQuery): Promise<PolicyPage> {
    const all = [...this.#policies.keys()]
      .sort()
      .filter((id) => after === undefined || id > after)
      .flatMap((id) => this.getPolicy(id) ?? [])
      .filter(({ status }) => state === undefined || status.state === state)
      .filter((each) => project === undefined || each.project === project);
    return { items: all.slice(0, limit), more: all.length > limit };
  }

  /** The controller's own table, of policies that are as they were written. */
  listPolicyRows(query: PolicyRowsQuery): Promise<PolicyRowsOutcome> {
    const kept = this.#policies;
    const rows = new RowQueries({
      registry: {
        *from(after) {
          for (const id of [...kept.keys()].sort()) {
            const each = kept.get(id);
            if (each && (after === undefined || id > after)) yield knownOf(each);
          }
        },
      },
      topology: () => Topology.empty,
      status: ({ document }) => {
        const of = kept.get(String(document.id));
        return of ? this.#status(of) : { state: "disabled", reasons: [] };
      },
      health: () => "unknown",
      counters: () => ({ ...COUNTERS, lost: COUNTERS.loss.packets }),
    });
    return rows.list(query);
  }

  getPolicy(id: string): PolicyView | undefined {
    if (this.bug) throw this.bug;
    const kept = this.#policies.get(id);
    if (!kept) return undefined;
    const { document, revision, createdAt, updatedAt, file, set } = kept;
    const api = { kind: "api" as const, ...(set === undefined ? {} : { set }) };
    const origin = file === undefined ? api : { kind: "file" as const, file };
    const status = this.#status(kept);
    const written = { ...document, origin, revision, createdAt, updatedAt };
    return { ...written, status, health: HEALTH, counters: COUNTERS };
  }

  projectOfPolicy(id: string): string | undefined {
    const project = this.#policies.get(id)?.document.project;
    return typeof project === "string" ? project : undefined;
  }

  async probePolicy(id: string): Promise<ProbeOutcome> {
    if (!this.#policies.has(id)) return { type: "notFound" };
    const way = { monitor: "h3", from: "s1", to: "s2", marking: "tag", ...FIGURES } as const;
    return {
      type: "probed",
      report: { id, health: HEALTH, ways: [{ ...way, state: "healthy" }] },
    };
  }

  async previewPolicy(
    id: string,
    request: PreviewInput,
    signal: AbortSignal,
  ): Promise<PreviewOutcome> {
    if (!this.#policies.has(id)) return { type: "notFound" };
    this.previews.push({ request, signal });
    return this.preview;
  }

  getPolicyCounters(id: string) {
    if (!this.getPolicy(id)) return undefined;
    const { copied, delivered, loss, exact } = COUNTERS;
    return { id, ...COUNTERS, monitors: [{ monitor: "h3", copied, delivered, loss, exact }] };
  }

  async policyPlan(id: string): Promise<PolicyPlanView | undefined> {
    if (!this.#policies.has(id)) return undefined;
    const s1 = { switch: "s1", dpid: "0000000000000001" };
    const rules = NETWORK.rules.map((rule) => ({ ...rule, state: "confirmed" as const }));
    const groups = [{ type: "all", buckets: ["output:1"] }];
    return { id, ...WAYS, switches: [{ ...s1, state: "confirmed", rules, groups }] };
  }

  /** Takes a sample of rates, in which these policies differ from the sample before. */
  sampleRates(copiedPps: Readonly<Record<string, number>>): void {
    this.#sample++;
    for (const [id, pps] of Object.entries(copiedPps)) {
      this.#rates.set(id, { pps, changedIn: this.#sample });
    }
    this.#events.emit("rates");
  }

  /** How many callers watch rates. */
  get rateWatchers(): number {
    return this.#events.listenerCount("rates");
  }

  async rates({ policy, after, limit, since, project }: RatesQuery) {
    const known = [...this.#rates]
      .filter(([id]) => policy === undefined || id === policy)
      .filter(([id]) => after === undefined || id > after)
      .filter(([id]) => project === undefined || this.projectOfPolicy(id) === project)
      .filter(([, { changedIn }]) => since === undefined || changedIn > since);
    const rows = known.slice(0, limit);
    const column = rows.map(([, { pps }]) => pps);
    const none = rows.map(() => null);
    const others = { copiedBps: none, deliveredPps: none, deliveredBps: none, lostPps: none };
    const at = new Date(this.#sample * 2000).toISOString();
    const intervalMs = this.rateWatchers > 0 ? 2000 : 10_000;
    const policies = { id: rows.map(([id]) => id), copiedPps: column, ...others };
    const isWhole = [policy, after, project].every((each) => each === undefined);
    const links = isWhole ? NETWORK.linkRates : NO_LINK_RATES;
    const rates = { at, intervalMs, complete: since === undefined, policies, links };
    return { rates, sequence: this.#sample, more: known.length > limit };
  }

  rateHistory(subject: RateSubject): RateHistoryView | undefined {
    const common = { stepMs: 10_000, at: ["2026-01-01T00:00:00.000Z"] };
    if ("link" in subject) {
      if (subject.link.port !== 10) return undefined;
      return { ...common, pps: [1], bps: [800], copiesPps: [null], copiesBps: [null] };
    }
    if (!this.#policies.has(subject.policy)) return undefined;
    const copies = { copiedPps: [5], copiedBps: [4000], deliveredPps: [5], deliveredBps: [4000] };
    return { ...common, ...copies, lostPps: [0] };
  }

  watchRates(listener: () => void): () => void {
    this.#events.on("rates", listener);
    return () => this.#events.off("rates", listener);
  }

  async createPolicy(document: JsonObject, cause: Cause): Promise<PolicyWriteOutcome> {
    this.causes.push(cause);
    const parsed = parsePolicy(document);
    if (!parsed.ok) return { type: "invalid", problems: parsed.problems.map(documentProblem) };
    const { id } = parsed.value.policy;
    if (this.#policies.has(id)) return { type: "exists", id };
    this.atGate++;
    await this.gate;
    return this.#write({ ...document, id });
  }

  async putPolicy(document: JsonObject, precondition: Precondition): Promise<PolicyWriteOutcome> {
    const parsed = parsePolicy(document);
    if (!parsed.ok) return { type: "invalid", problems: parsed.problems.map(documentProblem) };
    const { id } = parsed.value.policy;
    return this.#rejection(id, precondition) ?? this.#write({ ...document, id });
  }

  async deletePolicy(
    id: string,
    precondition: Precondition,
  ): Promise<{ type: "deleted" } | Rejection> {
    const old = this.getPolicy(id);
    if (!old) return { type: "notFound" };
    const rejection = this.#rejection(id, precondition);
    if (rejection) return rejection;
    this.#policies.delete(id);
    this.#settled.delete(id);
    this.emit({ type: "policyDeleted", id, old });
    return { type: "deleted" };
  }

  listGroups({ after = "", limit }: { readonly after?: string; readonly limit: number }) {
    const rest = [...this.#groups.keys()].sort().filter((id) => id > after);
    const items = rest.slice(0, limit).flatMap((id) => this.getGroup(id) ?? []);
    return { items, more: rest.length > limit };
  }

  getGroup(id: string) {
    return this.#groups.get(id);
  }

  async createGroup(document: JsonObject) {
    if (this.#groups.has(String(document.id))) {
      return { type: "exists" as const, id: String(document.id) };
    }
    return this.putGroup(document, {});
  }

  async putGroup(document: JsonObject, precondition: Precondition) {
    const parsed = parseGroup(document);
    if (!parsed.ok) return invalid(parsed.problems.map(documentProblem));
    const { id } = parsed.value.group;
    const before = this.#groups.get(id);
    if (before?.origin.kind === "file") {
      return { type: "readOnly" as const, file: before.origin.file };
    }
    if (!holds(precondition, before?.revision)) {
      return {
        type: "preconditionFailed" as const,
        ...(before ? { current: before.revision } : {}),
      };
    }
    const at = new Date().toISOString();
    const { members } = parsed.value.document;
    const origin = { kind: "api" as const };
    const created = { createdAt: before?.createdAt ?? at, updatedAt: at };
    const group: GroupView = { id, members, origin, revision: ++this.#revision, ...created };
    this.#groups.set(id, group);
    return { type: before ? ("replaced" as const) : ("created" as const), group };
  }

  async deleteGroup(id: string, precondition: Precondition): Promise<DeleteOutcome> {
    const before = this.#groups.get(id);
    if (!before) return { type: "notFound" };
    if (!holds(precondition, before.revision)) {
      return { type: "preconditionFailed", current: before.revision };
    }
    this.#groups.delete(id);
    return { type: "deleted" };
  }

  async dryRunPolicy(document: JsonObject) {
    const parsed = parsePolicy(document);
    if (!parsed.ok) return invalid(parsed.problems.map(documentProblem));
    const { id } = parsed.value.policy;
    const dryRun = {
      id,
      state: "active" as const,
      reasons: [],
      tapPoints: ["s1 port 1"],
      plan: WAYS,
      switches: [],
      overlaps: [],
      unseen: [],
      ...NO_EFFECTS,
    };
    return { type: "compiled" as const, dryRun };
  }

  async planPolicySet(request: PolicySetRequest) {
    const read = this.#readSet(request);
    if ("type" in read) return read;
    const policies = read.policies.map(({ document: { id }, result }) =>
      result === "deleted"
        ? { id, result }
        : { id, result, ...FORECAST, state: "active" as const, tapPoints: ["s1 port 1"] },
    );
    const groups = read.groups.map(({ document: { id }, result }) => ({ id, result }));
    return {
      type: "planned" as const,
      plan: { policies, groups, ...NO_EFFECTS },
      tag: `tag${this.#revision}`,
    };
  }

  async applyPolicySet(request: PolicySetRequest, _cause: Cause, tags?: readonly string[]) {
    const read = this.#readSet(request);
    if ("type" in read) return read;
    const tag = `tag${this.#revision}`;
    if (tags && !tags.includes(tag)) return { type: "setChanged" as const, tag };
    if (this.diskFailure) return { type: "storeFailed" as const, detail: this.diskFailure };
    const policies = [];
    for (const { document, result } of read.policies) {
      const { id } = document;
      if (result === "deleted") {
        const revision = this.#policies.get(id)?.revision ?? 0;
        this.#policies.delete(id);
        policies.push({ id, result, revision });
        continue;
      }
      if (result !== "unchanged") await this.#write(document, request.set);
      const { revision = 0, status = { state: "pending" as const, reasons: [] } } =
        this.getPolicy(id) ?? {};
      policies.push({ id, result, revision, status });
    }
    const groups = [];
    for (const { document, result } of read.groups) {
      if (result !== "unchanged") await this.putGroup(document, {});
      const revision = this.#groups.get(document.id)?.revision ?? 0;
      groups.push({ id: document.id, result, revision });
    }
    const applied = { policies, groups, ...NO_EFFECTS };
    return { type: "applied" as const, applied, tag: `tag${this.#revision}` };
  }

  /** The documents of a set with what is to be done with each; groups are not pruned here. */
  #readSet({ set, policies, groups, prune }: PolicySetRequest) {
    const problems: DocumentProblem[] = [];
    const read = (documents: readonly unknown[], key: "policies" | "groups") =>
      documents.flatMap((document, index) => {
        const path = [key, index];
        const parsed =
          key === "policies" ? parsePolicy(document, path) : parseGroup(document, path);
        if (!parsed.ok) {
          problems.push(...parsed.problems.map(documentProblem));
          return [];
        }
        const found = parsed.value.document as Kept["document"];
        const kept =
          key === "policies"
            ? this.#policies.get(found.id)
            : this.#groups.get(found.id) && { document: without(this.#groups.get(found.id)), set };
        const isSame = kept && kept.set === set && isDeepStrictEqual(kept.document, found);
        const result = isSame ? "unchanged" : kept ? "updated" : "created";
        return [{ document: found, result: result as "created" | "updated" | "unchanged" }];
      });
    const known = { groups: read(groups, "groups"), policies: read(policies, "policies") };
    if (problems.length > 0) return invalid(problems);
    const ids = new Set(known.policies.map(({ document }) => document.id));
    const isGone = (kept: Kept) => prune && kept.set === set && !ids.has(kept.document.id);
    const gone = [...this.#policies.values()].filter(isGone);
    const deleted = gone.map(({ document }) => ({ document, result: "deleted" as const }));
    return { groups: known.groups, policies: [...known.policies, ...deleted] };
  }

  async explainFrame({ frame, policies = [] }: ExplainRequest) {
    const at = { switch: "s1", dpid: "0000000000000001", port: 1, hosts: ["h1"] };
    if (typeof frame !== "string") {
      return invalid([{ pointer: "/frame", detail: "only bytes here", remedy: "write hex" }]);
    }
    const hop = { switch: at.switch, dpid: at.dpid, inPort: 1, kind: "original" as const, frame };
    const to = { port: 2, hosts: ["h2"] };
    const explanation: Explanation = {
      frame,
      fields: { eth_type: "0x0800" },
      at,
      policies: policies.map((id) => ({ id, state: "active", matches: true, monitors: [] })),
      unlistedPolicies: 0,
      hops: [{ ...hop, rules: [], sends: [{ kind: "original", frame, mayDrop: false, to }] }],
      originals: [{ ...at, port: 2, hosts: ["h2"] }],
      copies: [],
      installed: { state: "confirmed", reasons: [] },
      taken: [],
      agreement: { ok: true, problems: [] },
      assumptions: [],
    };
    return { type: "explained" as const, explanation };
  }

  async whenSettled(id: string, { timeoutMs, signal }: { timeoutMs: number; signal: AbortSignal }) {
    const over = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    this.waiting++;
    await new Promise<void>((resolve) => {
      const check = (): void => {
        if (this.#settled.has(id) || over.aborted) resolve();
      };
      over.addEventListener("abort", check);
      this.#events.on("settled", check);
      check();
    });
    this.waiting--;
  }

  isSwitchOf(project: string, dpid: string): boolean {
    return NETWORK.switches.some((each) => each.dpid === dpid && each.project === project);
  }

  isPortOf(project: string, { dpid }: { readonly dpid: string }): boolean {
    return this.isSwitchOf(project, dpid);
  }

  rejectedConnections() {
    return { items: NETWORK.rejections, total: 3 };
  }

  /** The switches that belong to a project as a whole; without one, all. */
  async listSwitches(project?: string) {
    const { refused, overriding } = this;
    const all = NETWORK.switches.map((each) =>
      each.name === "s1" ? { ...each, refused, overriding } : each,
    );
    return all.filter((each) => project === undefined || each.project === project);
  }

  async getSwitch(dpid: string, project?: string) {
    const found = (await this.listSwitches(project)).find((each) => each.dpid === dpid);
    return found && { ...found, rules: NETWORK.rules, groups: NETWORK.groups };
  }

  taps(): TapsView {
    const since = "2026-01-01T00:00:00.000Z";
    const { suspension: notes } = this;
    const projects = [...this.suspended].map(([project, stated]) => {
      const state = "suspended" as const;
      return { since, ...stated, project, state, byProject: false };
    });
    if (notes === undefined) return { state: "running", remaining: [], projects, policies: [] };
    return { state: "suspended", since, ...notes, remaining: [], projects, policies: [] };
  }

  async suspendTaps({ project, ...notes }: SuspendInput) {
    if (project === undefined) this.suspension ??= notes;
    else if (!this.suspended.has(project)) this.suspended.set(project, notes);
    return { type: "done" as const };
  }

  async resumeTaps({ project }: ResumeInput) {
    if (project === undefined) this.suspension = undefined;
    else this.suspended.delete(project);
    return { type: "done" as const };
  }

  async whenTapsSettled() {}

  async resumePolicy(id: string): Promise<{ type: "done" } | Rejection> {
    return this.#policies.has(id) ? { type: "done" } : { type: "notFound" };
  }

  async resyncSwitch(dpid: string): Promise<ResyncView | undefined> {
    return (await this.resyncSwitches()).find((each) => each.dpid === dpid || each.name === dpid);
  }

  async resyncSwitches(): Promise<ResyncView[]> {
    const drift = { missing: 1, changed: 0, unexpected: 2 };
    return NETWORK.switches.map(({ dpid, name, connected }) =>
      connected
        ? { dpid, name, state: "repaired", drift, refused: this.refused }
        : { dpid, name, state: "notConnected" },
    );
  }

  async forgetSwitch(dpid: string): Promise<{ type: "deleted" } | Rejection> {
    const found = NETWORK.switches.find((each) => each.dpid === dpid);
    if (found) return { type: "readOnly" };
    if (dpid !== "00000000000000aa") return { type: "notFound" };
    return { type: "deleted" };
  }

  async listLinks(project?: string) {
    return project === undefined ? NETWORK.links : [];
  }

  listHosts({ after = "", limit, project }: HostListQuery) {
    const rest = this.#sortedHosts().filter(
      (host) => host.mac > after && (project === undefined || host.project === project),
    );
    return { items: rest.slice(0, limit), more: rest.length > limit };
  }

  #sortedHosts() {
    return [...this.#hosts.values()].sort((x, y) => (x.mac < y.mac ? -1 : 1));
  }

  async hostObservers(mac: string, project?: string): Promise<KnownObserver[] | undefined> {
    const host = this.#hosts.get(mac);
    if (!host || (project !== undefined && host.project !== project)) return undefined;
    return this.observers;
  }

  async putHost(document: JsonObject) {
    const { mac, switch: name, port, ips, name: hostName, project } = document;
    if (typeof mac !== "string" || typeof name !== "string" || typeof port !== "number") {
      return invalid([{ pointer: "/mac", detail: '"mac" is missing', remedy: "add it" }]);
    }
    const before = this.#hosts.get(mac);
    if (before?.origin === "file") return { type: "readOnly" as const };
    const named = typeof hostName === "string" ? { name: hostName } : {};
    const host: HostView = {
      ...named,
      mac,
      ips: (ips as string[] | undefined) ?? [],
      switch: name,
      dpid: "0000000000000001",
      port,
      ...(typeof project === "string" ? { project } : {}),
      origin: "api",
    };
    this.#hosts.set(mac, host);
    return { type: before ? ("replaced" as const) : ("created" as const), host };
  }

  async applyHosts(set: readonly unknown[], { prune }: { readonly prune: boolean }) {
    const bad = set.findIndex((host) => typeof (host as JsonObject).mac !== "string");
    if (bad >= 0) {
      const pointer = `/hosts/${bad}/mac`;
      return invalid([{ pointer, detail: '"mac" is missing', remedy: "add it" }]);
    }
    const documents = set as readonly JsonObject[];
    const isOther = ({ mac, origin }: HostView) =>
      origin === "api" && !documents.some((host) => host.mac === mac);
    const gone = prune ? [...this.#hosts.values()].filter(isOther) : [];
    for (const { mac } of gone) this.#hosts.delete(mac);
    const outcomes = await Promise.all(documents.map((host) => this.putHost(host)));
    const count = (type: string) => outcomes.filter((outcome) => outcome.type === type).length;
    const [created, replaced] = [count("created"), count("replaced")];
    return { type: "applied" as const, created, replaced, unchanged: 0, deleted: gone.length };
  }

  async deleteHost(mac: string): Promise<{ type: "deleted" } | Rejection> {
    const host = this.#hosts.get(mac);
    if (host?.origin === "file") return { type: "readOnly" };
    return this.#hosts.delete(mac) ? { type: "deleted" } : { type: "notFound" };
  }

  async listProjects(project = "red") {
    const rules = { used: 7, switch: "s1", limit: 10 };
    const use = { policies: { used: 1 }, monitors: { used: 1, limit: 5 }, rules };
    const kbps = { reserved: 0, measured: null };
    return [{ project, ...use, kbps, requestsPerSecond: {}, held: 0 }];
  }

  async topology(project?: string) {
    const hosts = this.listHosts({
      limit: 100,
      ...(project === undefined ? {} : { project }),
    }).items;
    return {
      switches: await this.listSwitches(project),
      links: await this.listLinks(project),
      hosts: LazyList.from(hosts, (host) => host),
    };
  }

  findPath(from: string, to: string) {
    if (from !== "h1") {
      const detail = `there is no host or switch "${from}"`;
      return { type: "unknownPlace" as const, parameter: "from" as const, detail };
    }
    if (to !== "h2")
      return { type: "noPath" as const, detail: `no links lead from ${from} to ${to}` };
    return { type: "path" as const, path: { from, to, weight: 1, hops: NETWORK.hops } };
  }

  async status(project?: string) {
    const byState = noPolicyCounts();
    const own = [...this.#policies.values()].filter(
      ({ document }) => project === undefined || document.project === project,
    );
    for (const kept of own) byState[this.#status(kept).state]++;
    const { switches, links, hosts } = await this.topology(project);
    return {
      version: "1.2.3",
      openflow: [{ host: "127.0.0.1", port: 6653, tls: false }],
      previews: false,
      startedAt: "2026-01-01T00:00:00.000Z",
      ready: this.ready,
      policies: { total: own.length, byState },
      switches: {
        configured: switches.length,
        accepted: 0,
        quarantined: 0,
        connected: switches.filter(({ connected }) => connected).length,
      },
      storage: { state: "working" as const },
      taps: { state: "running" as const },
      links: links.length,
      hosts: [...hosts].length,
    };
  }

  readiness() {
    const reasons = this.ready ? [] : ["the OpenFlow listener is not open"];
    return { ready: this.ready, reasons };
  }

  async *auditRecords(after: number) {
    yield* this.audit.filter(({ sequence }) => sequence > after);
  }

  async auditHead() {
    return this.audit.at(-1) ?? { sequence: 0, hash: NO_HASH };
  }

  async verifyAudit(head?: Pick<AuditRecord, "sequence" | "hash">) {
    const check = new ChainCheck({ heads: head ? [head] : [] });
    for (const record of this.audit) check.add(record);
    return check.end();
  }

  /** Whether it is one of the records. */
  isSealed(record: AuditRecord): boolean {
    return this.audit.some((each) => isDeepStrictEqual(each, record));
  }

  async recordAudit(entry: AuditEntry): Promise<void> {
    const { revision: _, ...rest } = entry;
    const last = this.audit.at(-1);
    const sequence = (last?.sequence ?? 0) + 1;
    const hash = sequence.toString(16).padStart(64, "0");
    const at = `2026-01-01T00:00:${String(sequence % 60).padStart(2, "0")}.000Z`;
    this.audit.push({ ...rest, sequence, at, previous: last?.hash ?? NO_HASH, hash });
  }

  async metrics() {
    const samples = [{ labels: { switch: 'odd "name"\\\n' }, value: 7 }];
    return [{ name: "mods_total", help: "Sent.", type: "counter" as const, samples }];
  }

  subscribe(listener: (event: ControllerEvent) => void): () => void {
    this.#events.on("event", listener);
    return () => this.#events.off("event", listener);
  }

  #rejection(id: string, precondition: Precondition): Rejection | undefined {
    const kept = this.#policies.get(id);
    if (kept?.file !== undefined) return { type: "readOnly", file: kept.file };
    if (holds(precondition, kept?.revision)) return undefined;
    return { type: "preconditionFailed", ...(kept ? { current: kept.revision } : {}) };
  }

  async #write(
    document: JsonObject & { id: string },
    set = this.#policies.get(document.id)?.set,
  ): Promise<PolicyWriteOutcome> {
    const detail = this.diskFailure;
    if (detail !== undefined) return { type: "storeFailed", detail };
    const before = this.#policies.get(document.id);
    const old = this.getPolicy(document.id);
    const revision = ++this.#revision;
    const updatedAt = new Date().toISOString();
    const createdAt = before?.createdAt ?? updatedAt;
    const ofSet = set === undefined ? {} : { set };
    this.#policies.set(document.id, { document, revision, createdAt, updatedAt, ...ofSet });
    const policy = this.getPolicy(document.id);
    if (!policy) throw new Error("just written");
    const event = { id: document.id, revision, origin: policy.origin, new: policy };
    this.emit(
      old ? { type: "policyReplaced", ...event, old } : { type: "policyCreated", ...event },
    );
    return before ? { type: "replaced", policy } : { type: "created", policy };
  }

  #status({ document }: Kept): PolicyStatus {
    if (document.enabled === false) return { state: "disabled", reasons: [] };
    if (this.#settled.has(document.id)) return { state: "active", reasons: [] };
    return { state: "pending", reasons: ["switch s1 has not confirmed it"] };
  }
}

/** A group's document. */
function without(group: GroupView | undefined) {
  return { id: group?.id, members: group?.members };
}

function documentProblem({ path, what, remedy }: JsonProblem): DocumentProblem {
  return { pointer: jsonPointer(path), detail: what, remedy };
}

function invalid(problems: readonly DocumentProblem[]) {
  return { type: "invalid" as const, problems };
}
