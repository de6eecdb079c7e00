import { compileForwarding, originalActions } from "../forwarding/index.ts";
import { type FlowKey, type FlowSpec, flowKey } from "../pipeline/index.ts";
import {
  type CompileDelta,
  type CompileLimits,
  type Policy,
  type PolicyEdit,
  type PolicyId,
  type PolicyPlan,
  TapCompiler,
} from "../policy/index.ts";
import type { Dpid, Topology } from "../topology/index.ts";

/** What an input's change makes of the desired state. */
export interface DesiredDelta {
  readonly switches: ReadonlyMap<Dpid, { set: readonly FlowSpec[]; delete: readonly FlowKey[] }>;
  /** Policies whose plan changed. */
  readonly changed: readonly PolicyId[];
}

/**
 * The compile stage: topology and policies in, desired flow entries of every switch out, as
 * differences. Pure; base forwarding and the tap compiler meet only here.
 */
export class Compilation {
  readonly #limits: Partial<CompileLimits>;
  readonly #taps: TapCompiler;
  #topology: Topology;
  #forwarding: ReadonlyMap<Dpid, ReadonlyMap<FlowKey, FlowSpec>>;

  constructor(topology: Topology, limits: Partial<CompileLimits> = {}) {
    this.#limits = limits;
    this.#topology = topology;
    this.#forwarding = forwardingOf(topology);
    this.#taps = new TapCompiler(this.#environment());
  }

  /** Applies an edit of the policies. */
  edit(edit: PolicyEdit): DesiredDelta {
    return this.#taps.update(edit);
  }

  /** How a policy is put into effect; undefined for an id that there is none of. */
  plan(id: PolicyId): PolicyPlan | undefined {
    return this.#taps.plan(id);
  }

  /** Why a policy cannot be taken in beside the others, in words; undefined when it can. */
  refusalOf(policy: Policy): string | undefined {
    return this.#taps.refusalOf(policy);
  }

  /** The rules that taps want on a switch, for a preview. */
  tapRules(dpid: Dpid): readonly FlowSpec[] {
    return this.#taps.desired(dpid);
  }

  /** Takes another topology; nothing is recompiled when it is the same snapshot. */
  setTopology(topology: Topology): DesiredDelta {
    if (topology === this.#topology) return { switches: new Map(), changed: [] };
    const before = this.#forwarding;
    this.#topology = topology;
    this.#forwarding = forwardingOf(topology);
    return merge(forwardingDelta(before, this.#forwarding), this.#taps.rebase(this.#environment()));
  }

  /** Everything desired of base forwarding now, for the first load. */
  forwarding(): DesiredDelta {
    return { switches: forwardingDelta(new Map(), this.#forwarding), changed: [] };
  }

  #environment() {
    const topology = this.#topology;
    return {
      topology,
      originalActions: (
        ...args: Parameters<typeof originalActions> extends [Topology, ...infer R] ? R : never
      ) => originalActions(topology, ...args),
      limits: this.#limits,
    };
  }
}

function forwardingOf(topology: Topology): Map<Dpid, Map<FlowKey, FlowSpec>> {
  const tables = new Map<Dpid, Map<FlowKey, FlowSpec>>();
  for (const [dpid, specs] of compileForwarding(topology)) {
    tables.set(dpid, new Map(specs.map((spec) => [flowKey(spec), spec])));
  }
  return tables;
}

type Tables = ReadonlyMap<Dpid, ReadonlyMap<FlowKey, FlowSpec>>;
type Changes = Map<Dpid, { set: FlowSpec[]; delete: FlowKey[] }>;

function forwardingDelta(before: Tables, after: Tables): Changes {
  const changes: Changes = new Map();
  for (const dpid of new Set([...before.keys(), ...after.keys()])) {
    const old = before.get(dpid);
    const now = after.get(dpid);
    // The reconciler compares contents: a rule that is as it was costs nothing further.
    const set = [...(now?.values() ?? [])];
    const gone = [...(old?.keys() ?? [])].filter((key) => !now?.has(key));
    if (set.length > 0 || gone.length > 0) changes.set(dpid, { set, delete: gone });
  }
  return changes;
}

function merge(forwarding: Changes, taps: CompileDelta): DesiredDelta {
  for (const [dpid, delta] of taps.switches) {
    const there = forwarding.get(dpid);
    if (there) {
      there.set.push(...delta.set);
      there.delete.push(...delta.delete);
    } else {
      forwarding.set(dpid, { set: [...delta.set], delete: [...delta.delete] });
    }
  }
  return { switches: forwarding, changed: taps.changed };
}
