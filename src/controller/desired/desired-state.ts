// SPDX-License-Identifier: Apache-2.0
import type { Counters } from "../../counters/index.ts";
import { forEach, type Steps } from "../../lang/steps.ts";
import type { Policy, PolicyEdit, PolicyId } from "../../policy/index.ts";
import type { Reconciler } from "../../reconcile/index.ts";
import { type CancelTimer, systemClock } from "../../runtime/clock.ts";
import type { Lane, StepQueue } from "../../runtime/index.ts";
import { Listeners } from "../../runtime/listeners.ts";
import type { Logger } from "../../runtime/logger.ts";
import type { EventBus } from "../events.ts";
import type { NetworkUpdate } from "../network/network-updates.ts";
import type { WrittenDocuments } from "../policies/document-change.ts";
import type { GroupEntry, GroupRegistry } from "../policies/group-registry.ts";
import type { GroupUsers } from "../policies/group-users.ts";
import type { KnownPolicy, PolicyEntry, PolicyRegistry } from "../policies/policy-registry.ts";
import type { PolicyStatusTracker } from "../status/policy-status-tracker.ts";
import type { TapSuspension } from "../suspension/index.ts";
import type { Compilation, DesiredDelta } from "./compilation.ts";
import type { PreviewOverlay } from "./preview-overlay.ts";
import { RerouteEvents } from "./reroute-events.ts";
import type { TapVlanMemory } from "./tap-vlan-memory.ts";
import type { UncompiledPolicies } from "./uncompiled-policies.ts";
import { registerWritten } from "./written-documents.ts";

/** How an edit of policies is compiled. */
interface EditTurn {
  readonly lane: Lane;
  /** `inParts`: what is urgent ends the edit early, and the rest of it follows. */
  readonly how: "inParts" | "whole";
}

/** Interval at which ids that copies wait for are looked for, in milliseconds. */
const FREE_IDS_EVERY_MS = 500;

/** Dependencies of `DesiredState`. */
interface DesiredStateDeps {
  readonly registry: PolicyRegistry;
  readonly groups: GroupRegistry;
  /** The policy as it is to be compiled: suspended or not, before its end or after it. */
  readonly effective: (entry: PolicyEntry) => Policy;
  readonly suspension: Pick<TapSuspension, "planned"> & {
    readonly writes: Pick<TapSuspension["writes"], "forgetPolicy">;
  };
  readonly compilation: Compilation;
  /** Runs what the compiler does, one operation at a time. */
  readonly queue: StepQueue;
  readonly uncompiled: UncompiledPolicies;
  /** Absent: which VLAN ids monitors have depends on the policies alone. */
  readonly vlans?: Pick<TapVlanMemory, "holding" | "freeing" | "isShort">;
  readonly previews: Pick<PreviewOverlay, "over">;
  readonly reconciler: Pick<Reconciler, "editing" | "confirmed">;
  readonly overrides: { desiredChanged(changes: DesiredDelta["switches"]): void };
  readonly statusTracker: Pick<PolicyStatusTracker, "plansChanged">;
  readonly counters: Pick<Counters, "plansChanging" | "plansChanged">;
  readonly events: EventBus;
  readonly logger: Logger;
}

/**
 * Turns a change of an input (policies, suspensions, lifetimes, the network) into a change of the desired state:
 * compiles what depends on the input and hands the difference to the reconciler and to the parts that
 * follow plans.
 *
 * Compiles run in slices, in the order of their inputs. A change of the network or of suspensions comes
 * before the edits that wait, because production frames may be lost until switches are programmed; it ends
 * an edit of many policies early, unless that is one change of documents. The desired state changes when
 * an operation has ended: it is always that of a full compile of some inputs. Followers of plans are
 * notified afterwards, a policy at a time.
 */
export class DesiredState {
  readonly #deps: DesiredStateDeps;
  readonly #reroutes: RerouteEvents;
  /** Changes of the network that are not compiled yet, as one. */
  #update: (NetworkUpdate & { readonly began: number }) | undefined;
  #isNetworkCompiled = true;
  #networkWaiters: (() => void)[] = [];
  /** Policies that were edited and whose followers are not notified yet, with their edit. */
  readonly #edited = new Map<PolicyId, symbol>();
  /** Policies whose plans other changes have changed, and whose followers are not notified yet. */
  readonly #affected = new Set<PolicyId>();
  readonly #planned = new Listeners<[ids: readonly PolicyId[]]>();
  #isReporting = false;
  #changes = 0;
  /** Until unused VLAN ids are looked for. */
  #untilFreeing: CancelTimer | undefined;

  constructor(deps: DesiredStateDeps) {
    this.#deps = deps;
    const { events, logger, reconciler } = deps;
    const confirmed = () => reconciler.confirmed();
    this.#reroutes = new RerouteEvents({ events, logger, clock: systemClock, confirmed });
  }

  /** Calls back when plans have changed; also for new and deleted policies. */
  subscribePlans(listener: (ids: readonly PolicyId[]) => void): void {
    this.#planned.add(listener);
  }

  /** Number of changes of the desired state so far. */
  get changes(): number {
    return this.#changes;
  }

  /** Resolves when every input so far is compiled and the followers of plans are notified. */
  idle(): Promise<void> {
    return this.#deps.queue.idle();
  }

  /** Compiles for another network. */
  networkChanged({ topology, links }: NetworkUpdate): void {
    const before = this.#update;
    const began = before?.began ?? this.#reroutes.now();
    this.#update = { topology, links: [...(before?.links ?? []), ...links], began };
    this.#isNetworkCompiled = false;
    if (before !== undefined) return;
    // The others that follow the network have done their part in this turn.
    this.#deps.queue.addLater("urgent", () => this.#compileNetwork());
  }

  /** Whether the desired state is that of the network as it is known now. */
  get isNetworkCompiled(): boolean {
    return this.#isNetworkCompiled;
  }

  /** Calls back when every change of the network so far is compiled: at once, if that is so now. */
  whenNetworkCompiled(callback: () => void): void {
    if (this.#isNetworkCompiled) callback();
    else this.#networkWaiters.push(callback);
  }

  /**
   * Compiles policies of the registry as they are to be in effect: as the registry and the suspensions are
   * when their turn comes, so an urgent edit may overtake others. A change of the network ends the edit early.
   */
  compilePolicies(ids: Iterable<PolicyId>, lane: Lane = "ordinary"): void {
    this.#compile([...ids], { lane, how: "inParts" });
  }

  /** Puts a policy into effect that is on disk. */
  policyWritten(entry: PolicyEntry, before: KnownPolicy | undefined, user?: string): void {
    this.documentsWritten({ policies: [{ entry, before }] }, user);
  }

  /** Takes a policy out of effect that is no longer on disk. */
  policyDeleted(old: KnownPolicy, user?: string): void {
    this.documentsWritten({ deletedPolicies: [old] }, user);
  }

  /** Puts a group into effect that is on disk, with the policies that name it. */
  groupWritten(
    entry: GroupEntry,
    before: GroupEntry | undefined,
    users: GroupUsers,
    user?: string,
  ): void {
    this.documentsWritten({ groups: [{ entry, before }], users }, user);
  }

  /** Forgets a group that is no longer on disk; no policy names it. */
  groupDeleted(old: GroupEntry, user?: string): void {
    this.documentsWritten({ deletedGroups: [old] }, user);
  }

  /** Puts what is on disk into effect: one change of the tables. `user`: who asked for it. */
  documentsWritten(change: WrittenDocuments, user?: string): void {
    const { uncompiled, statusTracker } = this.#deps;
    const ids = registerWritten(this.#deps, change, user);
    if (ids.length === 0) return;
    this.#compile(ids, { lane: "ordinary", how: "whole" });
    // A long compile is under way.
    const waiting = ids.filter((id) => this.#deps.registry.get(id) && uncompiled.has(id));
    if (waiting.length > 0) statusTracker.plansChanged(waiting);
  }

  #compile(ids: readonly PolicyId[], turn: EditTurn): void {
    const { queue, uncompiled } = this.#deps;
    const edit = uncompiled.begin(ids);
    queue.add(turn.lane, () => this.#compileEdit(edit, ids, turn));
  }

  *#compileNetwork(): Steps<void> {
    const update = this.#update;
    if (update === undefined) return;
    this.#update = undefined;
    const delta = yield* this.#deps.compilation.settingTopology(update.topology);
    yield* this.#apply(delta);
    this.#reroutes.follow(update.links, update.began, delta);
    if (this.#update !== undefined) return;
    this.#isNetworkCompiled = true;
    const waiters = this.#networkWaiters;
    this.#networkWaiters = [];
    for (const callback of waiters) callback();
  }

  *#compileEdit(edit: symbol, ids: readonly PolicyId[], turn: EditTurn): Steps<void> {
    const { compilation, queue } = this.#deps;
    const interruption = turn.how === "whole" ? undefined : { isDue: () => queue.hasUrgent };
    const { delta, rest } = yield* compilation.editing(yield* this.#editOf(ids), interruption);
    const left = rest?.map(({ id }) => id) ?? [];
    if (left.length > 0) queue.add(turn.lane, () => this.#compileEdit(edit, left, turn));
    const isLeft = new Set(left);
    yield* forEach(ids, (id) => {
      if (!isLeft.has(id)) this.#edited.set(id, edit);
    });
    yield* this.#apply(delta);
  }

  /** The policies of the registry that are upserted, and those that are no longer there. */
  *#editOf(ids: readonly PolicyId[]): Steps<PolicyEdit> {
    const { registry, effective } = this.#deps;
    const upsert: Policy[] = [];
    const remove: PolicyId[] = [];
    for (const id of ids) {
      yield;
      const entry = registry.get(id);
      if (entry) upsert.push(effective(entry));
      else remove.push(id);
    }
    return { upsert, remove };
  }

  /** Frees VLAN ids that copies wait for, once no switch uses them any more: an edit of its own. */
  *#freeVlans(): Steps<void> {
    this.#untilFreeing = undefined;
    const { vlans } = this.#deps;
    const delta = vlans && (yield* vlans.freeing());
    if (delta) yield* this.#apply(delta);
    else this.#freeVlansLater();
  }

  #freeVlansLater(): void {
    const { vlans, queue } = this.#deps;
    if (this.#untilFreeing || !vlans?.isShort) return;
    const free = () => queue.add("ordinary", () => this.#freeVlans());
    this.#untilFreeing = systemClock.after(FREE_IDS_EVERY_MS, free);
  }

  /** Switches come first; the followers of plans are notified afterwards. */
  *#apply({ switches, changed }: DesiredDelta): Steps<void> {
    const { previews, reconciler, overrides, queue, counters, vlans } = this.#deps;
    this.#changes++;
    if (vlans) yield* vlans.holding();
    this.#freeVlansLater();
    yield* counters.plansChanging(changed);
    const changes = yield* previews.over({ switches, changed });
    yield* reconciler.editing(changes);
    overrides.desiredChanged(changes);
    yield* forEach(changed, (id) => {
      if (!this.#edited.has(id)) this.#affected.add(id);
    });
    if (this.#edited.size + this.#affected.size === 0 || this.#isReporting) return;
    this.#isReporting = true;
    queue.add("background", () => this.#reportPlans());
  }

  /** Builds plans anew and notifies their followers, until something else waits: edited ones first. */
  *#reportPlans(): Steps<void> {
    const { compilation, counters, statusTracker, suspension, queue, uncompiled } = this.#deps;
    for (const ids of [this.#edited, this.#affected]) {
      for (const id of ids.keys()) {
        yield* compilation.planning(id);
        const edit = this.#edited.get(id);
        ids.delete(id);
        // In steps: what these hold of 100,000 policies grows at the same policy, and takes 20 ms each.
        counters.plansChanged([id]);
        yield;
        statusTracker.plansChanged([id]);
        // Not before: who waits for the policy would take its former status for the one after the edit.
        if (edit !== undefined) uncompiled.end(id, edit);
        yield;
        suspension.planned([id]);
        this.#planned.notify([id]);
        if (queue.hasOthers) {
          queue.add("background", () => this.#reportPlans());
          return;
        }
        yield;
      }
    }
    this.#isReporting = false;
  }
}
