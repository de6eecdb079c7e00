// SPDX-License-Identifier: Apache-2.0
import { PersistentMap } from "../../lang/persistent-map.ts";
import type { NamedInterface } from "./named-interface.ts";

/** The `iface-id`s of each workload; by all of its names. */
type Workloads = PersistentMap<string, PersistentMap<string, true>>;

/**
 * Interfaces by their names and by those of their workloads. Immutable: a changed copy shares everything else
 * with the original.
 */
export class InterfaceIndex {
  static get empty(): InterfaceIndex {
    return EMPTY;
  }

  /** By `iface-id`. */
  readonly all: PersistentMap<string, NamedInterface>;
  readonly #workloads: Workloads;

  constructor(all: PersistentMap<string, NamedInterface>, workloads: Workloads) {
    this.all = all;
    this.#workloads = workloads;
  }

  get(iface: string): NamedInterface | undefined {
    return this.all.get(iface);
  }

  /** The interfaces of a workload, in the order of their names. `isTrusted`: by names that no tenant chooses. */
  ofWorkload(name: string, { isTrusted = false } = {}): readonly NamedInterface[] {
    const ifaces = [...(this.#workloads.get(name)?.keys() ?? [])].sort();
    const found = ifaces.flatMap((iface) => this.all.get(iface) ?? []);
    return isTrusted ? found.filter(({ workloads }) => workloads.includes(name)) : found;
  }

  /** With this interface, in place of the one of its name. */
  with(now: NamedInterface): InterfaceIndex {
    return this.#replaced(now.iface, now, this.all.with(now.iface, now));
  }

  without(iface: string): InterfaceIndex {
    return this.#replaced(iface, undefined, this.all.without(iface));
  }

  #replaced(
    iface: string,
    now: NamedInterface | undefined,
    all: PersistentMap<string, NamedInterface>,
  ): InterfaceIndex {
    if (all === this.all) return this;
    const before = workloadNames(this.all.get(iface));
    const after = workloadNames(now);
    let workloads = this.#workloads;
    for (const name of before) {
      if (after.includes(name)) continue;
      const left = (workloads.get(name) ?? NO_INTERFACES).without(iface);
      workloads = left.size > 0 ? workloads.with(name, left) : workloads.without(name);
    }
    for (const name of after) {
      if (before.includes(name)) continue;
      workloads = workloads.with(name, (workloads.get(name) ?? NO_INTERFACES).with(iface, true));
    }
    return new InterfaceIndex(all, workloads);
  }
}

const NO_INTERFACES = PersistentMap.empty<string, true>();
const NO_NAMES: readonly string[] = [];
const EMPTY = new InterfaceIndex(PersistentMap.empty(), PersistentMap.empty());

/** All names of an interface's workload; one that is a label, too, twice. */
export function workloadNames(known: NamedInterface | undefined): readonly string[] {
  if (known === undefined) return NO_NAMES;
  // Of tens of thousands: usually there are no labels.
  return known.labels.length === 0 ? known.workloads : [...known.workloads, ...known.labels];
}
