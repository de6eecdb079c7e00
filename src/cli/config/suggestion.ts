// SPDX-License-Identifier: Apache-2.0
import { closest, distance } from "fastest-levenshtein";

/** The clause `did you mean "…"?`, or undefined when no known word is similar. */
export function didYouMean(word: string, known: readonly string[]): string | undefined {
  if (known.length === 0) return undefined;
  const best = closest(word, [...known]);
  const far = Math.max(2, Math.floor(word.length / 3));
  return distance(word, best) <= far ? `did you mean "${best}"?` : undefined;
}
