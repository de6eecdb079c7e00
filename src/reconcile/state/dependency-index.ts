// SPDX-License-Identifier: Apache-2.0
import {
  type EntryRef,
  type FlowActionSpec,
  type FlowKey,
  type FlowSpec,
  splitEntryRef,
} from "../../flow-model/index.ts";

/** Every entry that a flow entry or its buckets depend on, as often as they name it. */
function dependenciesOf(spec: FlowSpec): EntryRef[] {
  const dependencies: EntryRef[] = [...(spec.needs ?? [])];
  collectDependencies(spec.actions, dependencies);
  return dependencies;
}

function collectDependencies(actions: readonly FlowActionSpec[], into: EntryRef[]): void {
  for (const action of actions) {
    if (action.type !== "useGroup") continue;
    for (const bucket of action.group.buckets) {
      if (bucket.needs) into.push(...bucket.needs);
      collectDependencies(bucket.actions, into);
    }
  }
}

/** Dependencies between entries of different switches, and the entries that they retain. */
export class DependencyIndex {
  readonly #dependents = new Map<EntryRef, Set<EntryRef>>();
  readonly #retained = new Map<EntryRef, number>();

  /** Registers the dependencies of a desired flow entry. */
  watch(dependent: EntryRef, spec: FlowSpec): void {
    for (const dependency of dependenciesOf(spec)) {
      const known = this.#dependents.get(dependency);
      if (known) known.add(dependent);
      else this.#dependents.set(dependency, new Set([dependent]));
    }
  }

  /** Removes what `watch` registered. */
  unwatch(dependent: EntryRef, spec: FlowSpec): void {
    for (const dependency of dependenciesOf(spec)) {
      const known = this.#dependents.get(dependency);
      known?.delete(dependent);
      if (known?.size === 0) this.#dependents.delete(dependency);
    }
  }

  /** The desired flow entries that depend on one; undefined: none. */
  dependentsOf(dependency: EntryRef): Iterable<EntryRef> | undefined {
    return this.#dependents.get(dependency);
  }

  /** A bucket that is installed, or about to be, depends on these entries. */
  retain(dependencies: readonly EntryRef[]): void {
    for (const dependency of dependencies) {
      this.#retained.set(dependency, (this.#retained.get(dependency) ?? 0) + 1);
    }
  }

  /** Reverts a `retain`. Returns the entries that nothing retains any longer. */
  release(dependencies: readonly EntryRef[]): EntryRef[] {
    const free: EntryRef[] = [];
    for (const dependency of dependencies) {
      const left = (this.#retained.get(dependency) ?? 0) - 1;
      if (left > 0) this.#retained.set(dependency, left);
      else if (this.#retained.delete(dependency)) free.push(dependency);
    }
    return free;
  }

  isRetained(dependency: EntryRef): boolean {
    return this.#retained.has(dependency);
  }
}

/** Most references whose parts are remembered. */
const LIMIT = 200_000;

interface RefParts {
  readonly dpid: string;
  readonly key: FlowKey;
}

/**
 * The parts of entry references, remembered: a new substring is hashed anew by every map it is looked
 * up in, and a bulk install looks up each of them a dozen times.
 */
export class EntryRefParts {
  readonly #known = new Map<EntryRef, RefParts>();

  of(ref: EntryRef): RefParts {
    const known = this.#known.get(ref);
    if (known) return known;
    if (this.#known.size >= LIMIT) this.#known.clear();
    const parts = splitEntryRef(ref);
    this.#known.set(ref, parts);
    return parts;
  }
}
