// SPDX-License-Identifier: Apache-2.0
import { entryRef } from "../../flow-model/index.ts";
import { forEach, type Steps } from "../../lang/steps.ts";
import type { Region } from "../match-region/region.ts";
import type { PolicyId } from "../model/policy.ts";
import type { PlacedMonitor } from "../placement/placed-monitors.ts";
import {
  type CopyResources,
  type EmitDeps,
  isRenumbered,
  type Renumbered,
} from "./emit/copy-buckets.ts";
import { type CopyEntries, copyEntries, SharedRules } from "./emit/copy-entries.ts";
import { NumberClaims } from "./emit/number-claims.ts";
import { type Rule, RuleWriter } from "./emit/rule-writer.ts";
import type { CachedSwitchView } from "./network/cached-switch-view.ts";
import { forwardedAs } from "./network/switch-view.ts";
import { type ElementActions, withoutEffect } from "./overlap/element-actions.ts";
import { isRedundant } from "./overlap/is-redundant.ts";
import { type LackingCopies, lackingCopies } from "./overlap/lacking-copies.ts";
import { CONTRADICTION, missingCopyReason } from "./overlap/missing-copy-reason.ts";
import { type NumberNeed, unmetNeeds } from "./overlap/number-need.ts";
import { RegionClosure } from "./overlap/region-closure.ts";
import { type CopyRequest, resolveElement } from "./overlap/resolve-element.ts";
import {
  type ElementState,
  effectiveRules,
  effectOf,
  isDecided,
  isSurrounded,
  surroundingsOf,
  type TapElement,
} from "./tap-element.ts";
import { isRequest, type Piece, type Tap } from "./taps/tap.ts";

/** What plans say about an element. */
interface PlannedElement {
  readonly requests: ReadonlyMap<Tap, readonly CopyRequest[]>;
  readonly rules: readonly Rule[];
}

/** How many elements are resolved in a step: most take some microseconds. */
const ELEMENTS_PER_STEP = 8;

/** How many pieces contain an element for what is planned of it to be kept. */
const CROWDED = 3;

/** The rewriting rules of one switch. */
export class TapTable {
  readonly #closure = new RegionClosure<Piece, ElementState>();
  readonly #at: CachedSwitchView;
  readonly #rules: RuleWriter;
  readonly #claims: NumberClaims<TapElement>;
  readonly #forced = new Set<TapElement>();
  /**
   * Of elements in many others, until the next `settle`: the plans of all policies whose regions
   * contain an element need them.
   */
  readonly #planned = new Map<TapElement, PlannedElement>();

  constructor(at: CachedSwitchView, deps: EmitDeps) {
    this.#at = at;
    this.#rules = new RuleWriter(at, deps);
    this.#claims = new NumberClaims(deps.numbers);
  }

  /** How many rules overlaps add to those that policies request. */
  get intersections(): number {
    return this.#closure.size - this.#closure.inputs;
  }

  get isEmpty(): boolean {
    return this.#closure.size === 0;
  }

  /** How many regions policies request, without their intersections. */
  get inputs(): number {
    return this.#closure.inputs;
  }

  /** Adds a piece; false when there would be more than `ceiling` regions (then remove it). */
  add(piece: Piece, ceiling: number): Steps<boolean> {
    return this.#closure.add(piece.region, piece, ceiling, this.#isOwn(piece));
  }

  remove(piece: Piece): void {
    this.#closure.remove(piece.region, piece, this.#isOwn(piece));
  }

  /** The pieces of the switch's own taps that include or exclude frames of a region. */
  requestPieces(region: Region): Piece[] {
    if (this.isEmpty) return [];
    const pieces = this.#closure.overlapping(region).flatMap(({ payloads }) => payloads);
    return pieces.filter((piece) => isRequest(piece) && this.#isOwn(piece));
  }

  /** The policies whose regions share frames with a region. */
  policiesIn(region: Region): Set<PolicyId> {
    const overlapping = this.#closure.overlapping(region);
    return new Set(overlapping.flatMap(({ payloads }) => payloads.map(ownerOf)));
  }

  /** Marks rules that use changed numbers to be written again; whether there are any. */
  rewriteRenumbered(renumbered: Renumbered): boolean {
    this.#outdate((resources) => isRenumbered(resources, renumbered));
    return this.#forced.size > 0;
  }

  /**
   * Marks everything that the last move to another network may affect for the next `settle`; whether
   * there is any. `rerouted`: some copies take another route.
   */
  *reconsider(rerouted: boolean): Steps<boolean> {
    if (rerouted) this.#outdate(({ path }) => path?.route.isStale === true);
    if (this.#at.hasMoved) {
      for (const element of this.#closure.elements) {
        // The elements inside depend on it as well.
        if (this.#hasMoved(element)) this.#closure.markDirty(element.region);
        yield;
      }
    }
    return this.#forced.size > 0 || this.#closure.hasChanges;
  }

  /** Marks rules whose copies use affected resources to be written again. */
  #outdate(isAffected: (resources: CopyResources) => boolean): void {
    if (!this.#rules.outdate(isAffected)) return;
    for (const element of this.#closure.elements) {
      if (element.data?.rule?.body.isOutdated) this.#forced.add(element);
    }
  }

  /** Updates the rules to the pieces; adds the affected policies to `changed`. */
  *settle(changed: Set<PolicyId>): Steps<void> {
    this.#planned.clear();
    const { dirty, isDirty, removed } = yield* this.#closure.takeChanges();
    if (this.#forced.size > 0) {
      yield* forEach(removed, (element) => this.#forced.delete(element));
    }
    // From the outside in: actions and rules depend on those of the elements that contain them.
    const forced = [...this.#forced].filter((element) => !isDirty(element));
    const elements = forced.length === 0 ? dirty : [...dirty, ...forced];
    let count = 0;
    for (const group of yield* fromTheOutside(elements)) {
      for (const element of group) {
        if (++count % ELEMENTS_PER_STEP === 0) yield;
        this.#resettle(element, isDirty(element), changed);
      }
    }
    for (const { region, data } of removed) {
      yield;
      noteOwners(this.#closure.containing(region), changed);
      if (data?.rule !== undefined) this.#rules.withdraw(data.rule);
    }
    for (const element of removed) this.#claims.set(element, []);
    this.#forced.clear();
  }

  /** Determines the actions and the rule of an element anew; adds the affected policies to `changed`. */
  #resettle(element: TapElement, isDirty: boolean, changed: Set<PolicyId>): void {
    const containing = this.#closure.containersOf(element);
    const needs: NumberNeed[] = [];
    const actions = this.#resolve(element, containing, needs);
    if (element.data === undefined) element.data = { actions, rule: undefined };
    else element.data.actions = actions;
    this.#update(element, containing);
    this.#claims.set(element, unmetNeeds(needs, actions.copies));
    // Even if the element has no rule: another rule may serve it now.
    noteOwners(containing, changed);
    if (!isDirty) this.#noteServed(element, changed);
  }

  /** The copies for which no number is free. Valid after `settle`. */
  *lackingCopies(): Steps<LackingCopies[]> {
    const { lacking } = this.#rules;
    const claims = this.#claims.lacking();
    const found: LackingCopies[] = [];
    if (lacking.size === 0 && claims.size === 0) return found;
    for (const element of this.#closure.elements) {
      yield;
      const body = element.data?.rule?.body;
      const resources = body !== undefined && lacking.has(body) ? body.resources : [];
      const copies = [
        ...resources.filter(({ lacksNumber }) => lacksNumber),
        ...(claims.get(element) ?? []),
      ];
      if (copies.length === 0) continue;
      const pieces = piecesOf(this.#closure.containersOf(element));
      found.push(...lackingCopies(copies, element.region, pieces, this.#at));
    }
    return found;
  }

  /** The entries of each copy that a tap requests, over all the frames that it includes. */
  *copyEntries(tap: Tap): Steps<CopyEntries[]> {
    const found: CopyEntries[] = [];
    const served: { readonly rule: Rule; readonly request: CopyRequest }[] = [];
    const includes = tap.pieces.filter(({ kind }) => kind === "include");
    const elements = new Set(includes.flatMap(({ region }) => this.#closure.inside(region)));
    const sharing = new SharedRules();
    const plain = new Map<Rule, Set<PlacedMonitor>>();
    for (const element of elements) {
      yield;
      const { requests, rules } = this.#plannedCopies(element);
      const own = requests.get(tap) ?? [];
      if (element.data?.rule !== undefined) sharing.own(element.data.rule);
      for (const rule of rules) sharing.note(rule, tap.monitors, own);
      for (const request of own) {
        for (const rule of rules) if (isNew(rule, request, plain)) served.push({ rule, request });
      }
      if (rules.length === 0) found.push(...own.map((request) => ({ request, entries: [] })));
    }
    for (const { rule, request } of served) {
      const ref = entryRef(this.#at.dpid, rule.key);
      found.push(copyEntries(ref, rule, request, sharing.isExact(rule, request.monitor)));
      yield;
    }
    return found;
  }

  /** Why a tap makes no copies for a monitor: clauses, each once. */
  *missingCopyReasons(tap: Tap, monitor: PlacedMonitor): Steps<Set<string>> {
    const causes = new Set<string>();
    for (const { kind, region } of tap.pieces) {
      yield;
      if (kind !== "include") continue;
      const pieces = piecesOf(this.#closure.containing(region));
      const requests: CopyRequest[] = [];
      resolveElement(region, pieces, this.#at, requests);
      causes.add(missingCopyReason({ region, pieces, at: this.#at, tap, monitor, requests }));
    }
    return causes.size > 0 ? causes : causes.add(CONTRADICTION);
  }

  /** The copies requested of an element's frames, and the rules that make them. */
  #plannedCopies(element: TapElement): PlannedElement {
    const known = this.#planned.get(element);
    if (known !== undefined) return known;
    const containing = this.#closure.containersOf(element);
    const pieces = piecesOf(containing);
    const all: CopyRequest[] = [];
    resolveElement(element.region, pieces, this.#at, all);
    const requests = new Map<Tap, CopyRequest[]>();
    for (const request of all) {
      const ofTap = requests.get(request.tap);
      if (ofTap === undefined) requests.set(request.tap, [request]);
      else ofTap.push(request);
    }
    const planned = { requests, rules: effectiveRules(containing) };
    if (pieces.length >= CROWDED) this.#planned.set(element, planned);
    return planned;
  }

  /** Adds the policies of elements inside an element that have no rule and use the element's rule. */
  #noteServed({ region }: TapElement, changed: Set<PolicyId>): void {
    for (const inner of this.#closure.inside(region)) {
      if (inner.data?.rule === undefined) noteOwners(this.#closure.containersOf(inner), changed);
    }
  }

  #hasMoved({ region, payloads }: TapElement): boolean {
    const { inPort, ethDst } = forwardedAs(region);
    if (this.#at.hasChanged(inPort, ethDst)) return true;
    return payloads.some(({ tap }) => tap.monitors.some(({ dpid }) => this.#at.isRerouted(dpid)));
  }

  #isOwn({ tap }: Piece): boolean {
    return tap.dpid === this.#at.dpid && tap.passed === undefined;
  }

  /**
   * The actions of an element; with effect "" when neither its frames nor those of the elements that
   * contain it are copied, so that base forwarding handles them.
   */
  #resolve(
    element: TapElement,
    containing: readonly TapElement[],
    needs: NumberNeed[],
  ): ElementActions {
    const pieces = piecesOf(containing);
    const actions = resolveElement(element.region, pieces, this.#at, undefined, needs);
    if (actions.copies.length > 0) return this.#rules.known(actions);
    const outer = containing.filter((each) => each !== element);
    const alone = outer.every(({ data }) => data?.actions.effect === "");
    return alone ? withoutEffect(actions) : actions;
  }

  /** Writes or removes an element's rule, depending on its actions and those around it. */
  #update(element: TapElement, containing: readonly TapElement[]): void {
    const data = element.data;
    if (data === undefined) throw new Error("an element without actions");
    const { actions, rule } = data;
    const needed =
      actions.effect !== "" &&
      !(isRedundant(element, containing, effectOf) && isDecided(element, containing));
    if (needed) {
      const around = surroundingsOf(element, actions, containing);
      const isSame = rule?.body.elementActions.key === actions.key && isSurrounded(rule, around);
      if (isSame && !rule.body.isOutdated) return;
      data.rule = this.#rules.write(element.region, actions, around);
    } else data.rule = undefined;
    if (rule !== undefined) this.#rules.withdraw(rule);
  }
}

/**
 * Whether a request of a rule's copies is the first one like it. Overlapping ranges have hundreds of
 * elements and few rules.
 */
function isNew(
  rule: Rule,
  { monitor, blocker, selected, caveat }: CopyRequest,
  plain: Map<Rule, Set<PlacedMonitor>>,
): boolean {
  if (blocker !== undefined || selected !== undefined || caveat !== undefined) return true;
  const monitors = plain.get(rule) ?? new Set();
  if (monitors.has(monitor)) return false;
  plain.set(rule, monitors.add(monitor));
  return true;
}

/** Elements in groups by the number of bits that they fix, the fewest first. */
function* fromTheOutside(elements: Iterable<TapElement>): Steps<readonly TapElement[][]> {
  const byBits = new Map<number, TapElement[]>();
  yield* forEach(elements, (element) => {
    const { bits } = element.region;
    const known = byBits.get(bits);
    if (known === undefined) byBits.set(bits, [element]);
    else known.push(element);
  });
  return [...byBits].sort(([a], [b]) => a - b).map(([, group]) => group);
}

function piecesOf(elements: readonly TapElement[]): readonly Piece[] {
  const [only] = elements;
  if (only !== undefined && elements.length === 1) return only.payloads;
  return elements.flatMap(({ payloads }) => payloads);
}

function noteOwners(elements: readonly TapElement[], into: Set<PolicyId>): void {
  for (const { payloads } of elements) for (const piece of payloads) into.add(ownerOf(piece));
}

function ownerOf(piece: Piece): PolicyId {
  return piece.tap.policy.id;
}
