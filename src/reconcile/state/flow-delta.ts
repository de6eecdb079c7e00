// SPDX-License-Identifier: Apache-2.0
import type { FlowKey, FlowSpec } from "../../flow-model/index.ts";
import { forEach, type Steps } from "../../lang/steps.ts";
import type { ConfirmedChange } from "../model/confirmed-change.ts";
import { hasSameContent, type InstalledFlow } from "../model/installed.ts";

/**
 * The flow entries of one switch: desired against installed.
 *
 * Invariants:
 * - what `installed` says of the switch changes in `confirm` (which takes only changes that the switch
 *   has confirmed) and `loading` (tables as read) alone. `settle` and a new desired entry replace what a
 *   record says about its relation to the desired entry, never its content;
 * - a key that is not in `dirty` is as desired, was refused, or waits for an event that marks it.
 *
 * Transitions of a key:
 * - clean -> (desire, undesire, markDirty, loading) dirty;
 * - dirty -> (planned) clean, or waiting for floods to end on other switches;
 * - waiting -> (wake) dirty, or (planned) clean.
 */
export class FlowDelta {
  readonly #desired = new Map<FlowKey, FlowSpec>();
  #installed = new Map<FlowKey, InstalledFlow>();
  readonly #dirty = new Set<FlowKey>();
  readonly #waiting = new Set<FlowKey>();

  get desired(): ReadonlyMap<FlowKey, FlowSpec> {
    return this.#desired;
  }

  /** OpenVTAP's own flow entries as confirmed. */
  get installed(): ReadonlyMap<FlowKey, InstalledFlow> {
    return this.#installed;
  }

  /** Keys whose desired and installed entries may differ. */
  get dirty(): ReadonlySet<FlowKey> {
    return this.#dirty;
  }

  /** Desires an entry in place of the one of the same key. Returns the one it replaces. */
  desire(key: FlowKey, spec: FlowSpec): FlowSpec | undefined {
    const old = this.#desired.get(key);
    if (old === spec) return old;
    this.#desired.set(key, spec);
    this.#desiredChanged(key);
    return old;
  }

  /** Returns the entry that is no longer desired. */
  undesire(key: FlowKey): FlowSpec | undefined {
    const old = this.#desired.get(key);
    if (old === undefined) return undefined;
    this.#desired.delete(key);
    this.#desiredChanged(key);
    return old;
  }

  /** Applies a change that the switch has confirmed. Returns the record it replaces. */
  confirm(change: Extract<ConfirmedChange, { flow: InstalledFlow }>): InstalledFlow | undefined {
    const { flow, type } = change;
    const old = this.#installed.get(flow.key);
    if (type === "flowDelete") this.#installed.delete(flow.key);
    else this.#installed.set(flow.key, flow);
    return old;
  }

  /** Replaces the record of an installed entry by one of the same content. */
  settle(flow: InstalledFlow): void {
    const old = this.#installed.get(flow.key);
    if (!old || !hasSameContent(old, flow)) throw new Error(`${flow.key} is not as installed`);
    this.#installed.set(flow.key, flow);
  }

  /** Replaces the installed entries by those that were read. */
  *loading(flows: ReadonlyMap<FlowKey, InstalledFlow>): Steps<void> {
    const installed = new Map<FlowKey, InstalledFlow>();
    yield* forEach(flows, ([key, flow]) => installed.set(key, flow));
    this.#installed = installed;
    for (const keys of [this.#desired.keys(), installed.keys()]) {
      yield* forEach(keys, (key) => this.#dirty.add(key));
    }
  }

  markDirty(key: FlowKey): void {
    this.#dirty.add(key);
  }

  /** Marks installed entries that are not desired. */
  *markingUndesired(): Steps<void> {
    yield* forEach(this.#installed.keys(), (key) => {
      if (!this.#desired.has(key)) this.#dirty.add(key);
    });
  }

  /** A plan deals with these keys; the `waiting` ones wait for floods to end on other switches. */
  *planned(keys: readonly FlowKey[], waiting: readonly FlowKey[]): Steps<void> {
    yield* forEach(keys, (key) => {
      this.#dirty.delete(key);
      this.#waiting.delete(key);
    });
    for (const key of waiting) this.#waiting.add(key);
  }

  /** Floods may have ended on other switches. */
  wake(): void {
    for (const key of this.#waiting) this.#dirty.add(key);
    this.#waiting.clear();
  }

  #desiredChanged(key: FlowKey): void {
    this.#dirty.add(key);
    const flow = this.#installed.get(key);
    // Cleared even if the same spec comes back, so that dependent entries are planned again then.
    if (flow?.fulfils !== undefined) this.#installed.set(key, { ...flow, fulfils: undefined });
  }
}
