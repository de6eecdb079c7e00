// SPDX-License-Identifier: Apache-2.0
import type { OverridingEntriesView } from "../../contract/entries/overriding-entries.ts";
import { type CategoryName, type FlowKey, type FlowSpec, flowKey } from "../../flow-model/index.ts";
import { forEach, type Steps } from "../../lang/steps.ts";
import { formatInstructions } from "../../openflow/index.ts";
import { PrecedingEntries } from "../../policy/index.ts";
import type { ListedFlow } from "../../reconcile/index.ts";
import { foreignRuleView } from "../views/rule-view.ts";

/** How many entries are named for a rule, and for a switch. */
const FEW = 5;

/** The rules without which copies are missing. */
const MAKES_COPIES: ReadonlySet<CategoryName> = new Set([
  "rewriting",
  "transit",
  "recovery",
  "treatment",
]);

/** A rule before which entries of other applications take frames. */
interface Overridden {
  readonly rule: FlowSpec;
  /** The first few of the entries, highest priority first. */
  readonly by: readonly ListedFlow[];
}

/** Which rules of one switch are overridden by the entries of other applications there, as last read. */
export class SwitchOverrides {
  readonly #foreign = new PrecedingEntries<ListedFlow>();
  /** The entries that can override rules, as texts. */
  readonly #texts = new Set<string>();
  readonly #rules = new Map<FlowKey, Overridden>();
  /** How many rules each entry overrides. */
  readonly #uses = new Map<ListedFlow, number>();

  *reading(flows: readonly ListedFlow[]): Steps<void> {
    yield* forEach(flows, (flow) => {
      if (this.#foreign.add(flow)) this.#texts.add(textOf(flow));
    });
  }

  /** Whether the switch has no entry that can override a rule. */
  get isEmpty(): boolean {
    return this.#texts.size === 0;
  }

  /** Whether the entries that can override rules are those of an earlier reading. */
  hasEntriesOf(earlier: SwitchOverrides): boolean {
    const before = earlier.#texts;
    return this.#texts.size === before.size && [...this.#texts].every((text) => before.has(text));
  }

  /** The rules that are overridden. */
  get rules(): Iterable<FlowKey> {
    return this.#rules.keys();
  }

  /** A rule is desired, or changed; returns whether it is overridden. */
  set(rule: FlowSpec): boolean {
    if (!MAKES_COPIES.has(rule.category)) return false;
    const key = flowKey(rule);
    this.delete(key);
    const found = this.#foreign.before(rule);
    if (found.length === 0) return false;
    for (const entry of found) this.#uses.set(entry, (this.#uses.get(entry) ?? 0) + 1);
    this.#rules.set(key, { rule, by: highest(found) });
    return true;
  }

  /** A rule is no longer desired. */
  delete(key: FlowKey): void {
    const known = this.#rules.get(key);
    if (known === undefined) return;
    this.#rules.delete(key);
    for (const entry of this.#foreign.before(known.rule)) {
      const left = (this.#uses.get(entry) ?? 0) - 1;
      if (left > 0) this.#uses.set(entry, left);
      else this.#uses.delete(entry);
    }
  }

  /** The first few entries that take frames before a rule, highest priority first. */
  before(key: FlowKey): readonly ListedFlow[] {
    return this.#rules.get(key)?.by ?? [];
  }

  view(): OverridingEntriesView {
    return { count: this.#uses.size, first: highest(this.#uses.keys()).map(foreignRuleView) };
  }
}

export const NOTHING_OVERRIDDEN: OverridingEntriesView = { count: 0, first: [] };

/** The few entries of the highest priorities, in a fixed order. */
function highest(entries: Iterable<ListedFlow>): readonly ListedFlow[] {
  let few: ListedFlow[] = [];
  for (const entry of entries) {
    const last = few.at(-1);
    if (few.length === FEW && last !== undefined && inOrder(entry, last) >= 0) continue;
    few = [...few, entry].sort(inOrder).slice(0, FEW);
  }
  return few;
}

function inOrder(a: ListedFlow, b: ListedFlow): number {
  return b.priority - a.priority || (flowKey(a) < flowKey(b) ? -1 : 1);
}

function textOf(flow: ListedFlow): string {
  return `${flowKey(flow)} ${flow.cookie} ${formatInstructions(flow.instructions)}`;
}
