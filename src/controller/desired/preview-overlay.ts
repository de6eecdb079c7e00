// SPDX-License-Identifier: Apache-2.0
import {
  type EntryRef,
  entryRef,
  type FlowKey,
  type FlowSpec,
  flowKey,
} from "../../flow-model/index.ts";
import { forEach, type Steps } from "../../lang/steps.ts";
import {
  type NoPreview,
  type PreviewEntries,
  type PreviewInputs,
  type PreviewRequest,
  previewEntries,
  previewedFlow,
} from "../../policy/index.ts";
import { Listeners } from "../../runtime/listeners.ts";
import type { Dpid } from "../../topology/index.ts";
import type { Compilation, DesiredDelta } from "./compilation.ts";

type Changes = DesiredDelta["switches"];

/** Dependencies of `PreviewOverlay`. */
interface PreviewOverlayDeps extends Pick<PreviewInputs, "findingPolicies" | "plainName"> {
  readonly compilation: Pick<Compilation, "planning" | "tapRule" | "taps">;
}

const NO_CHANGES: Changes = new Map();

/**
 * What previews add to the desired entries: rules of their own, and to the entries that deliver the copies of a
 * policy the hand-over to these rules. The compiled entries know nothing of it, and are desired again as they
 * are when a preview ends. An entry keeps its identity, and so its counters.
 *
 * Everything but reading is part of an operation of the compiler's queue.
 */
export class PreviewOverlay {
  readonly #deps: PreviewOverlayDeps;
  #previews: ReadonlyMap<number, PreviewEntries> = new Map();
  readonly #lost = new Listeners<[number: number, why: string]>();

  constructor(deps: PreviewOverlayDeps) {
    this.#deps = deps;
  }

  /** Calls back when a preview can go on no longer, with the reason as a clause. */
  subscribe(listener: (number: number, why: string) => void): void {
    this.#lost.add(listener);
  }

  /** The entries of a preview: its rules, and those that it has changed. */
  refsOf(number: number): readonly EntryRef[] {
    const refs: EntryRef[] = [];
    for (const [dpid, { keys, rules }] of this.#previews.get(number)?.switches ?? []) {
      for (const key of [...rules.keys(), ...keys]) refs.push(entryRef(dpid, key));
    }
    return refs;
  }

  /** The number of the preview whose frames an entry sends to the controller; undefined: it sends none. */
  previewOf(dpid: Dpid, key: FlowKey): number | undefined {
    for (const [number, { switches }] of this.#previews) {
      if ((switches.get(dpid)?.rules.get(key)?.actions.length ?? 0) > 0) return number;
    }
    return undefined;
  }

  /** Whether a switch has rules of a preview. */
  isAt(number: number, dpid: Dpid): boolean {
    return this.#previews.get(number)?.switches.has(dpid) ?? false;
  }

  /** Adds a preview; returns the changes of the desired entries, or why there are none. */
  *adding(request: PreviewRequest): Steps<Changes | NoPreview> {
    const entries = yield* this.#entriesOf(request);
    if ("why" in entries) return entries;
    const next = new Map(this.#previews).set(request.number, entries);
    return yield* this.#becoming(next, NO_CHANGES);
  }

  /** Removes a preview; returns the changes of the desired entries. */
  *removing(number: number): Steps<Changes> {
    const next = new Map(this.#previews);
    next.delete(number);
    return yield* this.#becoming(next, NO_CHANGES);
  }

  /** A change of the compiled entries as one of the desired entries. */
  *over({ switches, changed }: DesiredDelta): Steps<Changes> {
    if (this.#previews.size === 0) return switches;
    const ids = new Set(changed);
    const next = new Map(this.#previews);
    for (const [number, { request }] of this.#previews) {
      if (!ids.has(request.policy)) continue;
      const entries = yield* this.#entriesOf(request);
      if (!("why" in entries)) next.set(number, entries);
      else {
        next.delete(number);
        this.#lost.notify(number, entries.why);
      }
    }
    return yield* this.#becoming(next, switches);
  }

  *#entriesOf(request: PreviewRequest): Steps<PreviewEntries | NoPreview> {
    const { compilation, findingPolicies, plainName } = this.#deps;
    const plan = yield* compilation.planning(request.policy);
    return yield* previewEntries(request, {
      copies: plan?.copies.find(({ monitor }) => monitor === request.monitor),
      entry: (ref) => compilation.tapRule(ref),
      taps: (id) => compilation.taps(id),
      ...{ findingPolicies, plainName },
    });
  }

  /** Takes other previews into effect, together with a change of the compiled entries. */
  *#becoming(next: ReadonlyMap<number, PreviewEntries>, compiled: Changes): Steps<Changes> {
    const before = this.#previews;
    this.#previews = next;
    const touched = touchedKeys(before, next);
    const changes = new Map<Dpid, { readonly set: FlowSpec[]; readonly delete: FlowKey[] }>();
    for (const dpid of new Set([...compiled.keys(), ...touched.keys()])) {
      const base = compiled.get(dpid) ?? { set: [], delete: [] };
      // The rules come first: the guard among them precedes the first frame for it.
      const change = ruleChange(rulesAt(before, dpid), rulesAt(next, dpid));
      const keys = touched.get(dpid) ?? new Set();
      yield* forEach(base.set, (flow) => {
        keys.delete(flowKey(flow));
        change.set.push(this.#previewed(dpid, flow));
      });
      yield* forEach(keys, (key) => {
        const flow = this.#deps.compilation.tapRule(entryRef(dpid, key));
        if (flow !== undefined) change.set.push(this.#previewed(dpid, flow));
      });
      change.delete.push(...base.delete);
      changes.set(dpid, change);
    }
    return changes;
  }

  /** An entry with the hand-over to all previews of its copies. */
  #previewed(dpid: Dpid, flow: FlowSpec): FlowSpec {
    let previewed = flow;
    let key: FlowKey | undefined;
    for (const [number, { switches }] of this.#previews) {
      const at = switches.get(dpid);
      if (at === undefined) continue;
      key ??= flowKey(flow);
      if (at.keys.has(key)) previewed = previewedFlow(previewed, at.ports, number) ?? previewed;
    }
    return previewed;
  }
}

/** The entries of which some preview begins or ends to change them. */
function touchedKeys(
  before: ReadonlyMap<number, PreviewEntries>,
  next: ReadonlyMap<number, PreviewEntries>,
): Map<Dpid, Set<FlowKey>> {
  const touched = new Map<Dpid, Set<FlowKey>>();
  const touch = (entries: PreviewEntries | undefined) => {
    for (const [dpid, { keys }] of entries?.switches ?? []) {
      const known = touched.get(dpid) ?? new Set();
      touched.set(dpid, known);
      for (const key of keys) known.add(key);
    }
  };
  for (const number of new Set([...before.keys(), ...next.keys()])) {
    if (before.get(number) === next.get(number)) continue;
    touch(before.get(number));
    touch(next.get(number));
  }
  return touched;
}

/** The rules of all previews at a switch; they share the guard. */
function rulesAt(
  previews: ReadonlyMap<number, PreviewEntries>,
  dpid: Dpid,
): ReadonlyMap<FlowKey, FlowSpec> {
  const rules = new Map<FlowKey, FlowSpec>();
  for (const { switches } of previews.values()) {
    for (const [key, rule] of switches.get(dpid)?.rules ?? []) rules.set(key, rule);
  }
  return rules;
}

function ruleChange(
  before: ReadonlyMap<FlowKey, FlowSpec>,
  next: ReadonlyMap<FlowKey, FlowSpec>,
): { readonly set: FlowSpec[]; readonly delete: FlowKey[] } {
  return {
    set: [...next].flatMap(([key, rule]) => (before.get(key) === rule ? [] : [rule])),
    delete: [...before.keys()].filter((key) => !next.has(key)),
  };
}
