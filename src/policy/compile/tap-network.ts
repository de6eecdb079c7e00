// SPDX-License-Identifier: Apache-2.0

import { forEach, type Steps } from "../../lang/steps.ts";
import type { Dpid } from "../../topology/index.ts";
import type { Region } from "../match-region/region.ts";
import { type CompileLimits, DEFAULT_LIMITS } from "../model/compile-limits.ts";
import { isByEntries, type Policy, type PolicyId } from "../model/policy.ts";
import { Admission } from "./admission.ts";
import { CopyNumbers } from "./emit/copy-numbers.ts";
import { CopyPathRules } from "./emit/copy-path-rules.ts";
import { FlowTables } from "./emit/flow-tables.ts";
import { OverlayProbes } from "./emit/overlay-probes.ts";
import { PathProbes } from "./emit/path-probes.ts";
import { TreatmentRules } from "./emit/treatment-rules.ts";
import type { CompileEnvironment } from "./model/environment.ts";
import type { HeldVlans } from "./model/held-vlans.ts";
import { type MarkRanges, markRangesOf, sameRanges } from "./model/mark-range.ts";
import { OneSidedMarks } from "./model/one-sided-marks.ts";
import { TapMarks } from "./model/tap-marks.ts";
import { TapVlans } from "./model/tap-vlans.ts";
import { NetworkQueries } from "./network/network-queries.ts";
import type { LackingCopies } from "./overlap/lacking-copies.ts";
import { TapPointSelection } from "./overlap/tap-point-selection.ts";
import { commonCeilings, overlapRefusal } from "./overlap-refusal.ts";
import { TapTable } from "./tap-table.ts";
import { type CompiledPolicy, compileTaps } from "./taps/compile-taps.ts";
import type { Piece } from "./taps/tap.ts";

/** How many regions a switch may have when a policy adds so many pieces there. */
type Ceiling = (dpid: Dpid, pieces: number) => number;

const UNLIMITED: Ceiling = () => Number.POSITIVE_INFINITY;

/** How many pieces of a policy are added in a step. */
const PIECES_PER_STEP = 16;

/** The taps of all switches in one environment: what a compile builds and an edit changes. */
export class TapNetwork {
  readonly tables = new FlowTables();
  readonly #ranges: MarkRanges;
  readonly #marks: TapMarks;
  readonly #oneSided: OneSidedMarks;
  readonly vlans: TapVlans;
  readonly #numbers: CopyNumbers;
  readonly #admission: Admission;
  readonly #copyPaths: CopyPathRules;
  readonly #probes: PathProbes;
  readonly #overlayProbes: OverlayProbes;
  readonly #treatments: TreatmentRules;
  readonly #queries: NetworkQueries;
  readonly #limits: CompileLimits;
  readonly #hasTags: boolean;
  readonly #taps = new Map<Dpid, TapTable>();
  readonly #compiled = new Map<PolicyId, CompiledPolicy>();
  readonly #refused = new Map<PolicyId, string>();
  readonly #unsettled = new Set<TapTable>();
  readonly #selection: TapPointSelection;

  /** `before`: the network that this one replaces, for the numbers that it holds. */
  constructor(environment: CompileEnvironment, heldVlans: HeldVlans, before?: TapNetwork) {
    this.#limits = { ...DEFAULT_LIMITS, ...environment.limits };
    this.#ranges = markRangesOf(environment.topology);
    const { twoSided, oneSided } = this.#ranges;
    this.#marks = new TapMarks(twoSided, environment.markHash);
    const marksBefore = before === undefined ? undefined : before.#oneSided;
    this.#oneSided = new OneSidedMarks(environment, oneSided, marksBefore);
    this.vlans = new TapVlans(environment.tapVlans, heldVlans);
    this.#numbers = new CopyNumbers({
      marks: this.#marks,
      oneSided: this.#oneSided,
      vlans: this.vlans,
    });
    this.#admission = new Admission(
      this.#numbers,
      before === undefined ? before : before.#admission,
    );
    this.#hasTags = environment.tapVlans !== undefined;
    this.#treatments = new TreatmentRules(this.tables);
    this.#copyPaths = new CopyPathRules(environment.topology, this.tables, this.#ranges);
    const allocators = { marks: this.#marks, oneSided: this.#oneSided };
    this.#probes = new PathProbes(environment, this.tables, allocators);
    this.#overlayProbes = new OverlayProbes(environment, this.tables);
    this.#queries = new NetworkQueries(environment);
    this.#selection = new TapPointSelection({
      reaches: (from, to) => this.#queries.reaches(from, to),
      requestPieces: (region, except) => this.#requestPiecesElsewhere(region, except),
    });
  }

  /** The policies that do not fit. */
  get refused(): Iterable<PolicyId> {
    return this.#refused.keys();
  }

  get hasRefused(): boolean {
    return this.#refused.size > 0;
  }

  /** Whether no switch has more intersections than allowed. Valid after `settle`. */
  get isWithinLimits(): boolean {
    const { intersectionsPerSwitch } = this.#limits;
    return [...this.#taps.values()].every((table) => table.intersections <= intersectionsPerSwitch);
  }

  /** Why a policy does not fit. */
  refusal(id: PolicyId): string | undefined {
    return this.#refused.get(id);
  }

  /** The enabled policies that fit and are not delivered by mirrors, with their taps. */
  get compiledPolicies(): Iterable<CompiledPolicy> {
    return this.#compiled.values();
  }

  /** An enabled policy with its taps. */
  compiled(id: PolicyId): CompiledPolicy | undefined {
    return this.#compiled.get(id);
  }

  /** The copies that have numbers which can run out keep them, whichever policies come. */
  hold(): void {
    this.vlans.hold();
    this.#oneSided.hold();
    this.#admission.hold();
  }

  /** The policies that were added since numbers were last held: where numbers run out, theirs wait. */
  get late(): ReadonlySet<PolicyId> {
    return this.#admission.late;
  }

  /** Takes back what a trial has added to `late`. */
  restoreLate(late: ReadonlySet<PolicyId>): void {
    this.#admission.restore(late);
  }

  /** Removes a policy. */
  *remove(id: PolicyId): Steps<void> {
    const compiled = this.#compiled.get(id);
    if (compiled === undefined) return;
    this.#admission.remove(id);
    this.#compiled.delete(id);
    yield* this.#removePieces(compiled);
    this.#queries.release(compiled.queries);
  }

  /**
   * Adopts another environment. Removes and returns the policies that must be compiled again; the
   * affected rules of the others are updated by the next `settle`. Undefined when the environment
   * differs so much that everything must be compiled again.
   */
  *moveTo(environment: CompileEnvironment): Steps<Policy[] | undefined> {
    if (!sameRanges(this.#ranges, markRangesOf(environment.topology))) return undefined;
    const change = yield* this.#queries.moveTo(environment);
    if (change === undefined) return undefined;
    if (!change.hasChanged) return [];
    const rerouted = this.#copyPaths.moveTo(environment.topology);
    const stale: Policy[] = [];
    for (const { policy, queries, taps } of this.#compiled.values()) {
      const isStale =
        queries.some((query) => query.isStale) ||
        taps.some(({ dpid }) => change.reachChanged.has(dpid));
      if (isStale) stale.push(policy);
      yield;
    }
    for (const { id } of stale) {
      yield* this.remove(id);
    }
    for (const table of this.#taps.values()) {
      if (yield* table.reconsider(rerouted)) this.#unsettled.add(table);
    }
    return stale;
  }

  /** Adds policies. False when not all of them fit: the network must then be discarded. */
  *addAll(policies: readonly Policy[]): Steps<boolean> {
    for (const policy of policies) if (!(yield* this.add(policy))) return false;
    return true;
  }

  /** Adds a policy. False when it does not fit: the network must then be discarded. */
  *add(policy: Policy): Steps<boolean> {
    if (!isByEntries(policy)) return true;
    this.#admission.add(policy.id);
    const compiled = yield* this.#compile(policy);
    this.#compiled.set(policy.id, compiled);
    return yield* this.#addPieces(compiled, this.#ceiling);
  }

  /**
   * Adds the policies that fit, in this order; refuses the others. Adds the refused policies, and those that
   * a `settle` affects, to `changed`.
   */
  *addFitting(policies: readonly Policy[], changed: Set<PolicyId>): Steps<void> {
    for (const id of changed) this.#admission.add(id);
    const all = yield* this.#compileAll(policies);
    const { intersectionsPerSwitch } = this.#limits;
    const ceilings = yield* commonCeilings(all, intersectionsPerSwitch);
    const ceiling: Ceiling = (dpid) => ceilings.get(dpid) ?? intersectionsPerSwitch;
    for (const compiled of all) {
      yield;
      const { id } = compiled.policy;
      if (yield* this.#addPieces(compiled, ceiling)) continue;
      this.#refused.set(id, yield* this.#describeRefusal(compiled));
      this.#compiled.delete(id);
      changed.add(id);
      // Removed regions still count, and intersect those of later policies, until then.
      yield* this.settle(changed);
    }
  }

  /**
   * Why each policy would not fit beside the present ones and those before it in the list; undefined
   * for those that would. Each replaces the present policy of its id.
   */
  *refusalsOf(policies: readonly Policy[]): Steps<(string | undefined)[]> {
    const tried: { compiled: CompiledPolicy; before: CompiledPolicy | undefined }[] = [];
    const refusals: (string | undefined)[] = [];
    let hasRemains = false;
    for (const policy of policies) {
      if (!isByEntries(policy)) {
        refusals.push(undefined);
        continue;
      }
      const before = this.#compiled.get(policy.id);
      if (before !== undefined) yield* this.#removePieces(before);
      hasRemains ||= before !== undefined;
      const compiled = yield* this.#compile(policy);
      let fits = yield* this.#addPieces(compiled, this.#ceiling);
      if (!fits && hasRemains) {
        // Removed regions still count, and intersect others, until `settle`.
        yield* this.settle(new Set());
        hasRemains = false;
        fits = yield* this.#addPieces(compiled, this.#ceiling);
      }
      if (fits) {
        tried.push({ compiled, before });
        refusals.push(undefined);
        continue;
      }
      refusals.push(yield* this.#describeRefusal(compiled));
      this.#queries.release(compiled.queries);
      if (before !== undefined) yield* this.#addPieces(before, UNLIMITED);
    }
    for (const { compiled, before } of tried.reverse()) {
      yield* this.#removePieces(compiled);
      this.#queries.release(compiled.queries);
      if (before !== undefined) yield* this.#addPieces(before, UNLIMITED);
    }
    yield* this.settle(new Set());
    return refusals;
  }

  /** Updates all tables; adds the affected policies to `changed`. */
  *settle(changed: Set<PolicyId>): Steps<void> {
    do {
      const tables = [...this.#unsettled];
      this.#unsettled.clear();
      for (const table of tables) yield* table.settle(changed);
      const pairs = new Set(this.#marks.takeRenumbered());
      const ends = this.#oneSided.takeRenumbered();
      const vlans = new Set(this.vlans.takeRenumbered());
      const treatments = new Set(this.#treatments.takeRenumbered());
      if (pairs.size + ends.size + vlans.size + treatments.size === 0) continue;
      const renumbered = { pairs, ends, vlans, treatments };
      for (const table of this.#taps.values()) {
        if (table.rewriteRenumbered(renumbered)) this.#unsettled.add(table);
      }
    } while (this.#unsettled.size > 0);
  }

  /** As `settle`. Where numbers have run out, the copies of the policies that came last wait. */
  *settleAdmitted(changed: Set<PolicyId>): Steps<void> {
    const woken = new Set<PolicyId>();
    for (;;) {
      yield* this.settle(changed);
      const lacking: LackingCopies[] = [];
      for (const table of this.#taps.values()) lacking.push(...(yield* table.lackingCopies()));
      const again = this.#admission.decide(lacking, woken);
      if (again.size === 0) return;
      for (const id of again) {
        changed.add(id);
        yield* this.#recompile(id);
      }
    }
  }

  /** Compiles a policy again, some of whose copies wait now, or no longer. */
  *#recompile(id: PolicyId): Steps<void> {
    const before = this.#compiled.get(id);
    if (before === undefined) return;
    yield* this.#removePieces(before);
    const compiled = yield* this.#compile(before.policy);
    this.#queries.release(before.queries);
    this.#compiled.set(id, compiled);
    yield* this.#addPieces(compiled, UNLIMITED);
  }

  /** The other policies that request some of the same frames at the same switch. */
  *sharing({ policy, taps }: CompiledPolicy): Steps<ReadonlySet<Policy>> {
    const found = new Set<Policy>();
    for (const { dpid, pieces } of taps) {
      for (const { region, kind } of pieces) {
        yield;
        if (kind !== "include") continue;
        for (const { kind, tap: other } of this.table(dpid).requestPieces(region)) {
          if (kind === "include") found.add(other.policy);
        }
      }
    }
    found.delete(policy);
    return found;
  }

  *#compileAll(policies: readonly Policy[]): Steps<CompiledPolicy[]> {
    const all: CompiledPolicy[] = [];
    for (const policy of policies) {
      yield;
      if (isByEntries(policy)) all.push(yield* this.#compile(policy));
    }
    yield* forEach(all, (compiled) => this.#compiled.set(compiled.policy.id, compiled));
    return all;
  }

  #compile(policy: Policy): Steps<CompiledPolicy> {
    const waits = this.#admission.waitsOf(policy.id);
    const options = { limits: this.#limits, hasTags: this.#hasTags, waits };
    return compileTaps(policy, this.#queries.policyQuery(), options);
  }

  /** Adds a policy's pieces; if they do not fit, removes those that were added. */
  *#addPieces(compiled: CompiledPolicy, ceiling: Ceiling): Steps<boolean> {
    let done = 0;
    for (const { dpid, pieces } of compiled.taps) {
      const limit = ceiling(dpid, pieces.length);
      for (const piece of pieces) {
        if (++done % PIECES_PER_STEP === 0) yield;
        if (yield* this.#addPiece(piece, limit, ceiling)) continue;
        yield* this.#removePieces(compiled, done);
        return false;
      }
    }
    return true;
  }

  /** Adds a piece and its foreign pieces: all of them, fitting or not, so that they can be removed. */
  *#addPiece(piece: Piece, limit: number, ceiling: Ceiling): Steps<boolean> {
    let fits = yield* this.#touch(piece.tap.dpid).add(piece, limit);
    for (const { dpid, piece: foreign } of yield* this.#selection.add(piece)) {
      if (!(yield* this.#touch(dpid).add(foreign, ceiling(dpid, 0)))) fits = false;
    }
    return fits;
  }

  /** Removes a policy's pieces: all of them, or the first `count`. */
  *#removePieces({ taps }: CompiledPolicy, count = Number.POSITIVE_INFINITY): Steps<void> {
    let left = count;
    for (const { pieces } of taps) {
      for (const piece of pieces) {
        if (left-- <= 0) return;
        yield;
        for (const foreign of this.#selection.remove(piece)) {
          this.#touch(foreign.dpid).remove(foreign.piece);
        }
        this.#touch(piece.tap.dpid).remove(piece);
      }
    }
  }

  #touch(dpid: Dpid): TapTable {
    const table = this.table(dpid);
    this.#unsettled.add(table);
    return table;
  }

  /**
   * How many regions a switch may have: those that policies request and the allowed intersections. The
   * number of regions only grows with the policies, so a set that fits does so in any order.
   */
  readonly #ceiling: Ceiling = (dpid, pieces) =>
    this.table(dpid).inputs + pieces + this.#limits.intersectionsPerSwitch;

  #describeRefusal(compiled: CompiledPolicy): Steps<string> {
    const policiesIn = ({ region, tap }: Piece) => this.table(tap.dpid).policiesIn(region);
    return overlapRefusal(compiled, policiesIn, this.#limits.intersectionsPerSwitch);
  }

  *#requestPiecesElsewhere(region: Region, except: Dpid): Iterable<Piece> {
    for (const [dpid, table] of this.#taps) {
      if (dpid !== except) yield* table.requestPieces(region);
    }
  }

  /** The table of a switch; created on first use. */
  table(dpid: Dpid): TapTable {
    let table = this.#taps.get(dpid);
    if (table === undefined) {
      table = new TapTable(this.#queries.at(dpid), {
        tables: this.tables,
        numbers: this.#numbers,
        copyPaths: this.#copyPaths,
        probes: this.#probes,
        overlayProbes: this.#overlayProbes,
        treatments: this.#treatments,
      });
      this.#taps.set(dpid, table);
    }
    return table;
  }
}
