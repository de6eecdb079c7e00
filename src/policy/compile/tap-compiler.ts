// SPDX-License-Identifier: Apache-2.0
import type { FlowSpec } from "../../flow-model/index.ts";
import type { Dpid } from "../../topology/index.ts";
import type { Policy, PolicyId } from "../model/policy.ts";
import { buildPlan } from "./build-plan.ts";
import type { CompileEnvironment } from "./model/environment.ts";
import type { CompileDelta, PolicyPlan } from "./model/policy-plan.ts";
import { TapNetwork } from "./tap-network.ts";

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
  /** Cached plans that are still valid. */
  readonly #plans = new Map<PolicyId, PolicyPlan>();
  /** By policy: the policies whose plan depends on it, because its tap makes copies for them. */
  readonly #dependents = new Map<PolicyId, Set<PolicyId>>();

  constructor(environment: CompileEnvironment) {
    this.#environment = environment;
    this.#network = new TapNetwork(environment);
  }

  /** Applies an edit; returns the entries that change. */
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
   * Adopts another environment and recompiles what it affects; returns the entries that change. The
   * tables equal those of a full compile.
   */
  rebase(environment: CompileEnvironment): CompileDelta {
    this.#environment = environment;
    const stale = this.#network.hasRefused ? undefined : this.#network.moveTo(environment);
    const delta = stale && this.#network.addAll(stale) && this.#settle(new Set(stale.map(idOf)));
    return delta || this.#rebuild(new Set(this.#policies.keys()));
  }

  /** Updates tables and plans; undefined when there are too many rules now. */
  #settle(changed: Set<PolicyId>): CompileDelta | undefined {
    this.#network.settle(changed);
    if (!this.#network.isWithinLimits) return undefined;
    for (const id of [...changed])
      for (const each of this.#dependents.get(id) ?? []) changed.add(each);
    for (const id of changed) this.#plans.delete(id);
    return { switches: this.#network.tables.takeDelta(), changed: [...changed].sort() };
  }

  /** How a policy is put into effect; undefined for an unknown id. */
  plan(id: PolicyId): PolicyPlan | undefined {
    const policy = this.#policies.get(id);
    if (policy === undefined) return undefined;
    const known = this.#plans.get(id);
    if (known) return known;
    const { plan, dependsOn } = buildPlan(policy, this.#network, this.#environment.topology);
    for (const other of dependsOn) {
      this.#dependents.set(other, (this.#dependents.get(other) ?? new Set()).add(id));
    }
    this.#plans.set(id, plan);
    return plan;
  }

  /** The other policies in effect that share frames with a policy, in order of their ids. */
  sharing(id: PolicyId): readonly Policy[] {
    const compiled = this.#network.compiled(id);
    const found = compiled === undefined ? [] : [...this.#network.sharing(compiled)];
    return found.sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /**
   * Why each policy would be refused for the rules that it needs beside the others and those before it
   * in the list; undefined: it fits.
   */
  refusalsOf(policies: readonly Policy[]): readonly (string | undefined)[] {
    return this.#network.refusalsOf(policies);
  }

  /** The desired entries of a switch. */
  desired(dpid: Dpid): readonly FlowSpec[] {
    return this.#network.tables.of(dpid);
  }

  #rebuild(changed: Set<PolicyId>): CompileDelta {
    this.#plans.clear();
    this.#dependents.clear();
    const old = this.#network;
    this.#network = new TapNetwork(this.#environment);
    // By id: if not all policies fit, which are refused must not depend on the order of the edits.
    const policies = [...this.#policies.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
    for (const id of this.#network.addFitting(policies)) changed.add(id);
    for (const id of old.refused) changed.add(id);
    this.#network.settle(changed);
    const switches = this.#network.tables.deltaFrom(old.tables);
    return { switches, changed: [...changed].filter((id) => this.#policies.has(id)).sort() };
  }
}

function idOf({ id }: Policy): PolicyId {
  return id;
}
