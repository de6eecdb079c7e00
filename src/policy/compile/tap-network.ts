import type { Dpid } from "../../topology/index.ts";
import type { Region } from "../match-region/region.ts";
import { type CompileLimits, DEFAULT_LIMITS } from "../model/compile-limits.ts";
import type { Policy, PolicyId } from "../model/policy.ts";
import { nameOf } from "../placement/placed-monitors.ts";
import type { CopyEntries } from "./emit/copy-entries.ts";
import { SupportRules } from "./emit/copy-path-rules.ts";
import { FlowTables } from "./emit/flow-tables.ts";
import { TreatmentRules } from "./emit/treatment-rules.ts";
import type { CompileEnvironment } from "./model/environment.ts";
import { TapMarks } from "./model/tap-marks.ts";
import { TapVlans } from "./model/tap-vlans.ts";
import { NetworkQueries } from "./network/network-queries.ts";
import { TapPointSelection } from "./overlap/tap-point-selection.ts";
import { TapTable } from "./tap-table.ts";
import { type CompiledPolicy, compileTaps, type Piece, type Tap } from "./taps/compile-taps.ts";

/** How many regions a switch may have when a policy puts in so many of its own there. */
type Ceiling = (dpid: Dpid, pieces: number) => number;

/** The taps of all switches in one environment: what a compile builds and an edit changes. */
export class TapNetwork {
  readonly tables = new FlowTables();
  readonly #marks: TapMarks;
  readonly #vlans: TapVlans;
  readonly #support: SupportRules;
  readonly #treatments: TreatmentRules;
  readonly #surroundings: NetworkQueries;
  readonly #limits: CompileLimits;
  readonly #taps = new Map<Dpid, TapTable>();
  readonly #compiled = new Map<PolicyId, CompiledPolicy>();
  readonly #refused = new Map<PolicyId, string>();
  readonly #unsettled = new Set<TapTable>();
  readonly #elections: TapPointSelection;

  constructor(environment: CompileEnvironment) {
    this.#limits = { ...DEFAULT_LIMITS, ...environment.limits };
    this.#marks = new TapMarks(environment.markHash);
    this.#vlans = new TapVlans(environment.tapVlans);
    this.#treatments = new TreatmentRules(this.tables);
    this.#support = new SupportRules(environment.topology, this.tables);
    this.#surroundings = new NetworkQueries(environment);
    this.#elections = new TapPointSelection({
      reaches: (from, to) => this.#surroundings.reaches(from, to),
      wishes: (region, except) => this.#wishesElsewhere(region, except),
    });
  }

  /** The policies that had to be left out. */
  get refused(): Iterable<PolicyId> {
    return this.#refused.keys();
  }

  get hasRefused(): boolean {
    return this.#refused.size > 0;
  }

  /** Whether no switch has more intersections than allowed; asked when all is settled. */
  get isWithinLimits(): boolean {
    const { intersectionsPerSwitch } = this.#limits;
    return [...this.#taps.values()].every((table) => table.intersections <= intersectionsPerSwitch);
  }

  /** Why a policy had to be left out. */
  refusal(id: PolicyId): string | undefined {
    return this.#refused.get(id);
  }

  /** An enabled policy with its taps. */
  compiled(id: PolicyId): CompiledPolicy | undefined {
    return this.#compiled.get(id);
  }

  /** Takes a policy out. */
  remove(id: PolicyId): void {
    const compiled = this.#compiled.get(id);
    if (compiled === undefined) return;
    this.#compiled.delete(id);
    this.#takeOut(compiled, Number.POSITIVE_INFINITY);
    this.#surroundings.forget(compiled.questions);
  }

  /**
   * Takes another environment. The policies that must be compiled anew for it are taken out and
   * returned; of the others, the rules that it concerns are looked at again when all is settled.
   * Undefined when the environment is so different that the network is of no use any more.
   */
  moveTo(environment: CompileEnvironment): Policy[] | undefined {
    const move = this.#surroundings.moveTo(environment);
    if (move === undefined) return undefined;
    if (!move.isOther) return [];
    const rerouted = this.#support.moveTo(environment.topology);
    const stale = [...this.#compiled.values()].filter(
      ({ questions, taps }) =>
        questions.some(({ isStale }) => isStale) || taps.some(({ dpid }) => move.reach.has(dpid)),
    );
    for (const { policy } of stale) this.remove(policy.id);
    for (const table of this.#taps.values()) {
      if (table.reconsider(rerouted)) this.#unsettled.add(table);
    }
    return stale.map(({ policy }) => policy);
  }

  /** Puts policies in. False when not all of them fit: the network is of no use then. */
  addAll(policies: readonly Policy[]): boolean {
    return this.#compileAll(policies).every((compiled) => this.#putIn(compiled, this.#ceiling));
  }

  /** Puts policies in, in this order, those that fit; the others are refused. Their ids. */
  addFitting(policies: readonly Policy[]): Iterable<PolicyId> {
    const all = this.#compileAll(policies);
    const ceilings = this.#commonCeilings(all);
    for (const compiled of all) {
      const { id } = compiled.policy;
      const { intersectionsPerSwitch } = this.#limits;
      if (this.#putIn(compiled, (dpid) => ceilings.get(dpid) ?? intersectionsPerSwitch)) continue;
      this.#refused.set(id, this.#describeRefusal(compiled));
      this.#compiled.delete(id);
    }
    return this.#refused.keys();
  }

  /**
   * Why each policy would not fit beside those there are and those before it in the list; undefined for
   * those that would. Each takes the place of the policy of its id.
   */
  refusalsOf(policies: readonly Policy[]): (string | undefined)[] {
    const tried: { compiled: CompiledPolicy; before: CompiledPolicy | undefined }[] = [];
    const anything = () => Number.POSITIVE_INFINITY;
    let hasRemains = false;
    const refusals = policies.map((policy) => {
      if (!policy.enabled) return undefined;
      const before = this.#compiled.get(policy.id);
      if (before !== undefined) this.#takeOut(before, Number.POSITIVE_INFINITY);
      hasRemains ||= before !== undefined;
      const compiled = this.#compile(policy);
      let fits = this.#putIn(compiled, this.#ceiling);
      if (!fits && hasRemains) {
        // Regions that were taken out are still counted, and met, until all is settled.
        this.settle(new Set());
        hasRemains = false;
        fits = this.#putIn(compiled, this.#ceiling);
      }
      if (fits) {
        tried.push({ compiled, before });
        return undefined;
      }
      const refusal = this.#describeRefusal(compiled);
      this.#surroundings.forget(compiled.questions);
      if (before !== undefined) this.#putIn(before, anything);
      return refusal;
    });
    for (const { compiled, before } of tried.reverse()) {
      this.#takeOut(compiled, Number.POSITIVE_INFINITY);
      this.#surroundings.forget(compiled.questions);
      if (before !== undefined) this.#putIn(before, anything);
    }
    this.settle(new Set());
    return refusals;
  }

  /** Brings all tables up to date; adds the policies concerned to `changed`. */
  settle(changed: Set<PolicyId>): void {
    while (this.#unsettled.size > 0) {
      const tables = [...this.#unsettled];
      this.#unsettled.clear();
      for (const table of tables) table.settle(changed);
      const pairs = new Set(this.#marks.takeMoved());
      const vlans = new Set(this.#vlans.takeMoved());
      const treatments = new Set(this.#treatments.takeMoved());
      if (pairs.size + vlans.size + treatments.size === 0) continue;
      for (const table of this.#taps.values()) {
        if (table.rewriteFor({ pairs, vlans, treatments })) this.#unsettled.add(table);
      }
    }
  }

  /** How each copy that a policy asks for is made: at its own taps, or at those elected instead. */
  *fulfilments({ taps }: CompiledPolicy): Iterable<CopyEntries> {
    const told = new Map<Tap, Set<string>>();
    for (const tap of taps) {
      for (const own of this.#table(tap.dpid).fulfilments(tap)) {
        yield own;
        const { elected, monitor } = own.wish;
        const names = elected && (told.get(elected) ?? new Set<string>());
        if (elected === undefined || names === undefined || names.has(nameOf(monitor))) continue;
        told.set(elected, names.add(nameOf(monitor)));
        for (const other of this.#table(elected.dpid).fulfilments(elected)) {
          if (other.wish.monitor.key !== monitor.key) continue;
          const { entries, trail } = other;
          const shared = trail === undefined ? {} : { trail: { ...trail, exact: false } };
          const { remark: _, ...wish } = other.wish;
          yield { wish: { ...wish, monitor }, entries, ...shared };
        }
      }
    }
  }

  /** The other policies that want some of the frames that a policy wants, where it wants them. */
  sharing({ policy, taps }: CompiledPolicy): ReadonlySet<Policy> {
    const found = new Set<Policy>();
    for (const { region, tap, kind } of taps.flatMap(({ pieces }) => pieces)) {
      if (kind !== "include") continue;
      for (const { kind, tap: other } of this.#table(tap.dpid).wishes(region)) {
        if (kind === "include") found.add(other.policy);
      }
    }
    found.delete(policy);
    return found;
  }

  /** Why a monitor gets no copies at any tap of a policy, in words; undefined: it is not placed. */
  absence({ taps }: CompiledPolicy, name: string): string | undefined {
    const causes = new Set<string>();
    for (const tap of taps) {
      const monitor = tap.monitors.find((each) => nameOf(each) === name);
      if (monitor === undefined) continue;
      for (const cause of this.#table(tap.dpid).absences(tap, monitor)) causes.add(cause);
    }
    if (causes.size === 0) return undefined;
    return `nothing is left to copy for monitor ${name}: ${[...causes].join("; ")}`;
  }

  #compileAll(policies: readonly Policy[]): CompiledPolicy[] {
    const all = policies.filter(({ enabled }) => enabled).map((policy) => this.#compile(policy));
    for (const compiled of all) this.#compiled.set(compiled.policy.id, compiled);
    return all;
  }

  #compile(policy: Policy): CompiledPolicy {
    return compileTaps(policy, this.#surroundings.inquiry(), this.#limits);
  }

  /** Puts a policy's pieces in; if they do not fit, takes those that were put in out again. */
  #putIn(compiled: CompiledPolicy, ceiling: Ceiling): boolean {
    let done = 0;
    for (const { dpid, pieces } of compiled.taps) {
      const limit = ceiling(dpid, pieces.length);
      for (const piece of pieces) {
        done++;
        if (this.#insert(piece, limit, ceiling)) continue;
        this.#takeOut(compiled, done);
        return false;
      }
    }
    return true;
  }

  /** Puts a piece in, and what other switches must know of it; all of it, so that it can be taken out. */
  #insert(piece: Piece, limit: number, ceiling: Ceiling): boolean {
    let fits = this.#touch(piece.tap.dpid).add(piece, limit);
    for (const { dpid, piece: foreign } of this.#elections.add(piece)) {
      if (!this.#touch(dpid).add(foreign, ceiling(dpid, 0))) fits = false;
    }
    return fits;
  }

  #takeOut({ taps }: CompiledPolicy, count: number): void {
    const pieces = taps.flatMap((tap) => tap.pieces).slice(0, count);
    for (const piece of pieces) {
      for (const foreign of this.#elections.remove(piece)) {
        this.#touch(foreign.dpid).remove(foreign.piece);
      }
      this.#touch(piece.tap.dpid).remove(piece);
    }
  }

  #touch(dpid: Dpid): TapTable {
    const table = this.#table(dpid);
    this.#unsettled.add(table);
    return table;
  }

  /**
   * How many regions a switch may have: what policies ask for and the intersections allowed. The
   * number of regions only grows with the policies, so a set that fits does so in any order.
   */
  readonly #ceiling: Ceiling = (dpid, pieces) =>
    this.#table(dpid).counts.inputs + pieces + this.#limits.intersectionsPerSwitch;

  #commonCeilings(all: readonly CompiledPolicy[]): Map<Dpid, number> {
    const regions = new Map<Dpid, Set<string>>();
    for (const { dpid, pieces } of all.flatMap(({ taps }) => taps)) {
      const keys = regions.get(dpid) ?? new Set<string>();
      for (const { region } of pieces) keys.add(region.key);
      regions.set(dpid, keys);
    }
    const extra = this.#limits.intersectionsPerSwitch;
    return new Map([...regions].map(([dpid, keys]) => [dpid, keys.size + extra]));
  }

  #describeRefusal({ policy, taps }: CompiledPolicy): string {
    const others = new Set<PolicyId>();
    const regions = new Set<string>();
    const noteOthers = ({ region, tap }: Piece) => {
      regions.add(region.key);
      for (const id of this.#table(tap.dpid).policiesIn(region)) others.add(id);
    };
    for (const { pieces } of taps) pieces.forEach(noteOthers);
    others.delete(policy.id);
    const names = [...others].sort();
    const listed = names.slice(0, 10).join(", ") + (names.length > 10 ? ", …" : "");
    const whom =
      names.length === 0
        ? "each other"
        : `those of ${names.length} other ${names.length === 1 ? "policy" : "policies"} (${listed})`;
    return `its ${regions.size} match regions overlap ${whom} so that more than ${this.#limits.intersectionsPerSwitch} rules for intersections would be needed on a switch`;
  }

  *#wishesElsewhere(region: Region, except: Dpid): Iterable<Piece> {
    for (const [dpid, table] of this.#taps) if (dpid !== except) yield* table.wishes(region);
  }

  #table(dpid: Dpid): TapTable {
    let table = this.#taps.get(dpid);
    if (table === undefined) {
      table = new TapTable(this.#surroundings.at(dpid), {
        tables: this.tables,
        marks: this.#marks,
        vlans: this.#vlans,
        support: this.#support,
        treatments: this.#treatments,
      });
      this.#taps.set(dpid, table);
    }
    return table;
  }
}
