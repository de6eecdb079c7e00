import type { FlowSpec } from "../../pipeline/index.ts";
import type { Dpid } from "../../topology/index.ts";
import type { Policy, PolicyId } from "../model.ts";
import type { CompileEnvironment } from "./environment.ts";
import type { CompileDelta, PolicyPlan } from "./plan.ts";

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

  constructor(environment: CompileEnvironment) {
    this.#environment = environment;
  }

  /** Applies an edit; says which entries change. */
  update(_edit: PolicyEdit): CompileDelta {
    void this.#environment;
    return { switches: new Map(), changed: [] };
  }

  /** Recompiles for another topology; says which entries change. */
  rebase(environment: CompileEnvironment): CompileDelta {
    this.#environment = environment;
    return { switches: new Map(), changed: [] };
  }

  /** How a policy is put into effect; undefined for an id that there is none of. */
  plan(_id: PolicyId): PolicyPlan | undefined {
    return undefined;
  }

  /** Every entry wanted on a switch. */
  desired(_dpid: Dpid): readonly FlowSpec[] {
    return [];
  }
}
