// SPDX-License-Identifier: Apache-2.0
import type { FlowKey } from "../../flow-model/index.ts";
import { entryText } from "../model/entry-text.ts";
import type { SwitchTrackerView } from "./tracker-view.ts";

/** An entry that a switch does not hold as desired, and that is not tried again before a change. */
interface RefusedEntry {
  /** Table, priority and match, in the syntax of `ovs-ofctl`. */
  readonly entry: string;
  /** Why: the switch's error, or another application's entry in its place. */
  readonly reason: string;
}

/** The entries that a switch refuses, or whose place another application's entries take. */
export interface RefusedEntries {
  readonly count: number;
  /** The first few in a fixed order. */
  readonly first: readonly RefusedEntry[];
}

export const NONE_REFUSED: RefusedEntries = { count: 0, first: [] };

/** How many entries are reported individually. */
const FEW = 5;

/** What a switch refuses now. Cheap, however many entries there are. */
export function refusedEntries({ errors, desired, installed }: SwitchTrackerView): RefusedEntries {
  const refused = errors.flows;
  if (refused.size === 0) return NONE_REFUSED;
  const first = lowest(refused.keys()).map((key) => {
    const place = desired.get(key) ?? installed.get(key);
    const reason = refused.get(key)?.reason ?? "";
    return { entry: place ? entryText(place) : key, reason };
  });
  return { count: refused.size, first };
}

function lowest(keys: Iterable<FlowKey>): FlowKey[] {
  let few: FlowKey[] = [];
  for (const key of keys) {
    const last = few[FEW - 1];
    if (last === undefined || key < last) few = [...few, key].sort().slice(0, FEW);
  }
  return few;
}
