import { entryRef } from "../../flow-model/index.ts";
import type { Region } from "../match-region/region.ts";
import type { PolicyId } from "../model/policy.ts";
import type { PlacedMonitor } from "../placement/placed-monitors.ts";
import { type Held, isMoved, type Moved, type Shared } from "./emit/copy-buckets.ts";
import { type CopyEntries, copyEntries, SharedRules } from "./emit/copy-entries.ts";
import { type Rule, RuleWriter } from "./emit/rule-writer.ts";
import type { CachedSwitchView } from "./network/cached-switch-view.ts";
import { forwardedAs } from "./network/switch-view.ts";
import { type ElementActions, withoutEffect } from "./overlap/element-actions.ts";
import { isRedundant } from "./overlap/is-redundant.ts";
import { CONTRADICTION, missingCopyReason } from "./overlap/missing-copy-reason.ts";
import { type Element, RegionClosure } from "./overlap/region-closure.ts";
import { type CopyRequest, resolveElement } from "./overlap/resolve-element.ts";
import { isRequest } from "./overlap/tap-point-selection.ts";
import type { Piece, Tap } from "./taps/compile-taps.ts";

/** What the table keeps with an element. */
interface Verdict {
  label: ElementActions;
  /** The rule that is in the tables for it; undefined when it needs none of its own. */
  rule: Rule | undefined;
}

type TapElement = Element<Piece, Verdict>;

/** The rewriting rules of one switch. */
export class TapTable {
  readonly #closure = new RegionClosure<Piece, Verdict>();
  readonly #at: CachedSwitchView;
  readonly #rules: RuleWriter;
  readonly #forced = new Set<TapElement>();

  constructor(at: CachedSwitchView, shared: Shared) {
    this.#at = at;
    this.#rules = new RuleWriter(at.dpid, shared);
  }

  /** How many rules overlaps add to those that policies ask for. */
  get intersections(): number {
    return this.#closure.size - this.#closure.inputs;
  }

  get isEmpty(): boolean {
    return this.#closure.size === 0;
  }

  /** How many regions policies have put in, and how many there are with their intersections. */
  get counts(): { readonly inputs: number; readonly size: number } {
    return { inputs: this.#closure.inputs, size: this.#closure.size };
  }

  /** Puts a piece in; false when there would be more than `ceiling` regions (then take it out). */
  add(piece: Piece, ceiling: number): boolean {
    return this.#closure.add(piece.region, piece, ceiling, this.#isOwn(piece));
  }

  remove(piece: Piece): void {
    this.#closure.remove(piece.region, piece, this.#isOwn(piece));
  }

  /** The pieces of the switch's own taps that include or exclude frames of a region. */
  wishes(region: Region): Piece[] {
    if (this.isEmpty) return [];
    const pieces = this.#closure.overlapping(region).flatMap(({ payloads }) => payloads);
    return pieces.filter((piece) => isRequest(piece) && this.#isOwn(piece));
  }

  /** The policies whose regions share frames with a region. */
  policiesIn(region: Region): Set<PolicyId> {
    const overlapping = this.#closure.overlapping(region);
    return new Set(overlapping.flatMap(({ payloads }) => payloads.map(ownerOf)));
  }

  /** Has rules written anew that use numbers that are other ones now; whether there are any. */
  rewriteFor(moved: Moved): boolean {
    this.#outdate((held) => isMoved(held, moved));
    return this.#forced.size > 0;
  }

  /**
   * Has everything looked at again that the last move to another network may concern; whether there
   * is any. `rerouted`: copies go other ways.
   */
  reconsider(rerouted: boolean): boolean {
    if (rerouted) this.#outdate(({ passage }) => passage?.way.isStale === true);
    if (this.#at.hasMoved) {
      for (const element of this.#closure.elements) {
        // What is inside depends on it, too.
        if (this.#hasMoved(element)) this.#closure.markDirty(element.region);
      }
    }
    return this.#forced.size > 0 || this.#closure.hasChanges;
  }

  /** Has rules written anew whose copies have acquired something of this kind. */
  #outdate(concerns: (held: Held) => boolean): void {
    if (!this.#rules.outdate(concerns)) return;
    for (const element of this.#closure.elements) {
      if (element.data?.rule?.making.isOutdated) this.#forced.add(element);
    }
  }

  /** Brings the rules up to date with the pieces; adds the policies concerned to `changed`. */
  settle(changed: Set<PolicyId>): void {
    const { dirty, dead } = this.#closure.takeChanges();
    for (const element of dead) this.#forced.delete(element);
    // From the outside in: labels and rules depend on those of the elements around.
    const elements = [...(this.#forced.size === 0 ? dirty : new Set([...dirty, ...this.#forced]))];
    elements.sort((a, b) => a.region.bits - b.region.bits);
    for (const element of elements) {
      const holding = this.#closure.holdersOf(element);
      const label = this.#labelOf(element, holding);
      if (element.data === undefined) element.data = { label, rule: undefined };
      else element.data.label = label;
      this.#update(element, holding);
      // Even without a rule of its own: the rule that does for it may be another one now.
      noteOwners(holding, changed);
      if (!dirty.has(element)) this.#noteServed(element, changed);
    }
    for (const { region, data } of dead) {
      noteOwners(this.#closure.holding(region), changed);
      if (data?.rule !== undefined) this.#rules.withdraw(data.rule);
    }
    this.#forced.clear();
  }

  /** How each of a tap's copies is made, over all the frames it asks for. */
  fulfilments(tap: Tap): CopyEntries[] {
    const found: CopyEntries[] = [];
    const granted: { readonly rule: Rule; readonly wish: CopyRequest }[] = [];
    const includes = tap.pieces.filter(({ kind }) => kind === "include");
    const elements = new Set(includes.flatMap(({ region }) => this.#closure.inside(region)));
    const sharing = new SharedRules();
    for (const element of elements) {
      const holding = this.#closure.holdersOf(element);
      const wishes: CopyRequest[] = [];
      resolveElement(element.region, piecesOf(holding), this.#at, wishes);
      const mine = wishes.filter((wish) => wish.tap === tap);
      const rules = effectiveRules(holding);
      if (element.data?.rule !== undefined) sharing.own(element.data.rule);
      for (const rule of rules) sharing.note(rule, tap.monitors, mine);
      for (const wish of mine) granted.push(...rules.map((rule) => ({ rule, wish })));
      if (rules.length === 0) found.push(...mine.map((wish) => ({ wish, entries: [] })));
    }
    for (const { rule, wish } of granted) {
      found.push(
        copyEntries(
          entryRef(this.#at.dpid, rule.key),
          rule,
          wish,
          sharing.isExact(rule, wish.monitor),
        ),
      );
    }
    return found;
  }

  /** Why a tap has no copies made for a monitor: clauses, each once. */
  absences(tap: Tap, monitor: PlacedMonitor): Set<string> {
    const causes = new Set<string>();
    for (const { kind, region } of tap.pieces) {
      if (kind !== "include") continue;
      const pieces = piecesOf(this.#closure.holding(region));
      const wishes: CopyRequest[] = [];
      resolveElement(region, pieces, this.#at, wishes);
      causes.add(missingCopyReason(region, pieces, this.#at, tap, monitor, wishes));
    }
    return causes.size > 0 ? causes : causes.add(CONTRADICTION);
  }

  /** Adds those for whom an element's rule does that have none of their own inside it. */
  #noteServed({ region }: TapElement, changed: Set<PolicyId>): void {
    for (const inner of this.#closure.inside(region)) {
      if (inner.data?.rule === undefined) noteOwners(this.#closure.holdersOf(inner), changed);
    }
  }

  #hasMoved({ region, payloads }: TapElement): boolean {
    const { inPort, ethDst } = forwardedAs(region);
    if (this.#at.isOther(inPort, ethDst)) return true;
    return payloads.some(({ tap }) => tap.monitors.some(({ dpid }) => this.#at.isRerouted(dpid)));
  }

  #isOwn({ tap }: Piece): boolean {
    return tap.dpid === this.#at.dpid;
  }

  /**
   * The label of an element; of effect "" when no copies are made of its frames nor of any around
   * them, so that base forwarding sees to them.
   */
  #labelOf(element: TapElement, holding: readonly TapElement[]): ElementActions {
    const label = resolveElement(element.region, piecesOf(holding), this.#at);
    if (label.copies.length > 0) return this.#rules.known(label);
    const outer = holding.filter((each) => each !== element);
    const alone = outer.every(({ data }) => data?.label.effect === "");
    return alone ? withoutEffect(label) : label;
  }

  /** Writes or removes an element's rule, as its label and those around it ask. */
  #update(element: TapElement, holding: readonly TapElement[]): void {
    const data = element.data;
    if (data === undefined) throw new Error("an element without a label");
    const { label, rule } = data;
    const needed =
      label.effect !== "" &&
      !(isRedundant(element, holding, effectOf) && isDecided(element, holding));
    const shields = label.copies.length > 0 && isInside(element, holding);
    const isSame = rule?.making.label.key === label.key && (rule.flow.shields ?? false) === shields;
    if (needed && isSame && !rule.making.isOutdated) return;
    if (!needed && rule === undefined) return;
    data.rule = needed ? this.#rules.write(element.region, label, shields) : undefined;
    if (rule !== undefined) this.#rules.withdraw(rule);
  }
}

/**
 * Whether rules of other elements would decide about an element's frames if it had none: they may move
 * them another way (frames for nobody known are flooded), or make copies that it must not make.
 */
function isInside(element: TapElement, holding: readonly TapElement[]): boolean {
  return holding.some((each) => each !== element && effectOf(each) !== "");
}

function effectOf({ data }: TapElement): string | undefined {
  return data?.label.effect;
}

/**
 * Whether it is said by one rule alone, or by several that say the same, how an element's frames are
 * copied if it has no rule of its own. Rules of one priority may send the same copies by different ways;
 * which of them a switch then takes nobody knows.
 */
function isDecided(element: TapElement, holding: readonly TapElement[]): boolean {
  const [first, ...others] = effectiveRules(holding.filter((each) => each !== element));
  return others.every(({ making }) => making.label.key === first?.making.label.key);
}

/**
 * The rules that decide about the frames of the smallest of these elements: one, or several of one
 * priority that are the same in every detail.
 */
function effectiveRules(holding: readonly TapElement[]): Rule[] {
  const rules = holding.flatMap(({ data }) => data?.rule ?? []);
  const top = Math.max(...rules.map(({ flow }) => flow.priority));
  return rules.filter(({ flow }) => flow.priority === top);
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
