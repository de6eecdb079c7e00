// SPDX-License-Identifier: Apache-2.0
import type { ActionSpec } from "../../../flow-model/index.ts";
import { actionsKey } from "../model/action-key.ts";
import { flowClassesKey, flowClassesOf, type RequestedTreatment } from "../model/flow-classes.ts";
import { type Copy, isIpRewritten, transportKey } from "./copy.ts";

/** What a switch does with the frames of an element. */
export interface ElementActions {
  /** Equal for actions that are the same in every detail. */
  readonly key: string;
  /**
   * Equal for actions that do the same, whether or not a policy demands the transport; "" when base
   * forwarding alone does the same. A copy that is carried in another way is another copy: its path may
   * not be there yet, or not any more.
   */
  readonly effect: string;
  readonly original: readonly ActionSpec[];
  /** In the order of their buckets. */
  readonly copies: readonly Copy[];
}

/** The actions for frames from which these copies are made, with the treatments requested. */
export function elementActions(
  original: readonly ActionSpec[],
  copies: Copy[],
  treatments: ReadonlyMap<string, readonly RequestedTreatment[]> | undefined,
): ElementActions {
  if (copies.length > 1) copies.sort(byBucket);
  if (treatments === undefined || treatments.size === 0)
    return new LazyElementActions(original, copies);
  const treated = copies.map((copy): Copy => {
    const requested = treatments.get(copy.monitor.key);
    return requested === undefined ? copy : { ...copy, flowClasses: flowClassesOf(requested) };
  });
  return new LazyElementActions(original, treated);
}

/**
 * Open vSwitch makes the frame of the next bucket from that of the last one. Restoring a tag may clear
 * its drop eligible bit, and restoring an IP address is not survived by every checksum: these copies
 * come last (see `docs/copies.md`).
 */
function byBucket(a: Copy, b: Copy): number {
  const order = harm(a) - harm(b);
  return order === 0 ? (a.monitor.key < b.monitor.key ? -1 : 1) : order;
}

function harm({ transport }: Copy): number {
  return isIpRewritten(transport) ? 2 : Number(transport.kind === "tag");
}

/** Whether actions do the same with the original and make only copies that the others make as well. */
export function doesLess(actions: ElementActions, than: ElementActions): boolean {
  if (actionsKey(actions.original) !== actionsKey(than.original)) return false;
  return actions.copies.every((copy) =>
    than.copies.some(
      (each) =>
        each.monitor.key === copy.monitor.key &&
        flowClassesKey(each.flowClasses) === flowClassesKey(copy.flowClasses),
    ),
  );
}

/** The same actions, marked as equal to those of base forwarding. */
export function withoutEffect({ original, copies }: ElementActions): ElementActions {
  return new LazyElementActions(original, copies, "");
}

/** Computes its keys on demand: few actions are ever compared with others. */
class LazyElementActions implements ElementActions {
  readonly original: readonly ActionSpec[];
  readonly copies: readonly Copy[];
  #key: string | undefined;
  #effect: string | undefined;

  constructor(original: readonly ActionSpec[], copies: readonly Copy[], effect?: string) {
    this.original = original;
    this.copies = copies;
    this.#effect = effect;
  }

  get key(): string {
    if (this.#key === undefined) {
      let key = `${actionsKey(this.original)}#`;
      for (const copy of this.copies) {
        key += transportKey(copy.transport) + (copy.explicit ? "!" : "") + copyText(copy);
      }
      this.#key = key;
    }
    return this.#key;
  }

  get effect(): string {
    if (this.#effect === undefined) {
      let effect = `${actionsKey(this.original)}#`;
      for (const copy of this.copies) {
        effect += transportKey(copy.transport) + copyText(copy);
      }
      this.#effect = effect;
    }
    return this.#effect;
  }
}

/** With the number of an ingress port: a copy that leaves by IN_PORT may be written with it. */
function copyText({ monitor, port, out, isIsolated, flowClasses }: Copy): string {
  const back = port === out ? "" : `/${out}`;
  const isolated = isIsolated ? "i" : "";
  return `${monitor.key}:${port}${back}${isolated}${flowClassesKey(flowClasses)}|`;
}
