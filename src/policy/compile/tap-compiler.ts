// SPDX-License-Identifier: Apache-2.0
import { type EntryRef, type FlowSpec, splitEntryRef } from "../../flow-model/index.ts";
import { complete, forEach, type Steps, sorted } from "../../lang/steps.ts";
import type { Dpid } from "../../topology/index.ts";
import type { Policy, PolicyId } from "../model/policy.ts";
import { buildPlan } from "./build-plan.ts";
import type { CompileEnvironment } from "./model/environment.ts";
import { type HeldVlan, type HeldVlanChange, HeldVlans } from "./model/held-vlans.ts";
import type { CompileDelta, PolicyPlan } from "./model/policy-plan.ts";
import { type Observation, observations } from "./observing-policies.ts";
import type {
  CompiledEdit,
  EditInterruption,
  PolicyEdit,
  ReadableTaps,
  TrialReader,
  TriedTaps,
} from "./tap-edits.ts";
import { TapNetwork } from "./tap-network.ts";
import type { Tap } from "./taps/tap.ts";

const NEVER: EditInterruption = { isDue: () => false };

/**
 * Compiles policies to flow entries, one edit at a time. Pure: the tables are a function of the
 * policies, the environment and the VLAN ids that are held, whatever the order of the edits that led there. Where
 * numbers that mark copies run out, they also depend on which policies came last: see `Admission`.
 *
 * Every operation is also available in steps (`updating`, `rebasing`, …). One runs at a time, to its
 * end: the tables in between are those of no inputs. Of all reads only `lastPlan` is possible then.
 */
export class TapCompiler {
  #environment: CompileEnvironment;
  readonly #policies = new Map<PolicyId, Policy>();
  readonly #heldVlans: HeldVlans;
  #network: TapNetwork;
  /** The plan of each policy as it was last built. */
  readonly #plans = new Map<PolicyId, PolicyPlan>();
  /** The policies whose plan must be built again. */
  readonly #outdated = new Set<PolicyId>();
  /** By policy: the policies whose plan depends on it, because its tap makes copies for them. */
  readonly #dependents = new Map<PolicyId, Set<PolicyId>>();
  /** An operation is under way. */
  #isBusy = false;
  readonly #readable: Pick<ReadableTaps, "desired" | "sharing"> = {
    desired: (dpid) => this.desired(dpid),
    sharing: (id) => this.#sharing(id),
  };

  /** `heldVlans`: the ids that a previous compiler held. */
  constructor(environment: CompileEnvironment, heldVlans: Iterable<HeldVlan> = []) {
    this.#environment = environment;
    this.#heldVlans = new HeldVlans(heldVlans, environment.tapVlans);
    this.#network = new TapNetwork(environment, this.#heldVlans);
  }

  /** Applies an edit; returns the entries that change. */
  update(edit: PolicyEdit): CompileDelta {
    return complete(this.updating(edit)).delta;
  }

  /** As `update`. With an interruption due, only some of the policies to upsert may be compiled. */
  *updating(edit: PolicyEdit, interruption = NEVER): Steps<CompiledEdit> {
    return yield* this.#alone(this.#updated(edit, interruption));
  }

  /**
   * Adopts another environment and recompiles what it affects; returns the entries that change. The
   * tables equal those of a full compile.
   */
  rebase(environment: CompileEnvironment): CompileDelta {
    return complete(this.rebasing(environment));
  }

  /** As `rebase`. */
  *rebasing(environment: CompileEnvironment): Steps<CompileDelta> {
    return yield* this.#alone(this.#rebased(environment));
  }

  /**
   * Applies an edit, has it read, and reverts it: the compile is incremental and its own inverse, so a
   * trial costs as much as the edit and its inverse. Undefined: the trial was interrupted.
   */
  *trying<T, U>(
    edit: PolicyEdit,
    reader: TrialReader<T, U>,
    interruption = NEVER,
  ): Steps<U | undefined> {
    return yield* this.#alone(this.#tried(edit, reader, interruption));
  }

  /** How a policy is put into effect; undefined for an unknown id. */
  plan(id: PolicyId): PolicyPlan | undefined {
    return complete(this.planning(id));
  }

  /** As `plan`. */
  *planning(id: PolicyId): Steps<PolicyPlan | undefined> {
    return yield* this.#alone(this.#planned(id));
  }

  /** The plan of a policy as it was last built: perhaps before the last operation, or during one. */
  lastPlan(id: PolicyId): PolicyPlan | undefined {
    return this.#plans.get(id);
  }

  /**
   * Why each policy would be refused for the rules that it needs beside the others and those before it
   * in the list; undefined: it fits.
   */
  refusalsOf(policies: readonly Policy[]): readonly (string | undefined)[] {
    return complete(this.findingRefusals(policies));
  }

  /**
   * The policies that copy frames which a host sends or receives by its port, with the monitors that get copies
   * by entries of the tables; in order of their ids. None for a host without a place.
   */
  *findingObservations(mac: number): Steps<readonly Observation[]> {
    const { topology } = this.#environment;
    const taps = {
      policies: this.#network.compiledPolicies,
      plan: (id: PolicyId) => this.#planned(id),
    };
    return yield* this.#alone(observations(mac, topology, taps));
  }

  /** As `refusalsOf`. */
  *findingRefusals(policies: readonly Policy[]): Steps<readonly (string | undefined)[]> {
    return yield* this.#alone(this.#network.refusalsOf(policies));
  }

  /** The desired entries of a switch. */
  desired(dpid: Dpid): readonly FlowSpec[] {
    return this.#network.tables.of(dpid);
  }

  /** The desired entry of a reference. */
  entry(ref: EntryRef): FlowSpec | undefined {
    const { dpid, key } = splitEntryRef(ref);
    return this.#network.tables.entry(dpid as Dpid, key);
  }

  /** The taps of an enabled policy that fits. */
  taps(id: PolicyId): readonly Tap[] {
    return this.#network.compiled(id)?.taps ?? [];
  }

  /**
   * Ends an edit: copies keep the numbers that they have, of those that can run out, whichever policies come.
   * VLAN ids are held until they are freed. Returns the ids that are held or freed since the last call.
   */
  holdNumbers(): readonly HeldVlanChange[] {
    this.#network.hold();
    return this.#heldVlans.takeChanges();
  }

  /** The ids that are held and not in use, if copies wait for one. Valid after `holdNumbers`. */
  get reclaimableVlans(): readonly HeldVlan[] {
    return this.#network.vlans.reclaimable;
  }

  /** Frees ids that are not in use; copies that wait may get them. No switch may use them any more. */
  *freeingVlans(keys: readonly string[]): Steps<CompileDelta> {
    return yield* this.#alone(this.#freed(keys));
  }

  *#freed(keys: readonly string[]): Steps<CompileDelta> {
    for (const key of keys) this.#network.vlans.free(key);
    const delta = (yield* this.#settled(new Set())) ?? (yield* this.#rebuilt(new Set()));
    yield* this.#outdating(delta.changed);
    return delta;
  }

  /** Runs an operation; no other may begin before it has ended. */
  *#alone<T>(operation: Steps<T>): Steps<T> {
    if (this.#isBusy) throw new Error("another operation of the compiler is under way");
    this.#isBusy = true;
    try {
      return yield* operation;
    } finally {
      this.#isBusy = false;
    }
  }

  *#updated(edit: PolicyEdit, interruption: EditInterruption): Steps<CompiledEdit> {
    const { delta, rest } = yield* this.#edited(edit, interruption);
    yield* this.#outdating(delta.changed);
    yield* forEach(edit.remove ?? [], (id) => {
      if (!this.#policies.has(id)) this.#dropPlan(id);
    });
    return { delta, rest };
  }

  *#edited(edit: PolicyEdit, { isDue }: EditInterruption): Steps<CompiledEdit> {
    const changed = new Set<PolicyId>();
    const latest = new Map<PolicyId, Policy>();
    yield* forEach(edit.upsert ?? [], (each) => latest.set(each.id, each));
    const upserts = [...latest.values()];
    for (const id of edit.remove ?? []) {
      if (this.#policies.delete(id)) changed.add(id);
      yield* this.#network.remove(id);
    }
    let fits = !this.#network.hasRefused;
    let done = 0;
    for (const policy of upserts) {
      yield;
      // Where a limit is reached everything is compiled anew: then one edit is better than two.
      if (fits && done > 0 && isDue()) break;
      this.#policies.set(policy.id, policy);
      changed.add(policy.id);
      done++;
      if (!fits) continue;
      yield* this.#network.remove(policy.id);
      fits = yield* this.#network.add(policy);
    }
    const delta =
      (fits ? yield* this.#settled(changed) : undefined) ?? (yield* this.#rebuilt(changed));
    return { delta, rest: done < upserts.length ? upserts.slice(done) : undefined };
  }

  *#rebased(environment: CompileEnvironment): Steps<CompileDelta> {
    this.#environment = environment;
    const stale = this.#network.hasRefused ? undefined : yield* this.#network.moveTo(environment);
    const fits = stale !== undefined && (yield* this.#network.addAll(stale));
    const delta = fits ? yield* this.#settled(new Set(stale.map(idOf))) : undefined;
    const found = delta ?? (yield* this.#rebuilt(new Set(this.#policies.keys())));
    yield* this.#outdating(found.changed);
    return found;
  }

  *#tried<T, U>(
    edit: PolicyEdit,
    reader: TrialReader<T, U>,
    interruption: EditInterruption,
  ): Steps<U | undefined> {
    const refused = new Set(this.#network.refused);
    const undo = this.#inverseOf(edit);
    const { late } = this.#network;
    const { delta, rest } = yield* this.#edited(edit, interruption);
    let tried: T | undefined;
    try {
      if (rest === undefined) tried = yield* reader.tried(this.#triedTaps(delta, refused));
    } finally {
      // The tables are as before, and so are the plans: neither is outdated.
      yield* this.#edited(undo, NEVER);
      this.#network.restoreLate(late);
    }
    if (tried === undefined) return undefined;
    const present = { ...this.#readable, plan: (id: PolicyId) => this.#planned(id) };
    return yield* reader.present(present, tried);
  }

  #triedTaps({ changed }: CompileDelta, before: ReadonlySet<PolicyId>): TriedTaps {
    const network = this.#network;
    const refused = new Map<PolicyId, string>();
    for (const id of network.refused) {
      const why = network.refusal(id);
      if (why !== undefined && !before.has(id)) refused.set(id, why);
    }
    return { ...this.#readable, plan: (id) => this.#triedPlan(id), changed, refused };
  }

  /** The edit that takes back another one. */
  #inverseOf({ upsert = [], remove = [] }: PolicyEdit) {
    const restored = new Map<PolicyId, Policy>();
    const removed: PolicyId[] = [];
    for (const id of [...Array.from(upsert, idOf), ...remove]) {
      const before = this.#policies.get(id);
      if (before) restored.set(id, before);
      else removed.push(id);
    }
    return { upsert: [...restored.values()], remove: removed };
  }

  /** A plan that is not kept: it is that of an edit that is tried. */
  *#triedPlan(id: PolicyId): Steps<PolicyPlan | undefined> {
    const policy = this.#policies.get(id);
    if (policy === undefined) return undefined;
    return (yield* buildPlan(policy, this.#network, this.#environment.topology)).plan;
  }

  *#planned(id: PolicyId): Steps<PolicyPlan | undefined> {
    const policy = this.#policies.get(id);
    if (policy === undefined) return undefined;
    const known = this.#plans.get(id);
    if (known !== undefined && !this.#outdated.has(id)) return known;
    const { topology } = this.#environment;
    const { plan, dependsOn } = yield* buildPlan(policy, this.#network, topology);
    for (const other of dependsOn) {
      this.#dependents.set(other, (this.#dependents.get(other) ?? new Set()).add(id));
    }
    this.#plans.set(id, plan);
    this.#outdated.delete(id);
    return plan;
  }

  *#sharing(id: PolicyId): Steps<readonly Policy[]> {
    const compiled = this.#network.compiled(id);
    const found = compiled === undefined ? [] : [...(yield* this.#network.sharing(compiled))];
    return found.sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** Updates the tables; undefined when there are too many rules now. */
  *#settled(changed: Set<PolicyId>): Steps<CompileDelta | undefined> {
    yield* this.#network.settleAdmitted(changed);
    if (!this.#network.isWithinLimits) return undefined;
    for (const id of [...changed])
      for (const each of this.#dependents.get(id) ?? []) changed.add(each);
    const switches = yield* this.#network.tables.takeDelta();
    return { switches, changed: yield* sorted(changed, byId) };
  }

  *#rebuilt(changed: Set<PolicyId>): Steps<CompileDelta> {
    const old = this.#network;
    this.#network = new TapNetwork(this.#environment, this.#heldVlans, old);
    // By id: if not all policies fit, which are refused must not depend on the order of the edits.
    const policies = yield* sorted(this.#policies.values(), (a, b) => byId(a.id, b.id));
    yield* this.#network.addFitting(policies, changed);
    for (const id of old.refused) changed.add(id);
    yield* this.#network.settleAdmitted(changed);
    const switches = yield* this.#network.tables.deltaFrom(old.tables);
    const present = [...changed].filter((id) => this.#policies.has(id));
    return { switches, changed: yield* sorted(present, byId) };
  }

  /** The plans of these policies must be built again; those of removed policies are dropped. */
  #outdating(changed: Iterable<PolicyId>): Steps<void> {
    return forEach(changed, (id) => {
      if (this.#policies.has(id)) this.#outdated.add(id);
      else this.#dropPlan(id);
    });
  }

  #dropPlan(id: PolicyId): void {
    this.#plans.delete(id);
    this.#outdated.delete(id);
  }
}

function byId(a: PolicyId, b: PolicyId): number {
  return a < b ? -1 : 1;
}

function idOf({ id }: Policy): PolicyId {
  return id;
}
