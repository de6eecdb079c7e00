// SPDX-License-Identifier: Apache-2.0
type Json = Readonly<Record<string, unknown>>;

/** A member of a policy that is not the same in all three versions. Undefined: it has none. */
export interface Difference {
  readonly key: string;
  readonly base: unknown;
  readonly yours: unknown;
  readonly theirs: unknown;
  /** Both have changed it, differently: the user decides. */
  readonly isConflict: boolean;
}

/** Compares what two have made of the same document, member by member. */
export function threeWay(base: Json, yours: Json, theirs: Json): Difference[] {
  const keys = [...new Set([base, yours, theirs].flatMap((each) => Object.keys(each)))];
  return keys.flatMap((key) => {
    const [b, y, t] = [base[key], yours[key], theirs[key]];
    if (isSame(b, y) && isSame(b, t)) return [];
    const isConflict = !isSame(b, y) && !isSame(b, t) && !isSame(y, t);
    return [{ key, base: b, yours: y, theirs: t, isConflict }];
  });
}

/** Their document with your changes; of a conflict `choices` says whose is kept, yours unless it says theirs. */
export function merge(
  theirs: Json,
  differences: readonly Difference[],
  choices: Readonly<Record<string, "yours" | "theirs">> = {},
): Json {
  const merged: Record<string, unknown> = { ...theirs };
  for (const { key, base, yours, isConflict } of differences) {
    const isMine = isConflict ? choices[key] !== "theirs" : !isSame(base, yours);
    if (!isMine) continue;
    if (yours === undefined) delete merged[key];
    else merged[key] = yours;
  }
  return merged;
}

/** Whether two JSON values are the same; the order of members does not matter. */
export function isSame(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [keysA, keysB] = [Object.keys(a), Object.keys(b)];
  return (
    keysA.length === keysB.length &&
    keysA.every((key) => Object.hasOwn(b, key) && isSame((a as Json)[key], (b as Json)[key]))
  );
}
