// SPDX-License-Identifier: Apache-2.0
import { contains } from "../../match-region/region.ts";
import type { Element } from "./region-closure.ts";

/**
 * Whether an element E needs no rule because the next lower rule has the same effect.
 *
 * Consider the smallest of the elements that contain E (`containing` includes E): if the effect of each
 * equals E's, E needs no rule. Proof: without E's rule, its frames match the highest rule among the
 * elements that contain E. Suppose that this element, K, has another effect. Go from E to one of its
 * smallest containing elements that lies in K (its effect is E's, so it is not K, and it has no rule,
 * else that rule would be higher than K's), from there to one of its own smallest containing elements
 * in K, and so on: all have E's effect and none has a rule, yet the sequence ends in K. So K has E's
 * effect, a contradiction.
 */
export function isRedundant<P, D>(
  element: Element<P, D>,
  containing: readonly Element<P, D>[],
  effectOf: (element: Element<P, D>) => string | undefined,
): boolean {
  if (containing.length < 2) return false;
  const outer = containing.filter((each) => each !== element);
  outer.sort((a, b) => b.region.bits - a.region.bits);
  const effect = effectOf(element);
  const smallest: Element<P, D>[] = [];
  for (const each of outer) {
    if (smallest.some(({ region }) => contains(each.region, region))) continue;
    if (effectOf(each) !== effect) return false;
    smallest.push(each);
  }
  return true;
}
