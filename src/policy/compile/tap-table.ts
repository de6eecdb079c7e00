import {
  type ActionSpec,
  Band,
  type BucketSpec,
  copyMark,
  type EntryRef,
  entryRef,
  type FlowKey,
  type FlowSpec,
  TAP_TABLE,
} from "../../pipeline/index.ts";
import type { PolicyId } from "../model.ts";
import type { Region } from "../region/region.ts";
import { toMatch } from "../region/to-match.ts";
import { absenceOf, CONTRADICTION } from "./absence.ts";
import { type Element, RegionClosure } from "./closure.ts";
import type { Obstacle } from "./copy.ts";
import {
  CopyBuckets,
  entriesOf,
  type Held,
  isMoved,
  type Moved,
  type Shared,
} from "./copy-buckets.ts";
import { judge, type Wish } from "./judge.ts";
import type { KnownSwitch } from "./known-switch.ts";
import { type Label, withoutEffect } from "./label.ts";
import type { PlacedMonitor } from "./monitors.ts";
import type { CopyTrail } from "./plan.ts";
import { isRedundant } from "./redundancy.ts";
import { forwardedAs } from "./switch-view.ts";
import type { Piece, Tap } from "./taps.ts";

/** What the table keeps with an element. */
interface Verdict {
  label: Label;
  /** The rule that is in the tables for it; undefined when it needs none of its own. */
  rule: Rule | undefined;
}

/**
 * What is made of a label. The rules of a switch that have the same label share it: of the policies
 * for one pair of hosts and one monitor there may be dozens.
 */
interface Making {
  readonly label: Label;
  readonly actions: readonly ActionSpec[];
  /** What the copies have acquired, in the order of the label's copies. */
  readonly held: readonly Held[];
  /** How many rules share it. */
  users: number;
  /** Ways or numbers that it uses are other ones now: every rule that has it is written anew. */
  isOutdated: boolean;
}

interface Rule {
  readonly making: Making;
  readonly flow: FlowSpec;
  readonly key: FlowKey;
}

type TapElement = Element<Piece, Verdict>;

/** The entries that bring a policy's copies to one of its monitors, or why there are none. */
export interface Fulfilment {
  readonly wish: Wish;
  readonly entries: readonly EntryRef[];
  /** Where the copies are counted; absent when none are made. */
  readonly trail?: CopyTrail;
}

/** The rewriting rules of one switch. */
export class TapTable {
  readonly #closure = new RegionClosure<Piece, Verdict>();
  readonly #at: KnownSwitch;
  readonly #shared: Shared;
  readonly #copies: CopyBuckets;
  readonly #forced = new Set<TapElement>();
  /** By the key of the label. */
  readonly #makings = new Map<string, Making>();

  constructor(at: KnownSwitch, shared: Shared) {
    this.#at = at;
    this.#shared = shared;
    this.#copies = new CopyBuckets(at.dpid, shared);
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

  /** The pieces of the switch's own taps that include frames of a region. */
  includes(region: Region): Piece[] {
    if (this.isEmpty) return [];
    const pieces = this.#closure.overlapping(region).flatMap(({ payloads }) => payloads);
    return pieces.filter((piece) => piece.kind === "include" && this.#isOwn(piece));
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
    let found = false;
    for (const making of this.#makings.values()) {
      if (!making.held.some(concerns)) continue;
      making.isOutdated = true;
      found = true;
    }
    if (!found) return;
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
      if (data?.rule !== undefined) this.#withdraw(data.rule);
    }
    this.#forced.clear();
  }

  /** How each of a tap's copies is made, over all the frames it asks for. */
  fulfilments(tap: Tap): Fulfilment[] {
    const found: Fulfilment[] = [];
    const granted: { readonly rule: Rule; readonly wish: Wish }[] = [];
    const includes = tap.pieces.filter(({ kind }) => kind === "include");
    const elements = new Set(includes.flatMap(({ region }) => this.#closure.inside(region)));
    const sharing = new Sharing();
    for (const element of elements) {
      const holding = this.#closure.holdersOf(element);
      const wishes: Wish[] = [];
      judge(element.region, piecesOf(holding), this.#at, wishes);
      const mine = wishes.filter((wish) => wish.tap === tap);
      const rules = effectiveRules(holding);
      if (element.data?.rule !== undefined) sharing.own(element.data.rule);
      for (const rule of rules) sharing.note(rule, tap.monitors, mine);
      for (const wish of mine) granted.push(...rules.map((rule) => ({ rule, wish })));
      if (rules.length === 0) found.push(...mine.map((wish) => ({ wish, entries: [] })));
    }
    for (const { rule, wish } of granted) {
      found.push(fulfil(this.#refOf(rule), rule, wish, sharing.isExact(rule, wish.monitor)));
    }
    return found;
  }

  /** Why a tap has no copies made for a monitor: clauses, each once. */
  absences(tap: Tap, monitor: PlacedMonitor): Set<string> {
    const causes = new Set<string>();
    for (const { kind, region } of tap.pieces) {
      if (kind !== "include") continue;
      const pieces = piecesOf(this.#closure.holding(region));
      const wishes: Wish[] = [];
      judge(region, pieces, this.#at, wishes);
      causes.add(absenceOf(region, pieces, this.#at, tap, monitor, wishes));
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
  #labelOf(element: TapElement, holding: readonly TapElement[]): Label {
    const label = judge(element.region, piecesOf(holding), this.#at);
    if (label.copies.length > 0) return this.#makings.get(label.key)?.label ?? label;
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
    data.rule = needed ? this.#write(element.region, this.#makingOf(label), shields) : undefined;
    // Last: what both the old rule and the new one use stays.
    if (rule !== undefined) this.#withdraw(rule);
  }

  /** What is made of a label, for one more rule. */
  #makingOf(label: Label): Making {
    let making = this.#makings.get(label.key);
    if (making === undefined || making.isOutdated) {
      making = this.#make(label);
      this.#makings.set(label.key, making);
    }
    making.users++;
    return making;
  }

  #make(label: Label): Making {
    const held: Held[] = [];
    const copies = label.copies.flatMap((copy) => this.#copies.make(copy, held));
    const original: BucketSpec = { role: "original", actions: label.original };
    const actions: readonly ActionSpec[] =
      copies.length === 0
        ? label.original
        : [{ type: "useGroup", group: { buckets: [original, ...copies] } }];
    return { label, actions, held, users: 0, isOutdated: false };
  }

  #release(making: Making): void {
    making.users--;
    if (making.users > 0) return;
    const { key } = making.label;
    if (this.#makings.get(key) === making) this.#makings.delete(key);
    this.#copies.release(making.held);
  }

  #write(region: Region, making: Making, shields: boolean): Rule {
    const flow: FlowSpec = {
      table: TAP_TABLE,
      priority: Band.rewriting + region.bits,
      match: toMatch(region),
      category: "rewriting",
      actions: making.actions,
      ...(shields ? { shields } : {}),
    };
    const key = this.#shared.tables.set(this.#at.dpid, flow);
    return { making, flow, key };
  }

  /** Made when a plan asks for it: most rules' are never needed. */
  #refOf({ key }: Rule): EntryRef {
    return entryRef(this.#at.dpid, key);
  }

  #withdraw(rule: Rule): void {
    this.#release(rule.making);
    this.#shared.tables.deleteFlow(this.#at.dpid, rule.flow);
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

/** Which rules decide about frames of others, too, besides those that a tap wants for a monitor. */
class Sharing {
  readonly #inside = new Set<Rule>();
  readonly #unwanted = new Map<Rule, Set<string>>();

  /** A rule whose frames are all among those of the tap. */
  own(rule: Rule): void {
    this.#inside.add(rule);
  }

  /** A rule decides about frames of which the tap wants copies for these monitors of its own. */
  note(rule: Rule, monitors: readonly PlacedMonitor[], wishes: readonly Wish[]): void {
    for (const { key } of monitors) {
      const wanted = wishes.some(({ monitor, elected }) => monitor.key === key && !elected);
      if (!wanted) this.#unwanted.set(rule, (this.#unwanted.get(rule) ?? new Set()).add(key));
    }
  }

  isExact(rule: Rule, { key }: PlacedMonitor): boolean {
    return this.#inside.has(rule) && this.#unwanted.get(rule)?.has(key) !== true;
  }
}

const NO_VLAN_ID: Obstacle = (monitor) =>
  `no VLAN id is free for tagged copies to monitor ${monitor} (reserve some with tapVlanRange)`;

function fulfil(ref: EntryRef, rule: Rule, wish: Wish, exact: boolean): Fulfilment {
  if (wish.obstacle !== undefined || wish.elected !== undefined) return { wish, entries: [] };
  const held = rule.making.held.filter(({ copy }) => copy.monitor.key === wish.monitor.key);
  if (held.some(({ isStuck }) => isStuck)) {
    return { wish: { ...wish, obstacle: NO_VLAN_ID }, entries: [] };
  }
  const entries = [ref, ...held.flatMap(entriesOf)];
  const bucket = bucketFor(rule, wish.monitor);
  if (bucket === undefined) return { wish, entries };
  // Of treated copies the rule counts more frames than leave as copies: what is not sent is not lost.
  const isTreated = held.some(({ detour }) => detour !== undefined);
  const arrival = held[0]?.passage?.rules.find(({ flow }) => flow.category === "recovery");
  const sink = arrival && !isTreated ? { sink: arrival.ref } : {};
  const mark = copyMark(bucket.actions);
  const { set } = wish.monitor.party;
  const shared = set === undefined ? {} : { set };
  const trail = { source: ref, mark, ...sink, ...shared, exact: exact && !isTreated };
  return { wish, entries, trail };
}

/** The bucket of a rule that makes a monitor's copies; where there are several, the first. */
function bucketFor({ making }: Rule, monitor: PlacedMonitor): BucketSpec | undefined {
  const { label, actions, held } = making;
  const [action] = actions;
  if (action?.type !== "useGroup") return undefined;
  // The first one is the original.
  let at = 1;
  for (const copy of label.copies) {
    const stuck = held.filter((each) => each.copy === copy && each.isStuck).length;
    const count = copy.cases.length - stuck;
    if (copy.monitor.key === monitor.key) return count > 0 ? action.group.buckets[at] : undefined;
    at += count;
  }
  return undefined;
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
