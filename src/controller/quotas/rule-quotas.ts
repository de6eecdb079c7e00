// SPDX-License-Identifier: Apache-2.0
import type { DocumentProblem } from "../../contract/rejection.ts";
import type { Steps } from "../../lang/steps.ts";
import type { CompileEnvironment, Policy, PolicyId } from "../../policy/index.ts";
import type { CancelTimer, Clock } from "../../runtime/clock.ts";
import { StepQueue } from "../../runtime/index.ts";
import { Listeners } from "../../runtime/listeners.ts";
import type { Dpid } from "../../topology/index.ts";
import type { Change } from "../policies/policy-quotas.ts";
import { byAge, type LimitedPolicies } from "./limited-policies.ts";
import { type FullSwitch, ProjectRules } from "./project-rules.ts";

/** Dependencies of `RuleQuotas`. */
interface RuleQuotasDeps {
  /** The rules that a project may have on any one switch; undefined: any number. */
  readonly rulesOf: (project: string) => number | undefined;
  readonly policies: LimitedPolicies;
  /** What taps are compiled in, with the network as it is known now. */
  readonly environment: () => CompileEnvironment;
  /** The policy with its share of the project's bandwidth. */
  readonly limited: (policy: Policy) => Policy;
  /** Milliseconds since 1970. */
  readonly wallClock: () => number;
  readonly clock: Clock;
}

/** How long changes are collected before the policies of a project are reviewed, in milliseconds. */
const REVIEW_AFTER_MS = 500;

/** Most policies in a row that are found not to fit in a review: those after them wait for the next one. */
const MOST_TRIED = 10;

/**
 * Keeps projects within their quotas of rules. A write that would exceed the quota is refused. Where the network
 * changes, or a quota was lowered, the newest policies of the project are held: not in effect until they fit. No
 * policy of another project is ever held for it.
 */
export class RuleQuotas {
  readonly #deps: RuleQuotasDeps;
  /** Of projects with a quota and policies. */
  readonly #rules = new Map<string, ProjectRules>();
  /** Policies that may not be in the rules as they are now, by project. */
  readonly #outdated = new Map<string, Set<PolicyId>>();
  /** Policies that are not in effect, with their projects. */
  readonly #held = new Map<PolicyId, string>();
  /** Policies that were found to fit when they were to be written. */
  readonly #fitting = new WeakSet<Policy>();
  readonly #changed = new Listeners<[ids: readonly PolicyId[]]>();
  readonly #queue = new StepQueue();
  readonly #due = new Set<string>();
  #timer: CancelTimer | undefined;

  constructor(deps: RuleQuotasDeps) {
    this.#deps = deps;
    deps.policies.subscribe((project, id) => this.outdate(project, id));
  }

  /** Calls back with the policies that are held from now on, or no longer. */
  subscribe(listener: (ids: readonly PolicyId[]) => void): void {
    this.#changed.add(listener);
  }

  isHeld(id: PolicyId): boolean {
    return this.#held.has(id);
  }

  /** The policy is to be looked at again. */
  outdate(project: string, id: PolicyId): void {
    const { rulesOf, policies } = this.#deps;
    if (rulesOf(project) === undefined) return;
    const entry = policies.of(project).get(id);
    if (entry === undefined || this.#fitting.has(entry.policy)) this.#held.delete(id);
    const ids = this.#outdated.get(project) ?? new Set();
    this.#outdated.set(project, ids.add(id));
    this.#reviewLater(project);
  }

  /** The network is another one. */
  networkChanged(): void {
    for (const project of this.#rules.keys()) this.#reviewLater(project);
  }

  /** Reviews what has changed so far. */
  async reviewed(): Promise<void> {
    this.#timer?.();
    this.#timer = undefined;
    for (const project of this.#due) await this.#queue.run(() => this.#reviewing(project));
  }

  /** What each of some writes exceeds, beside those before it that exceed nothing. */
  async ofEach(policies: readonly Policy[]): Promise<readonly (DocumentProblem | undefined)[]> {
    if (!policies.some((policy) => this.#limitOf(policy) !== undefined)) {
      return policies.map(() => undefined);
    }
    return this.#queue.run(() => this.#findingProblems(policies));
  }

  /** What a change as a whole exceeds: of each project the first. */
  async ofChange({ written, deleted = [] }: Change): Promise<readonly DocumentProblem[]> {
    const projects = new Map<string, Policy[]>();
    for (const policy of written) {
      if (policy.project === undefined || this.#limitOf(policy) === undefined) continue;
      projects.set(policy.project, [...(projects.get(policy.project) ?? []), policy]);
    }
    const problems: DocumentProblem[] = [];
    for (const [project, own] of projects) {
      const change = { written: own, deleted };
      const problem = await this.#queue.run(() => this.#tryingAlone(project, change));
      if (problem) problems.push(problem);
    }
    return problems;
  }

  /** The switch with the most rules of a project; undefined: it has none, or no quota. */
  async fullest(project: string): Promise<FullSwitch | undefined> {
    if (this.#deps.rulesOf(project) === undefined) return undefined;
    return this.#queue.run(() => this.#findingFullest(project));
  }

  close(): void {
    this.#timer?.();
    this.#queue.close();
  }

  #limitOf({ project }: Policy): number | undefined {
    return project === undefined ? undefined : this.#deps.rulesOf(project);
  }

  *#findingProblems(policies: readonly Policy[]): Steps<(DocumentProblem | undefined)[]> {
    const problems: (DocumentProblem | undefined)[] = [];
    const current = new Set<string>();
    for (const policy of policies) {
      const { project } = policy;
      if (project === undefined || this.#limitOf(policy) === undefined) {
        problems.push(undefined);
        continue;
      }
      // Once: the policies that are found to fit stay, for those after them.
      if (!current.has(project)) yield* this.#updatedRules(project);
      current.add(project);
      problems.push(yield* this.#trying(project, { written: [policy] }));
    }
    return problems;
  }

  *#tryingAlone(project: string, change: Change): Steps<DocumentProblem | undefined> {
    yield* this.#updatedRules(project);
    return yield* this.#trying(project, change);
  }

  *#findingFullest(project: string): Steps<FullSwitch | undefined> {
    return (yield* this.#updatedRules(project)).fullest;
  }

  /** Makes a change of the rules of a project, and reverts it if it does not fit. */
  *#trying(project: string, { written, deleted = [] }: Change): Steps<DocumentProblem | undefined> {
    const rules = this.#rulesOf(project);
    const before = new Map(rules.counts);
    const ids = new Set([...deleted, ...written.map(({ id }) => id)]);
    const old = Array.from(ids, (id) => [id, rules.get(id)] as const);
    for (const id of deleted) yield* rules.set(id, undefined);
    for (const policy of written) yield* rules.set(policy.id, this.#counted(policy));
    // Whether or not the change is made, the policies are those of the registry afterwards.
    for (const id of ids) this.outdate(project, id);
    const problem = this.#problem(project, before, rules.counts);
    if (problem === undefined) for (const policy of written) this.#fitting.add(policy);
    else for (const [id, policy] of old) yield* rules.set(id, policy);
    return problem;
  }

  /** A policy as it is written; undefined: it needs no rules. */
  #counted(policy: Policy): Policy | undefined {
    const { limited, wallClock } = this.#deps;
    const { endsAt = Number.POSITIVE_INFINITY } = policy.lifetime ?? {};
    const found = endsAt <= wallClock() ? undefined : limited(policy);
    return found?.enabled ? found : undefined;
  }

  #problem(
    project: string,
    before: ReadonlyMap<Dpid, number>,
    after: ReadonlyMap<Dpid, number>,
  ): DocumentProblem | undefined {
    const limit = this.#deps.rulesOf(project) ?? Number.POSITIVE_INFINITY;
    for (const [dpid, count] of after) {
      const used = before.get(dpid) ?? 0;
      if (count <= limit || count <= used) continue;
      return {
        pointer: "",
        detail: `project ${project} would have ${count} rules on one switch; its quota is ${limit} (rules of projectQuotas), and it has ${used} there`,
        remedy:
          "narrow the policy, delete policies that are no longer needed, or ask an administrator to raise the quota",
      };
    }
    return undefined;
  }

  #rulesOf(project: string): ProjectRules {
    const known = this.#rules.get(project);
    if (known) return known;
    const rules = new ProjectRules(this.#deps.environment());
    this.#rules.set(project, rules);
    return rules;
  }

  /** The rules of a project as its policies and the network are now. */
  *#updatedRules(project: string): Steps<ProjectRules> {
    const { environment, policies, limited } = this.#deps;
    const rules = this.#rulesOf(project);
    yield* rules.moveTo(environment());
    const ids = this.#outdated.get(project) ?? [];
    this.#outdated.delete(project);
    for (const id of ids) {
      yield;
      const entry = this.#held.has(id) ? undefined : policies.of(project).get(id);
      const policy = entry && limited(entry.policy);
      yield* rules.set(id, policy?.enabled ? policy : undefined);
    }
    return rules;
  }

  #reviewLater(project: string): void {
    this.#due.add(project);
    this.#timer ??= this.#deps.clock.after(REVIEW_AFTER_MS, () => {
      this.#timer = undefined;
      for (const each of this.#due) this.#queue.add("ordinary", () => this.#reviewing(each));
    });
  }

  /** Holds the newest policies that do not fit, or ends the hold of those that do. */
  *#reviewing(project: string): Steps<void> {
    this.#due.delete(project);
    const limit = this.#deps.rulesOf(project);
    if (limit === undefined) return;
    const rules = yield* this.#updatedRules(project);
    const held = yield* this.#holding(project, rules, limit);
    const changed = held.length > 0 ? held : yield* this.#releasing(project, rules, limit);
    if (changed.length > 0) this.#changed.notify(changed);
  }

  *#holding(project: string, rules: ProjectRules, limit: number): Steps<PolicyId[]> {
    const held: PolicyId[] = [];
    const newestFirst = [...byAge(this.#deps.policies.of(project).values())].reverse();
    for (const { policy } of newestFirst) {
      const { fullest } = rules;
      if (fullest === undefined || fullest.count <= limit) break;
      const { id } = policy;
      if (rules.get(id) === undefined || !(yield* rules.uses(id, fullest.dpid))) continue;
      yield* rules.set(id, undefined);
      this.#held.set(id, project);
      this.#fitting.delete(policy);
      held.push(id);
    }
    return held;
  }

  *#releasing(project: string, rules: ProjectRules, limit: number): Steps<PolicyId[]> {
    const { policies, limited } = this.#deps;
    const released: PolicyId[] = [];
    let tried = 0;
    for (const { policy } of byAge(policies.of(project).values())) {
      if (this.#held.get(policy.id) !== project) continue;
      yield* rules.set(policy.id, limited(policy));
      if ((rules.fullest?.count ?? 0) <= limit) {
        this.#held.delete(policy.id);
        released.push(policy.id);
        tried = 0;
        continue;
      }
      yield* rules.set(policy.id, undefined);
      if (++tried === MOST_TRIED) break;
    }
    return released;
  }
}
