// SPDX-License-Identifier: Apache-2.0
import type { Cause } from "../../contract/audit/actor.ts";
import type { ControllerEvent } from "../../contract/events.ts";
import type { ExplainRequest } from "../../contract/explain.ts";
import type { GroupView } from "../../contract/groups.ts";
import type { HostObserver } from "../../contract/observation/host-observers.ts";
import type { PlannedWays } from "../../contract/observation/policy-plan.ts";
import type { PolicyRowsOutcome, PolicyRowsQuery } from "../../contract/observation/policy-rows.ts";
import type { PreviewInput, PreviewOutcome } from "../../contract/observation/preview.ts";
import type { RateSubject, RatesQuery } from "../../contract/observation/rates.ts";
import type { PolicyListQuery, PolicyView, PolicyWriteOutcome } from "../../contract/policies.ts";
import type { PolicyEffect, PolicyForecast, PolicySetRequest } from "../../contract/policy-sets.ts";
import type { ProjectView } from "../../contract/projects/project-view.ts";
import type {
  DeleteOutcome,
  DocumentProblem,
  Precondition,
  Rejection,
  WaitOptions,
} from "../../contract/rejection.ts";
import type { JsonObject } from "../../contract/scalars.ts";
import type { StatusView } from "../../contract/status.ts";
import type { SwitchDetail } from "../../contract/switches.ts";
import type { ResumeInput, SuspendInput, TapsOutcome, TapsView } from "../../contract/taps.ts";
import type { TopologyListing } from "../../contract/topology.ts";
import { defined } from "../../lang/defined.ts";
import { isObject } from "../../lang/is-object.ts";
import { isOfProject, prefixOf } from "../../policy/index.ts";
import { documentRefusals } from "./document-refusals.ts";
import { linkForProject, statusForProject, switchForProject } from "./network-cuts.ts";
import { eventFor, ownSetName, withOwnSet, withoutConflicts } from "./project-events.ts";
import type { ProjectScope } from "./project-scope.ts";

type PortPlace = Parameters<ProjectScope["isPortOf"]>[1];

const NOT_FOUND: Rejection = { type: "notFound" };

/** What a project is not to know in detail. */
const OF_OTHERS: DocumentProblem = {
  pointer: "",
  detail: "a policy that is not the project's names this group, and cannot do without its members",
  remedy: "ask an administrator of the network",
};

/**
 * The controller as a project sees it: its policies, its groups, its hosts, and their events. What belongs to
 * others is as if it were absent: each question about it takes the same way, and has the same answer.
 */
export class ProjectPort implements ProjectScope {
  readonly #port: ProjectScope;
  readonly #project: string;
  readonly #disclose: boolean;

  /** @param options `disclose`: whether policies of administrators that copy frames of the project are named to it. */
  constructor(port: ProjectScope, project: string, { disclose = true } = {}) {
    this.#port = port;
    this.#project = project;
    this.#disclose = disclose;
  }

  async listPolicies(query: PolicyListQuery) {
    const { items, more } = await this.#port.listPolicies({ ...query, project: this.#project });
    return { items: items.map((each) => this.#seen(each)), more };
  }

  async listPolicyRows(query: PolicyRowsQuery): Promise<PolicyRowsOutcome> {
    const outcome = await this.#port.listPolicyRows({ ...query, project: this.#project });
    if (outcome.type !== "rows") return outcome;
    const set = outcome.columns.set.map((each) => ownSetName(each, this.#project));
    return { ...outcome, columns: { ...outcome.columns, set } };
  }

  getPolicy(id: string): PolicyView | undefined {
    const found = this.#port.getPolicy(id);
    return found?.project === this.#project ? this.#seen(found) : undefined;
  }

  projectOfPolicy(id: string): string | undefined {
    return this.#has(id) ? this.#project : undefined;
  }

  async createPolicy(document: JsonObject, cause: Cause): Promise<PolicyWriteOutcome> {
    const problems = this.#refusals(document, { mayLackId: true });
    if (problems.length > 0) return { type: "invalid", problems };
    return this.#outcome(await this.#port.createPolicy(this.#own(document), cause));
  }

  putPolicy(
    document: JsonObject,
    precondition: Precondition,
    cause: Cause,
  ): Promise<PolicyWriteOutcome> {
    const id = String(document.id);
    return this.#unlessMoved(id, precondition, async (pinned, current) => {
      const problems = this.#refusals(document, { isKnown: current !== undefined });
      if (problems.length > 0) return { type: "invalid", problems };
      return this.#outcome(await this.#port.putPolicy(this.#own(document), pinned, cause));
    });
  }

  deletePolicy(id: string, precondition: Precondition, cause: Cause): Promise<DeleteOutcome> {
    return this.#unlessMoved(id, precondition, async (pinned, current) =>
      current ? this.#outcome(await this.#port.deletePolicy(id, pinned, cause)) : NOT_FOUND,
    );
  }

  whenSettled(id: string, options: WaitOptions): Promise<void> {
    return this.#port.whenSettled(id, options);
  }

  getPolicyCounters(id: string) {
    return this.#has(id) ? this.#port.getPolicyCounters(id) : undefined;
  }

  async policyPlan(id: string) {
    const found = this.#has(id) ? await this.#port.policyPlan(id) : undefined;
    return found && { ...found, ...ownWays(found), switches: found.switches.map(withoutRules) };
  }

  /** Those of its policies; links are not the project's. */
  rates(query: RatesQuery) {
    return this.#port.rates({ ...query, project: this.#project });
  }

  rateHistory(subject: RateSubject) {
    return "policy" in subject && this.#has(subject.policy)
      ? this.#port.rateHistory(subject)
      : undefined;
  }

  watchRates(listener: () => void) {
    return this.#port.watchRates(listener);
  }

  async probePolicy(id: string, signal: AbortSignal) {
    return this.#has(id) ? this.#port.probePolicy(id, signal) : NOT_FOUND;
  }

  async previewPolicy(
    id: string,
    request: PreviewInput,
    signal: AbortSignal,
  ): Promise<PreviewOutcome> {
    if (!this.#has(id)) return NOT_FOUND;
    const outcome = await this.#port.previewPolicy(id, request, signal);
    if (outcome.type !== "notPreviewed" || !outcome.others) return outcome;
    return { ...outcome, others: outcome.others.filter((each) => this.#has(each)) };
  }

  async resumePolicy(id: string, cause: Cause) {
    return this.#has(id) ? this.#port.resumePolicy(id, cause) : NOT_FOUND;
  }

  async dryRunPolicy(document: JsonObject, signal: AbortSignal, role?: string) {
    const id = String(document.id);
    const isKnown = document.id !== undefined && this.#has(id);
    const isTaken = !isKnown && this.#port.getPolicy(id) !== undefined;
    if (isTaken && isOfProject(id, this.#project)) return { type: "exists", id } as const;
    const problems = this.#refusals(document, { isKnown, mayLackId: true });
    if (problems.length > 0) return { type: "invalid", problems } as const;
    const outcome = await this.#port.dryRunPolicy(this.#own(document), signal, role);
    if (outcome.type !== "compiled") return this.#outcome(outcome);
    const { diff } = outcome.dryRun;
    const dryRun = {
      ...this.#forecast(outcome.dryRun),
      ...this.#effects(outcome.dryRun),
      ...(diff && { diff: { ...diff, changes: diff.changes.filter(isOfPolicy) } }),
    };
    return { ...outcome, dryRun: { ...outcome.dryRun, ...dryRun } };
  }

  async planPolicySet(request: PolicySetRequest, signal: AbortSignal) {
    const problems = this.#setRefusals(request);
    if (problems.length > 0) return { type: "invalid", problems } as const;
    const outcome = await this.#port.planPolicySet(this.#ownSet(request), signal);
    if (outcome.type !== "planned") return this.#outcome(outcome);
    const policies = outcome.plan.policies.map((each) =>
      each.result === "deleted" ? each : { ...each, ...this.#forecast(each) },
    );
    const plan = { ...outcome.plan, policies, ...this.#effects(outcome.plan) };
    return { ...outcome, plan };
  }

  async applyPolicySet(request: PolicySetRequest, cause: Cause, tags?: readonly string[]) {
    const problems = this.#setRefusals(request);
    if (problems.length > 0) return { type: "invalid", problems } as const;
    const outcome = await this.#port.applyPolicySet(this.#ownSet(request), cause, tags);
    if (outcome.type !== "applied") return this.#outcome(outcome);
    const applied = { ...outcome.applied, ...this.#effects(outcome.applied) };
    return { ...outcome, applied };
  }

  listGroups({ after = "", limit }: { readonly after?: string; readonly limit: number }) {
    const prefix = prefixOf(this.#project);
    // The ids are in order, so those of a project are side by side.
    const from = after > prefix ? after : prefix;
    const page = this.#port.listGroups({ after: from, limit: limit + 1 });
    const own = page.items.filter(({ id }) => isOfProject(id, this.#project));
    const items = own.slice(0, limit).map((each) => this.#seen(each));
    return { items, more: own.length > limit };
  }

  getGroup(id: string): GroupView | undefined {
    const found = isOfProject(id, this.#project) ? this.#port.getGroup(id) : undefined;
    return found && this.#seen(found);
  }

  async createGroup(document: JsonObject, cause: Cause) {
    const problems = this.#idRefusals(document, "group");
    return problems.length > 0
      ? ({ type: "invalid", problems } as const)
      : this.#outcome(await this.#port.createGroup(document, cause));
  }

  async putGroup(document: JsonObject, precondition: Precondition, cause: Cause) {
    const problems = this.#idRefusals(document, "group");
    return problems.length > 0
      ? ({ type: "invalid", problems } as const)
      : this.#outcome(await this.#port.putGroup(document, precondition, cause));
  }

  async deleteGroup(id: string, precondition: Precondition, cause: Cause): Promise<DeleteOutcome> {
    if (!isOfProject(id, this.#project)) return NOT_FOUND;
    return this.#outcome(await this.#port.deleteGroup(id, precondition, cause));
  }

  listHosts(query: { readonly after?: string; readonly limit: number }) {
    const { items, more } = this.#port.listHosts({ ...query, project: this.#project });
    return { items: items.map(withoutConflicts), more };
  }

  /** Who sees the traffic of an own host: the project's policies, and those of administrators by name and reason. */
  async hostObservers(mac: string): Promise<readonly HostObserver[] | undefined> {
    const found = await this.#port.hostObservers(mac, this.#project);
    return found?.flatMap((each): HostObserver[] => {
      const { id, name = id, reason, project } = each;
      if (project === this.#project) return [each];
      // What another project copies are frames of its own ports.
      return project === undefined && this.#disclose ? [defined({ name, reason })] : [];
    });
  }

  /** What the project itself uses; on which switch it has most rules is not its concern. */
  async listProjects(project?: string): Promise<readonly ProjectView[]> {
    if (project !== undefined && project !== this.#project) return [];
    return (await this.#port.listProjects(this.#project)).map(({ rules, ...rest }) => {
      if (rules === undefined) return rest;
      const { used, limit } = rules;
      return { ...rest, rules: { used, limit } };
    });
  }

  isSwitchOf(project: string, dpid: string): boolean {
    return project === this.#project && this.#port.isSwitchOf(project, dpid);
  }

  isPortOf(project: string, at: PortPlace): boolean {
    return project === this.#project && this.#port.isPortOf(project, at);
  }

  async listSwitches() {
    return (await this.#port.listSwitches(this.#project)).map(switchForProject);
  }

  /** A switch without entries: they are those of all. */
  async getSwitch(name: string): Promise<SwitchDetail | undefined> {
    const found = await this.#port.getSwitch(name, this.#project);
    return found && { ...switchForProject(found), rules: [], groups: [] };
  }

  async listLinks() {
    return (await this.#port.listLinks(this.#project)).map(linkForProject);
  }

  async topology(): Promise<TopologyListing> {
    const { switches, links, hosts } = await this.#port.topology(this.#project);
    return {
      switches: switches.map(switchForProject),
      links: links.map(linkForProject),
      hosts: hosts.map(withoutConflicts),
    };
  }

  async status(): Promise<StatusView> {
    const view = await this.#port.status(this.#project);
    const { state, since, reason } = this.taps();
    const isRunning = state === "running";
    const taps = { state: isRunning ? state : "suspended", ...defined({ since, reason }) } as const;
    return statusForProject({ ...view, taps });
  }

  explainFrame(request: ExplainRequest) {
    return this.#port.explainFrame(request, this.#project);
  }

  /**
   * Whether the project's taps run: all, or its own, may be suspended. Which switches still make copies, and who has
   * suspended all taps, is not the project's.
   */
  taps(): TapsView {
    const { by, remaining, unrecorded, projects, policies, ...all } = this.#port.taps();
    const own = projects.filter(({ project }) => project === this.#project);
    const [suspended] = own;
    const { state, since, reason } = all.state === "running" && suspended ? suspended : all;
    return {
      ...{ state, ...defined({ since, reason, unstored: all.unstored }), remaining: [] },
      ...{ projects: own, policies: policies.filter(({ id }) => this.#has(id)) },
    };
  }

  async suspendTaps(stated: SuspendInput, cause: Cause): Promise<TapsOutcome> {
    const problems = this.#otherProject(stated);
    if (problems.length > 0) return { type: "invalid", problems };
    return this.#port.suspendTaps({ ...stated, project: this.#project }, cause);
  }

  async resumeTaps(which: ResumeInput, cause: Cause): Promise<TapsOutcome> {
    const problems = this.#otherProject(which);
    if (problems.length > 0) return { type: "invalid", problems };
    return this.#port.resumeTaps({ project: this.#project }, cause);
  }

  whenTapsSettled(options: WaitOptions): Promise<void> {
    return this.#port.whenTapsSettled(options);
  }

  subscribe(listener: (event: ControllerEvent) => void): () => void {
    const sees = {
      policy: (id: string) => this.#has(id),
      switch: (dpid: string) => this.isSwitchOf(this.#project, dpid),
      port: (at: PortPlace) => this.isPortOf(this.#project, at),
    };
    return this.#port.subscribe((event) => {
      const own = eventFor(this.#project, event, sees);
      if (own !== undefined) listener(own);
    });
  }

  #otherProject({ project }: ResumeInput): readonly DocumentProblem[] {
    if (project === undefined || project === this.#project) return [];
    const detail = `this token suspends and resumes taps of project ${this.#project} only`;
    return [{ pointer: "/project", detail, remedy: "leave it out" }];
  }

  #has(id: string): boolean {
    return this.#port.projectOfPolicy(id) === this.#project;
  }

  /**
   * A write of a policy that is the project's, or absent, when it takes place: the write has a precondition that
   * holds only then. `current`: the revision of the project's own policy.
   */
  async #unlessMoved<T extends { readonly type: string }>(
    id: string,
    precondition: Precondition,
    write: (pinned: Precondition, current: number | undefined) => Promise<T | Rejection>,
  ): Promise<T | Rejection> {
    for (;;) {
      const found = this.#port.getPolicy(id);
      const isOwn = found?.project === this.#project;
      // Another policy with an id of this project: nothing is revealed of it but that the id is taken.
      if (found && !isOwn && isOfProject(id, this.#project)) return { type: "exists", id };
      const current = isOwn ? found.revision : undefined;
      if (!allows(precondition, current)) {
        return { type: "preconditionFailed", ...defined({ current }) };
      }
      const outcome = await write(pinnedTo(current), current);
      // Another write came in between.
      if (outcome.type !== "preconditionFailed") return outcome;
    }
  }

  /** A policy of the project, with the name of its set as the project has given it. */
  #seen<T extends Pick<PolicyView, "origin">>(view: T): T {
    return withOwnSet(view, this.#project);
  }

  /** An outcome without what it says of others: the file that has an id, and their policies. */
  #outcome<T extends { readonly type: string }>(outcome: T | Rejection): T | Rejection {
    if (outcome.type === "readOnly") return { type: "readOnly" };
    if (outcome.type !== "conflict" || !("problems" in outcome)) return outcome;
    const problems = outcome.problems.map((each) =>
      each.policy === undefined || this.#has(each.policy) ? each : OF_OTHERS,
    );
    return { ...outcome, problems };
  }

  #own(document: JsonObject): JsonObject {
    return { ...document, project: this.#project };
  }

  #ownSet(request: PolicySetRequest): PolicySetRequest {
    const own = (each: unknown) => (isObject(each) ? this.#own(each) : each);
    // "/" is in no name that a client may give: sets of projects do not meet.
    const set = `${this.#project}/${request.set}`;
    const policies = request.policies.map(own);
    return { ...request, set, policies, project: this.#project };
  }

  #refusals(
    document: JsonObject,
    { isKnown = false, mayLackId = false }: { isKnown?: boolean; mayLackId?: boolean } = {},
  ): readonly DocumentProblem[] {
    const isIdFree = isKnown || (mayLackId && document.id === undefined);
    return [
      ...(isIdFree ? [] : this.#idRefusals(document, "policy")),
      ...documentRefusals(document, this.#project),
    ];
  }

  #idRefusals({ id }: JsonObject, noun: "policy" | "group"): readonly DocumentProblem[] {
    if (typeof id === "string" && isOfProject(id, this.#project)) return [];
    const prefix = prefixOf(this.#project);
    return [
      {
        pointer: "/id",
        detail: `ids of project ${this.#project} begin with "${prefix}"`,
        remedy: `name the ${noun} "${prefix}…"`,
      },
    ];
  }

  #setRefusals({ policies, groups }: PolicySetRequest): readonly DocumentProblem[] {
    const within = (key: string) => (problems: readonly DocumentProblem[], index: number) =>
      problems.map((each) => ({ ...each, pointer: `/${key}/${index}${each.pointer}` }));
    return [
      ...policies
        .map((each) => (isObject(each) ? this.#setMemberRefusals(each) : []))
        .flatMap(within("policies")),
      ...groups
        .map((each) => (isObject(each) ? this.#idRefusals(each, "group") : []))
        .flatMap(within("groups")),
    ];
  }

  #setMemberRefusals(document: JsonObject): readonly DocumentProblem[] {
    const isKnown = this.#has(String(document.id));
    return this.#refusals(document, { isKnown });
  }

  #forecast({ overlaps, switches, plan }: PolicyForecast) {
    return {
      plan: ownWays(plan),
      switches: switches.map((each) => ({ ...withoutRules(each), effects: [] })),
      overlaps: overlaps.filter(({ policy }) => this.#has(policy)),
    };
  }

  #effects<E extends { readonly id: string }>({ effects }: { readonly effects: readonly E[] }) {
    return {
      effects: effects.filter(({ id }) => this.#has(id)),
      unlistedEffects: 0,
    };
  }
}

/** Ways without the links: what is between the switches is not the project's. */
function ownWays({ tapPoints, ways }: PlannedWays): PlannedWays {
  return { tapPoints, ways: ways.map((each) => ({ ...each, links: [] })), original: [] };
}

/** Whether a change is none of rules, which policies share. */
function isOfPolicy({ what }: PolicyEffect["changes"][number]): boolean {
  return what === "state" || what === "copies";
}

/** Rules are shared between policies: what they do for others is not the project's. */
function withoutRules<T extends { readonly rules: unknown; readonly groups: unknown }>(each: T) {
  return { ...each, rules: [], groups: [] };
}

/** A precondition under which only the policy with this revision is written; undefined: only an absent one. */
function pinnedTo(current: number | undefined): Precondition {
  return current === undefined ? { existence: "absent" } : { revisions: [current] };
}

/** Whether a precondition allows a write of the policy with this revision; undefined: of an absent one. */
function allows({ revisions, existence }: Precondition, current: number | undefined): boolean {
  if (existence !== undefined && (existence === "present") !== (current !== undefined))
    return false;
  return revisions === undefined || (current !== undefined && revisions.includes(current));
}
