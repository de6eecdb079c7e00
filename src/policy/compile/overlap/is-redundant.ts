import { contains } from "../../match-region/region.ts";
import type { Element } from "./region-closure.ts";

/**
 * Whether an element E needs no rule because the next lower one has the same effect.
 *
 * Of the elements that hold E (`holding`, E among them) take the smallest ones: if the effect of each
 * is E's, E needs no rule. For a frame that only E's rule would have decided then falls to the
 * highest rule among the elements that hold E. Suppose that one, K, had another effect. Climb from E
 * to one of its smallest holders that lies in K (its effect is E's, so it is not K, and it has no rule,
 * else it would be higher than K), from there to one of its own smallest holders in K, and so on: all
 * have E's effect and none has a rule, yet the climb ends in K. So K has E's effect.
 */
export function isRedundant<P, D>(
  element: Element<P, D>,
  holding: readonly Element<P, D>[],
  effectOf: (element: Element<P, D>) => string | undefined,
): boolean {
  if (holding.length < 2) return false;
  const outer = holding.filter((each) => each !== element);
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
