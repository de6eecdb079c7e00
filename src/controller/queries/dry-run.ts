// SPDX-License-Identifier: Apache-2.0
import type { PolicyDryRun, PolicyEffect } from "../../contract/policy-sets.ts";
import type { Steps } from "../../lang/steps.ts";
import type {
  EditInterruption,
  Policy,
  PolicyId,
  ReadableTaps,
  TriedTaps,
} from "../../policy/index.ts";
import type { Topology } from "../../topology/index.ts";
import type { Compilation } from "../desired/compilation.ts";
import type { ChangeForecast, TriedChange } from "../policies/document-change.ts";
import { forecast, PlannedEntries } from "./policy-forecast.ts";
import { changesBetween, notInEffect, type PolicySnapshot, snapshotOf } from "./policy-snapshot.ts";

/** What is read while a change is tried. */
interface Tried extends Pick<ChangeForecast, "policies" | "refused"> {
  /** The policies that the change does not write and whose plans it changes. */
  readonly others: ReadonlyMap<PolicyId, PolicySnapshot>;
  /** The policy that is compared with what it is now; undefined: none is. */
  readonly compared: PolicySnapshot | undefined;
}

/** What is forecast of one policy, and how it differs from the present one of its id. */
type DryRun = Omit<PolicyDryRun, "diff"> & Pick<ChangeForecast, "changes">;

/** Most policies whose effects are listed. */
const MOST_EFFECTS = 100;

/** Most ids in a sentence. */
const MOST_NAMED = 10;

const NEVER: EditInterruption = { isDue: () => false };

/** Compiles a policy beside the others, reads the result, and reverts; undefined: it was interrupted. */
export function* dryRunSteps(
  compilation: Compilation,
  topology: Topology,
  policy: Policy,
  interruption = NEVER,
): Steps<DryRun | undefined> {
  const { id } = policy;
  const change = { upsert: [policy], remove: [], forecast: [policy], compared: id };
  const found = yield* tryingChange(compilation, topology, change, interruption);
  const own = found?.policies[0];
  if (found === undefined || own === undefined) return undefined;
  const { effects, unlistedEffects, changes } = found;
  return { ...own, effects, unlistedEffects, ...(changes === undefined ? {} : { changes }) };
}

/**
 * Compiles a change of policies, reads what it leads to, reverts it, and compares the policies that it
 * does not write with what they are now; undefined: it was interrupted.
 */
export function tryingChange(
  compilation: Compilation,
  topology: Topology,
  change: TriedChange,
  interruption = NEVER,
): Steps<ChangeForecast | undefined> {
  const trial = new ChangeTrial(topology, change, interruption);
  return compilation.trying(change, trial, interruption);
}

/** Reads what a change does. */
class ChangeTrial {
  readonly #topology: Topology;
  readonly #change: TriedChange;
  readonly #isInterrupted: () => boolean;
  /** The policies that the change writes or deletes. */
  readonly #written: ReadonlySet<PolicyId>;
  /** By policy: those that the change writes or deletes and that share frames with it. */
  readonly #sharing = new Map<PolicyId, Set<PolicyId>>();

  constructor(topology: Topology, change: TriedChange, { isDue }: EditInterruption) {
    this.#topology = topology;
    this.#change = change;
    this.#isInterrupted = isDue;
    const upserted = change.upsert.map(({ id }) => id);
    const written = upserted.filter((id) => !change.concerned?.has(id));
    this.#written = new Set([...written, ...change.remove]);
  }

  *tried(taps: TriedTaps): Steps<Tried | undefined> {
    const entries = new PlannedEntries(taps);
    const sources = { taps, entries, topology: this.#topology };
    const policies: Tried["policies"][number][] = [];
    for (const policy of this.#change.forecast) {
      if (this.#isInterrupted()) return undefined;
      policies.push(yield* forecast(policy, sources));
    }
    const others = new Map<PolicyId, PolicySnapshot>();
    for (const id of taps.changed) {
      if (this.#isInterrupted()) return undefined;
      if (this.#written.has(id)) continue;
      const plan = yield* taps.plan(id);
      if (plan) others.set(id, yield* snapshotOf(plan, entries, this.#topology));
    }
    yield* this.#noteSharing(taps);
    const compared = yield* this.#comparedSnapshot(taps, entries);
    return { policies, others, compared, refused: taps.refused };
  }

  *present(
    taps: ReadableTaps,
    { policies, others, compared, refused }: Tried,
  ): Steps<ChangeForecast | undefined> {
    const entries = new PlannedEntries(taps);
    yield* this.#noteSharing(taps);
    const effects: PolicyEffect[] = [];
    let unlistedEffects = 0;
    for (const [id, after] of others) {
      if (this.#isInterrupted()) return undefined;
      const before = yield* this.#snapshotBefore(id, taps, entries);
      if (before === undefined) continue;
      const changes = changesBetween(before, after);
      if (changes.length === 0) continue;
      if (effects.length < MOST_EFFECTS) effects.push({ id, why: this.#whyOf(id), changes });
      else unlistedEffects++;
    }
    const present = compared && (yield* this.#comparedSnapshot(taps, entries));
    const changes = compared && present && changesBetween(present, compared);
    return { policies, refused, effects, unlistedEffects, ...(changes ? { changes } : {}) };
  }

  /** The policy that is compared, in some taps; undefined: none is, or it is not there. */
  *#comparedSnapshot(
    taps: ReadableTaps,
    entries: PlannedEntries,
  ): Steps<PolicySnapshot | undefined> {
    const { compared } = this.#change;
    const plan = compared && (yield* taps.plan(compared));
    return plan && (yield* snapshotOf(plan, entries, this.#topology));
  }

  /** A policy without the change; undefined: there is none. */
  *#snapshotBefore(
    id: PolicyId,
    taps: ReadableTaps,
    entries: PlannedEntries,
  ): Steps<PolicySnapshot | undefined> {
    const reasons = this.#change.concerned?.get(id)?.invalid;
    if (reasons !== undefined) return notInEffect({ state: "error", reasons });
    const plan = yield* taps.plan(id);
    return plan && (yield* snapshotOf(plan, entries, this.#topology));
  }

  *#noteSharing(taps: ReadableTaps): Steps<void> {
    for (const id of this.#written) {
      for (const other of yield* taps.sharing(id)) {
        yield;
        const known = this.#sharing.get(other.id) ?? new Set();
        this.#sharing.set(other.id, known.add(id));
      }
    }
  }

  #whyOf(id: PolicyId): string[] {
    const sharing = [...(this.#sharing.get(id) ?? [])].sort();
    const listed = sharing.slice(0, MOST_NAMED).join(", ");
    const more = sharing.length > MOST_NAMED ? ` and ${sharing.length - MOST_NAMED} more` : "";
    const concerned = this.#change.concerned?.get(id)?.why;
    const why = [
      ...(concerned === undefined ? [] : [concerned]),
      ...(sharing.length === 0 ? [] : [`it shares frames with ${listed}${more}`]),
    ];
    return why.length > 0 ? why : [NUMBERS_SHARED];
  }
}

const NUMBERS_SHARED =
  "its rules, or the numbers that its copies carry (tap marks, VLAN ids), depend on the other policies";
