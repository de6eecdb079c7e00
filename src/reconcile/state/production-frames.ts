// SPDX-License-Identifier: Apache-2.0
import {
  type ActionSpec,
  destinationOf,
  entranceOf,
  type FlowKey,
  type FlowSpec,
} from "../../flow-model/index.ts";
import type { InstalledFlow } from "../model/installed.ts";

const texts = new WeakMap<FlowSpec["actions"], string>();

/** What an entry does with the production frame, as text: equal for entries that do the same with it. */
export function originalKey({ actions }: FlowSpec): string {
  const original = originalOf(actions);
  let text = texts.get(original);
  if (text === undefined) {
    text = textOf(original);
    texts.set(original, text);
  }
  return text;
}

/** Of a group with copies the actions of the bucket for the original; otherwise all actions. */
function originalOf(actions: FlowSpec["actions"]): FlowSpec["actions"] {
  const [action] = actions;
  if (action?.type !== "useGroup" || actions.length > 1) return actions;
  const { buckets } = action.group;
  if (!buckets.some(({ role }) => role === "copy")) return actions;
  return buckets.find(({ role }) => role === "original")?.actions ?? NOTHING;
}

const NOTHING: readonly ActionSpec[] = [];

/** The entry with other actions for the production frame. */
export function withOriginal(spec: FlowSpec, actions: readonly ActionSpec[]): FlowSpec {
  const [action] = spec.actions;
  if (originalOf(spec.actions) === spec.actions || action?.type !== "useGroup") {
    return { ...spec, actions };
  }
  const buckets = action.group.buckets.map((bucket) =>
    bucket.role === "original" ? { ...bucket, actions } : bucket,
  );
  return { ...spec, actions: [{ type: "useGroup", group: { buckets } }] };
}

function textOf(actions: FlowSpec["actions"]): string {
  return JSON.stringify(actions, (_, part: unknown) =>
    typeof part === "bigint" ? `${part}n` : part,
  );
}

/** Whether an installed entry of a tap forwards the production frame as desired. */
export function forwardsAsDesired(actual: InstalledFlow, desired: FlowSpec | undefined): boolean {
  return desired !== undefined && actual.original === originalKey(desired);
}

/**
 * The installed entries of taps that do not forward production frames as desired, by destination
 * address; entries without one are left out.
 */
export class PendingOriginals {
  /** By address, then by the ingress port that an entry matches (undefined: any). */
  readonly #byMac = new Map<number, Map<number | undefined, Set<FlowKey>>>();

  clear(): void {
    this.#byMac.clear();
  }

  /** Records whether an entry is one of them. */
  note({ match }: Pick<FlowSpec, "match">, key: FlowKey, isPending: boolean): void {
    if (!isPending && this.#byMac.size === 0) return;
    const mac = destinationOf(match);
    if (mac === undefined) return;
    const entrances = this.#byMac.get(mac) ?? new Map<number | undefined, Set<FlowKey>>();
    const entrance = entranceOf(match);
    const keys = entrances.get(entrance) ?? new Set();
    if (isPending) keys.add(key);
    else keys.delete(key);
    if (keys.size > 0) entrances.set(entrance, keys);
    else entrances.delete(entrance);
    if (entrances.size > 0) this.#byMac.set(mac, entrances);
    else this.#byMac.delete(mac);
  }

  /** Whether one of them is for an address. */
  has(mac: number): boolean {
    return this.#byMac.has(mac);
  }

  /** Whether one of them may match a frame for an address that enters by a port. */
  concerns(mac: number, inPort: number): boolean {
    const entrances = this.#byMac.get(mac);
    return entrances !== undefined && (entrances.has(undefined) || entrances.has(inPort));
  }
}
