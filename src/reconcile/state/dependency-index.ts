import type { EntryRef, FlowActionSpec, FlowSpec } from "../../flow-model/index.ts";

/** Every entry that a flow entry or its buckets need, as often as they name it. */
export function dependenciesOf(spec: FlowSpec): EntryRef[] {
  const needs: EntryRef[] = [...(spec.needs ?? [])];
  collectNeeds(spec.actions, needs);
  return needs;
}

function collectNeeds(actions: readonly FlowActionSpec[], into: EntryRef[]): void {
  for (const action of actions) {
    if (action.type !== "useGroup") continue;
    for (const bucket of action.group.buckets) {
      if (bucket.needs) into.push(...bucket.needs);
      collectNeeds(bucket.actions, into);
    }
  }
}

/** Who waits for whom across switches, and which entries must stay because a bucket sends to them. */
export class DependencyIndex {
  readonly #dependents = new Map<EntryRef, Set<EntryRef>>();
  readonly #holds = new Map<EntryRef, number>();

  /** Notes that a wanted flow entry depends on others. */
  watch(dependent: EntryRef, spec: FlowSpec): void {
    for (const need of dependenciesOf(spec)) {
      const known = this.#dependents.get(need);
      if (known) known.add(dependent);
      else this.#dependents.set(need, new Set([dependent]));
    }
  }

  /** Forgets what `watch` noted. */
  unwatch(dependent: EntryRef, spec: FlowSpec): void {
    for (const need of dependenciesOf(spec)) {
      const known = this.#dependents.get(need);
      known?.delete(dependent);
      if (known?.size === 0) this.#dependents.delete(need);
    }
  }

  /** The wanted flow entries that depend on one. */
  dependentsOf(need: EntryRef): Iterable<EntryRef> {
    return this.#dependents.get(need) ?? [];
  }

  /** Notes that an installed bucket, or one about to be, needs these. */
  hold(needs: readonly EntryRef[]): void {
    for (const need of needs) this.#holds.set(need, (this.#holds.get(need) ?? 0) + 1);
  }

  /** Takes a `hold` back; returns what nobody needs any more. */
  release(needs: readonly EntryRef[]): EntryRef[] {
    const free: EntryRef[] = [];
    for (const need of needs) {
      const left = (this.#holds.get(need) ?? 0) - 1;
      if (left > 0) this.#holds.set(need, left);
      else if (this.#holds.delete(need)) free.push(need);
    }
    return free;
  }

  isHeld(need: EntryRef): boolean {
    return this.#holds.has(need);
  }
}
