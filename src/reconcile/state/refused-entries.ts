import type { FlowKey } from "../../flow-model/index.ts";
import { entryText } from "../model/entry-text.ts";
import type { SwitchTracker } from "./switch-tracker.ts";

/** An entry that a switch does not hold as it is wanted, and will not before something changes. */
export interface RefusedEntry {
  /** Table, priority and match, in the words of `ovs-ofctl`. */
  readonly entry: string;
  /** Why: the switch's error, or what is in its place. */
  readonly reason: string;
}

/** The entries that a switch refuses, or that somebody else's are in the place of. */
export interface RefusedEntries {
  readonly count: number;
  /** A few of them: always the same ones of the same set. */
  readonly first: readonly RefusedEntry[];
}

export const NONE_REFUSED: RefusedEntries = { count: 0, first: [] };

/** How many entries are told of by name. */
const FEW = 5;

/** What a switch refuses now. Cheap, however many there are. */
export function refusedEntries({ refused, desired, flows }: SwitchTracker): RefusedEntries {
  if (refused.size === 0) return NONE_REFUSED;
  const first = lowest(refused.keys()).map((key) => {
    const place = desired.get(key) ?? flows.get(key);
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
