// SPDX-License-Identifier: Apache-2.0
import { sameItems } from "../../lang/same-items.ts";
import type { Rule, Surroundings } from "./emit/rule-writer.ts";
import { doesLess, type ElementActions } from "./overlap/element-actions.ts";
import type { Element } from "./overlap/region-closure.ts";
import type { Piece } from "./taps/tap.ts";

/** What the table stores with an element. */
export interface ElementState {
  actions: ElementActions;
  /** Its rule in the tables; undefined when the element needs none. */
  rule: Rule | undefined;
}

/** An element of the closure of one switch. */
export type TapElement = Element<Piece, ElementState>;

/** What the rules around an element would do with its frames if it had no rule of its own. */
export function surroundingsOf(
  element: TapElement,
  actions: ElementActions,
  containing: readonly TapElement[],
): Surroundings {
  if (actions.copies.length === 0 || containing.length < 2) return ALONE;
  const around = effectiveRules(containing.filter((each) => each !== element));
  const outer = around.map(({ body }) => body.elementActions);
  const takesOver = new Set(
    outer.flatMap(({ copies }) => copies.map(({ monitor }) => monitor.key)),
  );
  if (takesOver.size > 0 && outer.every((each) => doesLess(each, actions))) {
    return { shields: false, takesOver: [...takesOver].sort() };
  }
  return { shields: isInside(element, containing), takesOver: [] };
}

const ALONE: Surroundings = { shields: false, takesOver: [] };

/** Whether a rule was written for these surroundings. */
export function isSurrounded({ flow }: Rule, { shields, takesOver }: Surroundings): boolean {
  return sameItems(flow.takesOver ?? [], takesOver) && (flow.shields ?? false) === shields;
}

/**
 * Whether rules of other elements would match an element's frames if it had no rule: they may forward
 * them differently (frames for unknown hosts are flooded), or make copies that it must not make.
 */
function isInside(element: TapElement, containing: readonly TapElement[]): boolean {
  return containing.some((each) => each !== element && effectOf(each) !== "");
}

/** The effect of an element's actions; undefined before they are known. */
export function effectOf({ data }: TapElement): string | undefined {
  return data?.actions.effect;
}

/**
 * Whether, without a rule of its own, an element's frames match one rule, or several with equal
 * actions. Rules of one priority may send the same copies by different transports, and a switch may
 * choose any of them.
 */
export function isDecided(element: TapElement, containing: readonly TapElement[]): boolean {
  const [first, ...others] = effectiveRules(containing.filter((each) => each !== element));
  return others.every(({ body }) => body.elementActions.key === first?.body.elementActions.key);
}

/**
 * The rules that match the frames of the smallest of these elements: one, or several of one priority
 * with equal actions.
 */
export function effectiveRules(containing: readonly TapElement[]): Rule[] {
  const rules = containing.flatMap(({ data }) => data?.rule ?? []);
  const top = Math.max(...rules.map(({ flow }) => flow.priority));
  return rules.filter(({ flow }) => flow.priority === top);
}
