// SPDX-License-Identifier: Apache-2.0
import type { DirectedView } from "../../placement/directed-views.ts";

/**
 * The part of a view's filters that a switch cannot match, a clause; undefined: none. `plainName`: the
 * name of a switch that is not Open vSwitch.
 */
export function unmatchableAt(
  plainName: string | undefined,
  { filters, exclude }: DirectedView,
): string | undefined {
  for (const { field, alternatives } of [...filters, ...exclude.flat()]) {
    const { largestOnOvs: largest, oxm, isExtension = false } = field;
    if (plainName !== undefined) {
      if (isExtension) return `switch ${plainName} is not Open vSwitch and may have no ${oxm}`;
      continue;
    }
    if (largest === undefined) continue;
    if (largest < 0) return `Open vSwitch has no ${oxm} to match`;
    if (alternatives.some(({ value }) => Number(value) > largest)) {
      return `Open vSwitch matches ${oxm} up to ${largest} only`;
    }
  }
  return undefined;
}
