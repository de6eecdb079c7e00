// SPDX-License-Identifier: Apache-2.0
import type { EntryRef, FlowKey, FlowSpec } from "../../flow-model/index.ts";
import { forwardingSteps, originalActions, TopologyOrder } from "../../forwarding/index.ts";
import { complete, type Steps } from "../../lang/steps.ts";
import {
  type CompiledEdit,
  type CompileEnvironment,
  type EditInterruption,
  type HeldVlan,
  type HeldVlanChange,
  type Observation,
  type Policy,
  type PolicyEdit,
  type PolicyId,
  type PolicyPlan,
  TapCompiler,
  type TrialReader,
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
type CompilationOptions = Pick<
  CompileEnvironment,
  "limits" | "tapVlans" | "markKey" | "pathProbes"
> & {
  /** The VLAN ids that a previous process held. */
  readonly heldVlans?: readonly HeldVlan[];
};

/**
 * The compile stage: topology and policies in, desired flow entries of every switch out, as
 * differences. Pure; base forwarding and the tap compiler meet only here.
 */
export class Compilation {
  readonly #settings: CompilationOptions;
  readonly #taps: TapCompiler;
  #topology = Topology.empty;
  #order: { readonly topology: Topology; readonly order: TopologyOrder } | undefined;

  constructor({
    limits,
    tapVlans,
    markKey,
    pathProbes = false,
    heldVlans = [],
  }: CompilationOptions = {}) {
    this.#settings = {
      ...(limits ? { limits } : {}),
      ...(tapVlans ? { tapVlans } : {}),
      ...(markKey ? { markKey } : {}),
      pathProbes,
    };
    this.#taps = new TapCompiler(this.#environment(this.#topology), heldVlans);
  }

  /** Applies an edit of the policies. */
  edit(edit: PolicyEdit): DesiredDelta {
    return complete(this.editing(edit)).delta;
  }

  /** As `edit`. With an interruption due, some of the policies to upsert may be left as `rest`. */
  editing(edit: PolicyEdit, interruption?: EditInterruption): Steps<CompiledEdit> {
    return this.#taps.updating(edit, interruption);
  }

  /** Replaces the topology and compiles what differs. */
  setTopology(topology: Topology): DesiredDelta {
    return complete(this.settingTopology(topology));
  }

  /** As `setTopology`. `order` and base forwarding belong to the old topology until the last step. */
  *settingTopology(topology: Topology): Steps<DesiredDelta> {
    const before = this.#topology;
    if (topology === before) return { switches: new Map(), changed: [] };
    const forwarding = yield* forwardingSteps(before, topology);
    const taps = yield* this.#taps.rebasing(this.#environment(topology));
    this.#topology = topology;
    return joined(forwarding, taps);
  }

  /** Applies an edit of the policies, has it read, and reverts it; undefined: it was interrupted. */
  trying<T, U>(
    edit: PolicyEdit,
    reader: TrialReader<T, U>,
    interruption?: EditInterruption,
  ): Steps<U | undefined> {
    return this.#taps.trying(edit, reader, interruption);
  }

  /** Ends an edit: copies keep their numbers; see `TapCompiler`. */
  holdNumbers(): readonly HeldVlanChange[] {
    return this.#taps.holdNumbers();
  }

  /** The VLAN ids that are held and not in use, if copies wait for one. Valid after `holdNumbers`. */
  get reclaimableVlans(): readonly HeldVlan[] {
    return this.#taps.reclaimableVlans;
  }

  /** Frees VLAN ids that no switch uses any more. */
  freeingVlans(keys: readonly string[]): Steps<DesiredDelta> {
    return this.#taps.freeingVlans(keys);
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

  /** As `plan`. */
  planning(id: PolicyId): Steps<PolicyPlan | undefined> {
    return this.#taps.planning(id);
  }

  /** The plan of a policy as it was last built; possible while an operation is under way. */
  lastPlan(id: PolicyId): PolicyPlan | undefined {
    return this.#taps.lastPlan(id);
  }

  /**
   * Why each policy cannot be compiled beside the present policies and those before it in the list, as
   * text; undefined when it can.
   */
  findingRefusals(policies: readonly Policy[]): Steps<readonly (string | undefined)[]> {
    return this.#taps.findingRefusals(policies);
  }

  /** The policies that copy frames of a host; see `TapCompiler`. */
  findingObservations(mac: number): Steps<readonly Observation[]> {
    return this.#taps.findingObservations(mac);
  }

  /** The compiled tap rule of a reference. */
  tapRule(ref: EntryRef): FlowSpec | undefined {
    return this.#taps.entry(ref);
  }

  /** The taps of an enabled policy. */
  taps(id: PolicyId) {
    return this.#taps.taps(id);
  }

  /** The desired tap rules of a switch. */
  tapRules(dpid: Dpid): readonly FlowSpec[] {
    return this.#taps.desired(dpid);
  }

  #environment(topology: Topology): CompileEnvironment {
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
