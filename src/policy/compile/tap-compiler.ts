import type { EntryRef, FlowSpec } from "../../flow-model/index.ts";
import type { Dpid } from "../../topology/index.ts";
import { formatParty } from "../model/party.ts";
import type { Policy, PolicyId } from "../model/policy.ts";
import { nameOf } from "../placement/placed-monitors.ts";
import { describePlace } from "../placement/placement.ts";
import type { CompileEnvironment } from "./model/environment.ts";
import type {
  CompileDelta,
  CopyTrail,
  PlannedCopies,
  PlanProblem,
  PolicyPlan,
} from "./model/policy-plan.ts";
import { TapNetwork } from "./tap-network.ts";
import type { Tap } from "./taps/compile-taps.ts";

/** An edit of the set of policies. An upsert replaces the policy of the same id. */
export interface PolicyEdit {
  readonly upsert?: Iterable<Policy>;
  readonly remove?: Iterable<PolicyId>;
}

/**
 * Compiles policies to flow entries, one edit at a time. Pure: the tables are a function of the
 * policies and the environment, whatever the order of the edits that led there.
 */
export class TapCompiler {
  #environment: CompileEnvironment;
  readonly #policies = new Map<PolicyId, Policy>();
  #network: TapNetwork;
  /** Plans that were asked for and still hold. */
  readonly #plans = new Map<PolicyId, PolicyPlan>();
  /** By policy: those whose plan relies on it, because its tap makes copies in their stead. */
  readonly #reliant = new Map<PolicyId, Set<PolicyId>>();

  constructor(environment: CompileEnvironment) {
    this.#environment = environment;
    this.#network = new TapNetwork(environment);
  }

  /** Applies an edit; says which entries change. */
  update(edit: PolicyEdit): CompileDelta {
    const changed = new Set<PolicyId>();
    const upserts = [...new Map([...(edit.upsert ?? [])].map((each) => [each.id, each])).values()];
    for (const id of edit.remove ?? []) {
      if (this.#policies.delete(id)) changed.add(id);
      this.#network.remove(id);
    }
    for (const policy of upserts) {
      this.#policies.set(policy.id, policy);
      this.#network.remove(policy.id);
      changed.add(policy.id);
    }
    if (this.#network.hasRefused || !this.#network.addAll(upserts)) {
      return this.#rebuild(changed);
    }
    return this.#settle(changed) ?? this.#rebuild(changed);
  }

  /**
   * Recompiles for another environment what is different in it; says which entries change. The same
   * as compiling everything anew.
   */
  rebase(environment: CompileEnvironment): CompileDelta {
    this.#environment = environment;
    const anew = this.#network.hasRefused ? undefined : this.#network.moveTo(environment);
    const delta = anew && this.#network.addAll(anew) && this.#settle(new Set(anew.map(idOf)));
    return delta || this.#rebuild(new Set(this.#policies.keys()));
  }

  /** Brings tables and plans up to date; undefined when there are too many rules now. */
  #settle(changed: Set<PolicyId>): CompileDelta | undefined {
    this.#network.settle(changed);
    if (!this.#network.isWithinLimits) return undefined;
    for (const id of [...changed])
      for (const each of this.#reliant.get(id) ?? []) changed.add(each);
    for (const id of changed) this.#plans.delete(id);
    return { switches: this.#network.tables.takeDelta(), changed: [...changed].sort() };
  }

  /** How a policy is put into effect; undefined for an id that there is none of. */
  plan(id: PolicyId): PolicyPlan | undefined {
    const policy = this.#policies.get(id);
    if (policy === undefined) return undefined;
    const known = this.#plans.get(id);
    if (known) return known;
    const plan = this.#makePlan(policy);
    this.#plans.set(id, plan);
    return plan;
  }

  #makePlan(policy: Policy): PolicyPlan {
    const { id } = policy;
    const names = policy.monitors.map(formatParty);
    const compiled = this.#network.compiled(id);
    const refusal = this.#network.refusal(id);
    if (compiled === undefined || refusal !== undefined) {
      const copies = names.map((monitor): PlannedCopies => ({ monitor, entries: [], trails: [] }));
      const problems: PlanProblem[] =
        refusal === undefined ? [] : [{ blocks: "policy", what: refusal }];
      return { id, enabled: policy.enabled, tapPoints: [], copies, problems };
    }
    const entries = new Map<string, Set<EntryRef>>(names.map((name) => [name, new Set()]));
    const trails = new Map<string, Map<string, CopyTrail>>(names.map((name) => [name, new Map()]));
    const obstacles = new Map<string, PlanProblem>();
    for (const { wish, entries: found, trail } of this.#network.fulfilments(compiled)) {
      const name = nameOf(wish.monitor);
      if (trail !== undefined) noteTrail(trails.get(name), trail);
      for (const ref of found) entries.get(name)?.add(ref);
      if (wish.elected !== undefined) this.#noteReliance(id, wish.elected.policy.id);
      if (wish.obstacle !== undefined) {
        const what = wish.obstacle(name);
        obstacles.set(what, { blocks: "monitor", monitor: name, what });
      }
      if (wish.remark !== undefined) {
        const what = wish.remark(name);
        obstacles.set(what, { blocks: "part", monitor: name, what });
      }
    }
    const problems = new Map(compiled.problems.map((problem) => [problem.what, problem]));
    for (const [what, problem] of inOrder(obstacles)) problems.set(what, problem);
    for (const monitor of names) {
      if ((entries.get(monitor)?.size ?? 0) > 0 || tells(problems.values(), monitor)) continue;
      const what = this.#network.absence(compiled, monitor);
      if (what !== undefined) problems.set(what, { blocks: "monitor", monitor, what });
    }
    return {
      id,
      enabled: true,
      tapPoints: [...new Set(compiled.taps.map((tap) => this.#describe(tap)))],
      copies: names.map((monitor) => ({
        monitor,
        entries: [...(entries.get(monitor) ?? [])].sort(),
        trails: inOrder(trails.get(monitor) ?? NO_TRAILS).map(([, trail]) => trail),
      })),
      problems: [...problems.values()].map((problem) => weigh(problem, entries)),
    };
  }

  /** The other policies in effect that share frames with one, in order of their ids. */
  sharing(id: PolicyId): readonly Policy[] {
    const compiled = this.#network.compiled(id);
    const found = compiled === undefined ? [] : [...this.#network.sharing(compiled)];
    return found.sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /**
   * Why each policy would be refused for the rules it needs beside the others and those before it in
   * the list; undefined: it fits.
   */
  refusalsOf(policies: readonly Policy[]): readonly (string | undefined)[] {
    return this.#network.refusalsOf(policies);
  }

  /** Every entry wanted on a switch. */
  desired(dpid: Dpid): readonly FlowSpec[] {
    return this.#network.tables.of(dpid);
  }

  #noteReliance(id: PolicyId, on: PolicyId): void {
    this.#reliant.set(on, (this.#reliant.get(on) ?? new Set()).add(id));
  }

  #describe({ place, role }: Tap): string {
    return `${describePlace(this.#environment.topology, place)} (${role}'s edge)`;
  }

  #rebuild(changed: Set<PolicyId>): CompileDelta {
    this.#plans.clear();
    this.#reliant.clear();
    const old = this.#network;
    this.#network = new TapNetwork(this.#environment);
    // By id: where not all fit, who is refused must not depend on the order of the edits.
    const policies = [...this.#policies.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
    for (const id of this.#network.addFitting(policies)) changed.add(id);
    for (const id of old.refused) changed.add(id);
    this.#network.settle(changed);
    const switches = this.#network.tables.deltaFrom(old.tables);
    return { switches, changed: [...changed].filter((id) => this.#policies.has(id)).sort() };
  }
}

/** Adds a trail that is not known yet; of one policy's taps it is exact for all if it is for one. */
function noteTrail(known: Map<string, CopyTrail> | undefined, trail: CopyTrail): void {
  const id = `${trail.source} ${trail.mark} ${trail.sink}`;
  if (trail.exact || !known?.has(id)) known?.set(id, trail);
}

const NO_TRAILS: ReadonlyMap<string, CopyTrail> = new Map();

/** In an order that does not tell how they were found. */
function inOrder<T>(found: ReadonlyMap<string, T>): [string, T][] {
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1));
}

function idOf({ id }: Policy): PolicyId {
  return id;
}

/** Whether one of the problems says why a monitor gets nothing. */
function tells(problems: Iterable<PlanProblem>, monitor: string): boolean {
  for (const { blocks, monitor: whose } of problems) {
    if (whose === monitor || (blocks === "policy" && whose === undefined)) return true;
  }
  return false;
}

/** What one part of the traffic lacks blocks the monitor only when nothing else reaches it. */
function weigh(
  problem: PlanProblem,
  entries: ReadonlyMap<string, ReadonlySet<EntryRef>>,
): PlanProblem {
  const some = problem.monitor !== undefined && (entries.get(problem.monitor)?.size ?? 0) > 0;
  return problem.blocks === "monitor" && some ? { ...problem, blocks: "part" } : problem;
}
