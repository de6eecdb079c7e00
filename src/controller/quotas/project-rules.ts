// SPDX-License-Identifier: Apache-2.0
import { splitEntryRef } from "../../flow-model/index.ts";
import type { Steps } from "../../lang/steps.ts";
import {
  type CompileDelta,
  type CompileEnvironment,
  type Policy,
  type PolicyId,
  TapCompiler,
} from "../../policy/index.ts";
import type { Dpid } from "../../topology/index.ts";

/** A switch with its number of rules. */
export interface FullSwitch {
  readonly dpid: Dpid;
  readonly count: number;
}

/**
 * The rules that policies of one project need, as if there were no others: compiled apart from the tables that
 * switches get. So what others do neither uses a project's quota nor frees any of it.
 */
export class ProjectRules {
  readonly #compiler: TapCompiler;
  #environment: CompileEnvironment;
  readonly #policies = new Map<PolicyId, Policy>();
  readonly #counts = new Map<Dpid, number>();

  constructor(environment: CompileEnvironment) {
    this.#environment = environment;
    this.#compiler = new TapCompiler(environment);
  }

  /** The number of rules on each switch that has any. */
  get counts(): ReadonlyMap<Dpid, number> {
    return this.#counts;
  }

  get(id: PolicyId): Policy | undefined {
    return this.#policies.get(id);
  }

  /** Replaces a policy; undefined removes it. */
  *set(id: PolicyId, policy: Policy | undefined): Steps<void> {
    if (policy === this.#policies.get(id)) return;
    if (policy === undefined) this.#policies.delete(id);
    else this.#policies.set(id, policy);
    const edit = policy === undefined ? { remove: [id] } : { upsert: [policy] };
    this.#recount((yield* this.#compiler.updating(edit)).delta);
  }

  /** Adopts another network. */
  *moveTo(environment: CompileEnvironment): Steps<void> {
    if (environment.topology === this.#environment.topology) return;
    this.#environment = environment;
    this.#recount(yield* this.#compiler.rebasing(environment));
  }

  /** The switch with the most rules; undefined: none has any. */
  get fullest(): FullSwitch | undefined {
    let found: FullSwitch | undefined;
    for (const [dpid, count] of this.#counts) {
      if (found === undefined || count > found.count) found = { dpid, count };
    }
    return found;
  }

  /** Whether copies of a policy rely on rules of a switch. */
  *uses(id: PolicyId, dpid: Dpid): Steps<boolean> {
    const plan = yield* this.#compiler.planning(id);
    const entries = plan?.copies.flatMap(({ entries, ingress = [] }) => [...entries, ...ingress]);
    return entries?.some((ref) => splitEntryRef(ref).dpid === dpid) ?? false;
  }

  #recount({ switches }: CompileDelta): void {
    for (const dpid of switches.keys()) {
      // Guards are there for every project, and without any.
      const rules = this.#compiler.desired(dpid).filter(({ category }) => category !== "guard");
      if (rules.length === 0) this.#counts.delete(dpid);
      else this.#counts.set(dpid, rules.length);
    }
  }
}
