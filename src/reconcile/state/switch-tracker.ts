import { categoryOf, type FlowKey, type FlowSpec } from "../../flow-model/index.ts";
import type { ForeignFlow } from "../model/foreign-flow.ts";
import type { IdRange } from "../model/id-range.ts";
import type { InstalledFlow, InstalledGroup } from "../model/installed.ts";
import type { SwitchError } from "../model/switch-error.ts";
import type { SwitchPlan } from "../model/switch-plan.ts";
import type { TableChange } from "../model/table-change.ts";
import { floodedPorts, opens } from "./flooded-ports.ts";
import { type MeterTable, MeterTracker } from "./meter-tracker.ts";
import { forwardsAsDesired, PendingOriginals } from "./production-frames.ts";

/** Frames for a host that come to a switch. */
export interface Passing {
  readonly mac: number;
  readonly inPort: number;
  readonly key: FlowKey;
  readonly shut: FlowKey;
}

/** What a switch holds as it has been read or confirmed. */
export interface Tables {
  readonly flows: Map<FlowKey, InstalledFlow>;
  /** Groups of ours. */
  readonly groups: Map<number, InstalledGroup>;
  /** Ids of groups that are not ours. */
  readonly foreignGroups: ReadonlySet<number>;
  readonly meters: MeterTable;
  /** Flow entries that are not ours. */
  readonly foreignFlows: ReadonlyMap<FlowKey, ForeignFlow>;
}

/** The tables of a switch that holds nothing. */
export function noTables(): Tables {
  const none: ReadonlySet<number> = new Set();
  const meters: MeterTable = { meters: new Map(), foreign: none };
  return {
    flows: new Map(),
    groups: new Map(),
    foreignGroups: none,
    meters,
    foreignFlows: new Map(),
  };
}

/**
 * What is wanted of one switch against what it holds. Memory only.
 *
 * Setters change what is wanted and mark it dirty; what the switch holds changes on confirmation
 * only (`confirm`) or when it has been read (`load`).
 */
export class SwitchTracker {
  readonly desired = new Map<FlowKey, FlowSpec>();
  flows = new Map<FlowKey, InstalledFlow>();
  groups = new Map<number, InstalledGroup>();
  foreignGroups: ReadonlySet<number> = new Set();
  foreignFlows: ReadonlyMap<FlowKey, ForeignFlow> = new Map();
  readonly meters = new MeterTracker();
  /** Group ids by content. */
  readonly groupIds = new Map<string, number>();
  /** How many flow entries and groups of ours use a group. */
  readonly users = new Map<number, number>();
  /** Keys whose wanted and actual state may differ. */
  readonly dirty = new Set<FlowKey>();
  /** Groups of ours that nothing uses. */
  readonly unusedGroups = new Set<number>();
  /** Whether it is worth a round to delete groups and meters that nothing uses. */
  unusedDirty = false;
  readonly refused = new Map<FlowKey, SwitchError>();
  /** Groups that were refused, by content, with the reason. */
  readonly refusedGroups = new Map<string, string>();
  /** Groups that the switch would not delete. */
  readonly stuckGroups = new Set<number>();
  /** Entries that wait for floods to end on other switches. */
  readonly waiting = new Set<FlowKey>();
  readonly #pendingOriginals = new PendingOriginals();
  /** Keys whose wish has changed since what is under way was sent. */
  readonly #outdated = new Set<FlowKey>();
  /** Ports that the switch floods to. */
  #flooded: ReadonlySet<number> | undefined;
  #inFlight: SwitchPlan | undefined;
  /** Sent before the connection was lost: perhaps in effect. */
  readonly uncertain: SwitchPlan[] = [];
  /** The tables have been read at least once. */
  loaded = false;
  /** The tables are known now. */
  synced = false;

  /** What has been sent and is not answered. */
  get inFlight(): SwitchPlan | undefined {
    return this.#inFlight;
  }

  set inFlight(plan: SwitchPlan | undefined) {
    this.#inFlight = plan;
    if (!plan) this.#outdated.clear();
  }

  /** Wants an entry, in place of the one of the same key. Returns the one it replaces. */
  set(key: FlowKey, spec: FlowSpec): FlowSpec | undefined {
    const old = this.desired.get(key);
    if (old === spec) return old;
    this.desired.set(key, spec);
    this.#reconsider(key, spec);
    return old;
  }

  /** Wants an entry no more. Returns the one that was wanted. */
  delete(key: FlowKey): FlowSpec | undefined {
    const old = this.desired.get(key);
    if (old === undefined) return undefined;
    this.desired.delete(key);
    this.#reconsider(key, old);
    return old;
  }

  /** For copies that went this way before: wanted and maybe there, or there and on their way only. */
  stillServes(key: FlowKey): boolean {
    if (this.desired.has(key)) return this.mayExist(key);
    const flow = this.flows.get(key);
    return flow !== undefined && ON_THE_WAY.has(categoryOf(flow.cookie) ?? "");
  }

  /** Whether the wanted entry, or its deletion, was refused. */
  isRefused(key: FlowKey): boolean {
    if (this.refused.size === 0) return false;
    const refusal = this.refused.get(key);
    return refusal !== undefined && refusal.spec === this.desired.get(key);
  }

  refuse(key: FlowKey, refusal: SwitchError): void {
    this.refused.set(key, refusal);
    this.reviewOriginals([key]);
    const { group, meter, reason } = refusal;
    if (group !== undefined) this.refusedGroups.set(group, reason);
    if (meter !== undefined) this.meters.refused.set(meter, reason);
  }

  /** Confirmed as it is wanted, and nothing about it is under way. */
  isConfirmed(key: FlowKey): boolean {
    const spec = this.desired.get(key);
    return (
      this.synced &&
      spec !== undefined &&
      this.flows.get(key)?.fulfils === spec &&
      !this.inFlight?.touches.has(key)
    );
  }

  /**
   * As it is wanted when the switch was last heard of. So is, for want of anything to wait for, what
   * nobody wants, what was refused, and everything on a switch that was never read.
   */
  isSettled(key: FlowKey): boolean {
    const spec = this.desired.get(key);
    if (!this.loaded || spec === undefined || this.isRefused(key)) return true;
    if (this.uncertain.length > 0 || this.inFlight?.touches.has(key)) return false;
    return this.flows.get(key)?.fulfils === spec;
  }

  /**
   * Whether frames for a host that enter by a port go on from here as is wanted, whatever taps are for
   * them; `key` is base forwarding's entry for the host, `shut` one that would drop all from that port.
   */
  isReadyFor({ mac, key, inPort, shut }: Passing): boolean {
    if (!this.isSettled(key)) return false;
    if (!this.loaded) return true;
    const isShut = this.flows.has(shut) || this.inFlight?.touches.has(shut) === true;
    return !isShut && !this.#pendingOriginals.concerns(mac, inPort);
  }

  /** The port that an entry of base forwarding for a host sends by, as confirmed. */
  exit(key: FlowKey): number | undefined {
    return outputOf(this.flows.get(key)?.actions);
  }

  desiredExit(key: FlowKey): number | undefined {
    return outputOf(this.desired.get(key)?.actions);
  }

  /**
   * The ports that frames for a host may leave by until all is as wanted; undefined when nobody knows:
   * a change for another wish is under way, or taps hold them back.
   */
  exits({ key, mac }: Pick<Passing, "key" | "mac">): readonly number[] | undefined {
    const isOther = this.uncertain.length > 0 || this.#outdated.has(key);
    if (!this.loaded || isOther || this.#pendingOriginals.has(mac)) return undefined;
    const [now, then] = [this.exit(key), this.desiredExit(key)];
    return now === undefined || then === undefined ? undefined : [now, then];
  }

  /** Looks again at whether entries do with production frames what is wanted. */
  reviewOriginals(keys: Iterable<FlowKey>): void {
    for (const key of keys) {
      const flow = this.flows.get(key);
      if (flow) this.#reviewOriginal(flow);
    }
  }

  /** Not known to be missing. */
  mayExist(key: FlowKey): boolean {
    return !this.loaded || this.uncertain.length > 0 || this.flows.has(key);
  }

  /** Takes the tables as read from the switch for the truth; everything is to be compared again. */
  load(tables: Tables, meterIds: IdRange): void {
    this.flows = tables.flows;
    this.groups = tables.groups;
    this.foreignGroups = tables.foreignGroups;
    this.foreignFlows = tables.foreignFlows;
    this.#flooded = undefined;
    this.groupIds.clear();
    this.users.clear();
    this.unusedGroups.clear();
    for (const group of this.groups.values()) this.#countGroup(group);
    for (const flow of this.flows.values()) this.#use(flow.groups, 1);
    this.meters.load(tables.meters, this.flows, this.desired, meterIds);
    this.refused.clear();
    this.refusedGroups.clear();
    this.stuckGroups.clear();
    this.uncertain.length = 0;
    this.markAllDirty();
    this.loaded = true;
    this.synced = true;
    this.#pendingOriginals.clear();
    this.reviewOriginals(this.flows.keys());
  }

  /** The ports that the switch floods to, as confirmed; `floodKey` is the entry that floods. */
  flooded(floodKey: FlowKey): ReadonlySet<number> {
    this.#flooded ??= floodedPorts(this, floodKey);
    return this.#flooded;
  }

  /**
   * Whether the switch neither sends floods to a port nor takes any in: so it was when it was last
   * heard of. One that was never read is taken to hold nothing.
   */
  isClosed(port: number, drop: FlowKey, floodKey: FlowKey): boolean {
    if (!this.loaded) return true;
    const spec = this.desired.get(drop);
    if (this.uncertain.length > 0 || spec === undefined) return false;
    if (this.flows.get(drop)?.fulfils !== spec || this.flooded(floodKey).has(port)) return false;
    return !this.inFlight?.mods.some((mod) => opens(mod, port, drop));
  }

  /** What waits for other switches is to be looked at again. */
  wake(): void {
    for (const key of this.waiting) this.dirty.add(key);
    this.waiting.clear();
  }

  markAllDirty(): void {
    for (const key of this.desired.keys()) this.dirty.add(key);
    for (const key of this.flows.keys()) this.dirty.add(key);
    this.unusedDirty = true;
  }

  /** What is there without being wanted is to be looked at again. */
  markUnwantedDirty(): void {
    for (const key of this.flows.keys()) if (!this.desired.has(key)) this.dirty.add(key);
    this.unusedDirty = true;
  }

  /** The switch has confirmed changes. */
  confirm(mods: Iterable<TableChange>): void {
    this.#flooded = undefined;
    for (const mod of mods) this.#confirmOne(mod);
  }

  /** Replaces the record of an entry that is on the switch as it should be. */
  settle(flow: InstalledFlow): void {
    this.flows.set(flow.key, flow);
    this.#reviewOriginal(flow);
  }

  #confirmOne(mod: TableChange): void {
    switch (mod.type) {
      case "meterAdd":
        this.meters.add(mod.meter, mod.identity);
        return;
      case "meterDelete":
        this.meters.delete(mod.meter.id);
        return;
      case "groupAdd":
        this.groups.set(mod.group.id, mod.group);
        this.#countGroup(mod.group);
        return;
      case "groupDelete":
        this.groups.delete(mod.group.id);
        this.unusedGroups.delete(mod.group.id);
        if (this.groupIds.get(mod.group.key) === mod.group.id) this.groupIds.delete(mod.group.key);
        this.#use(mod.group.groups, -1);
        return;
      case "flowDelete":
        this.flows.delete(mod.flow.key);
        this.#pendingOriginals.note(mod.flow, mod.flow.key, false);
        this.#use(mod.flow.groups, -1);
        this.meters.use(mod.flow.meters, -1);
        return;
      default: {
        const old = this.flows.get(mod.flow.key);
        if (old) this.#use(old.groups, -1);
        this.#use(mod.flow.groups, 1);
        if (old) this.meters.use(old.meters, -1);
        this.meters.use(mod.flow.meters, 1);
        this.flows.set(mod.flow.key, mod.flow);
        this.#reviewOriginal(mod.flow);
      }
    }
  }

  #countGroup(group: InstalledGroup): void {
    if (!this.groupIds.has(group.key)) this.groupIds.set(group.key, group.id);
    if (!this.users.has(group.id)) this.unusedGroups.add(group.id);
    this.#use(group.groups, 1);
  }

  #use(ids: readonly number[], by: 1 | -1): void {
    for (const id of ids) {
      const left = (this.users.get(id) ?? 0) + by;
      if (left > 0) {
        this.users.set(id, left);
        this.unusedGroups.delete(id);
      } else {
        this.users.delete(id);
        if (this.groups.has(id)) this.unusedGroups.add(id);
      }
    }
  }

  #reviewOriginal(flow: InstalledFlow): void {
    if (categoryOf(flow.cookie) !== "rewriting") return;
    const { key } = flow;
    const isPending = !this.isRefused(key) && !forwardsAsDesired(flow, this.desired.get(key));
    this.#pendingOriginals.note(flow, key, isPending);
  }

  #reconsider(key: FlowKey, spec: FlowSpec): void {
    this.dirty.add(key);
    if (this.inFlight?.touches.has(key)) this.#outdated.add(key);
    const flow = this.flows.get(key);
    const isUnderWay = spec.category === "rewriting" && this.inFlight?.touches.has(key);
    // What is under way was for another wish: nobody knows what it does until it is over.
    if (isUnderWay) this.#pendingOriginals.note(spec, key, true);
    else if (flow) this.#reviewOriginal(flow);
    // Cleared even if the same spec comes back, so that what depends on the entry looks again then.
    if (flow?.fulfils !== undefined) this.flows.set(key, { ...flow, fulfils: undefined });
    const refusal = this.refused.get(key);
    if (!refusal) return;
    this.refused.delete(key);
    if (refusal.group !== undefined) this.refusedGroups.delete(refusal.group);
    if (refusal.meter !== undefined) this.meters.refused.delete(refusal.meter);
  }
}

/** The port of an action list that only outputs there. */
function outputOf(actions: FlowSpec["actions"] | undefined): number | undefined {
  const [action] = actions ?? [];
  return action?.type === "output" && actions?.length === 1 ? action.port : undefined;
}

/** Categories of entries that carry copies without ending their way. */
const ON_THE_WAY: ReadonlySet<string> = new Set(["transit", "treatment"]);
