// SPDX-License-Identifier: Apache-2.0
import type { FlowKey, FlowSpec } from "../../flow-model/index.ts";
import { forwardingDelta, originalActions, TopologyOrder } from "../../forwarding/index.ts";
import {
  type CompileEnvironment,
  type Policy,
  type PolicyEdit,
  type PolicyId,
  type PolicyPlan,
  TapCompiler,
} from "../../policy/index.ts";
import { type Dpid, Topology } from "../../topology/index.ts";

/** The change of the desired state that follows from a change of an input. */
export interface DesiredDelta {
  readonly switches: ReadonlyMap<Dpid, DesiredChange>;
  /** Policies whose plan changed. */
  readonly changed: readonly PolicyId[];
}

interface DesiredChange {
  readonly set: readonly FlowSpec[];
  readonly delete: readonly FlowKey[];
}

/** What a compile depends on besides policies and topology. */
type CompilationOptions = Pick<CompileEnvironment, "limits" | "tapVlans">;

/**
 * The compile stage: topology and policies in, desired flow entries of every switch out, as
 * differences. Pure; base forwarding and the tap compiler meet only here.
 */
export class Compilation {
  readonly #settings: CompilationOptions;
  readonly #taps: TapCompiler;
  #topology = Topology.empty;
  #order: { readonly topology: Topology; readonly order: TopologyOrder } | undefined;

  constructor({ limits, tapVlans }: CompilationOptions = {}) {
    this.#settings = { ...(limits ? { limits } : {}), ...(tapVlans ? { tapVlans } : {}) };
    this.#taps = new TapCompiler(this.#environment());
  }

  /** Applies an edit of the policies. */
  edit(edit: PolicyEdit): DesiredDelta {
    return this.#taps.update(edit);
  }

  /** Replaces the topology and compiles what differs. */
  setTopology(topology: Topology): DesiredDelta {
    if (topology === this.#topology) return { switches: new Map(), changed: [] };
    const before = this.#topology;
    this.#topology = topology;
    const forwarding = forwardingDelta(before, topology);
    return joined(forwarding, this.#taps.rebase(this.#environment()));
  }

  /**
   * Compiles a policy in place of the one with its id, passes its plan to `read`, and reverts: the
   * compile is incremental and its own inverse, so a dry run costs as much as the write. `before` is
   * the policy that is restored; undefined: there was none.
   */
  dryRun<T>(policy: Policy, before: Policy | undefined, read: (plan: PolicyPlan) => T): T {
    this.#taps.update({ upsert: [policy] });
    try {
      const plan = this.#taps.plan(policy.id);
      if (!plan) throw new Error(`the compiler has no plan for policy ${policy.id}`);
      return read(plan);
    } finally {
      this.#taps.update(before ? { upsert: [before] } : { remove: [policy.id] });
    }
  }

  /** The order in which base forwarding moves to the present topology. */
  get order(): TopologyOrder {
    if (this.#order?.topology !== this.#topology) {
      this.#order = {
        topology: this.#topology,
        order: new TopologyOrder(this.#topology),
      };
    }
    return this.#order.order;
  }

  /** How a policy is put into effect; undefined for an unknown id. */
  plan(id: PolicyId): PolicyPlan | undefined {
    return this.#taps.plan(id);
  }

  /**
   * Why each policy cannot be compiled beside the present policies and those before it in the list, as
   * text; undefined when it can.
   */
  refusalsOf(policies: readonly Policy[]): readonly (string | undefined)[] {
    return this.#taps.refusalsOf(policies);
  }

  /** The other policies in effect that match some of the frames that a policy matches. */
  sharing(id: PolicyId): readonly Policy[] {
    return this.#taps.sharing(id);
  }

  /** The desired tap rules of a switch. */
  tapRules(dpid: Dpid): readonly FlowSpec[] {
    return this.#taps.desired(dpid);
  }

  #environment(): CompileEnvironment {
    const topology = this.#topology;
    return {
      topology,
      originalActions: (dpid, inPort, ethDst) => originalActions(topology, dpid, inPort, ethDst),
      ...this.#settings,
    };
  }
}

/** Base forwarding and taps together: no entry is in both, as their priorities are in other bands. */
function joined(
  forwarding: ReadonlyMap<Dpid, DesiredChange>,
  { switches: taps, changed }: DesiredDelta,
): DesiredDelta {
  const switches = new Map(forwarding);
  for (const [dpid, tap] of taps) {
    const base = switches.get(dpid);
    const both = base && {
      set: [...base.set, ...tap.set],
      delete: [...base.delete, ...tap.delete],
    };
    switches.set(dpid, both ?? tap);
  }
  return { switches, changed };
}
