// SPDX-License-Identifier: Apache-2.0
import { type EntryRef, entryRef } from "../../flow-model/index.ts";
import type { Steps } from "../../lang/steps.ts";
import type { PolicyId } from "../../policy/index.ts";
import type {
  ListedFlow,
  ReconcilerEvents,
  RefusedEntries,
  Repair,
} from "../../reconcile/index.ts";
import type { StepQueue } from "../../runtime/index.ts";
import { Listeners } from "../../runtime/listeners.ts";
import type { Logger } from "../../runtime/logger.ts";
import type { Dpid } from "../../topology/index.ts";
import { type EventBus, transitionOf } from "../events.ts";
import type { Network } from "../network/network.ts";
import { switchName } from "../views/network-view.ts";
import { installedRuleView } from "../views/rule-view.ts";

/** Dependencies of `ReconcileEvents`. */
interface ReconcileEventsDeps {
  readonly events: EventBus;
  readonly network: Network;
  readonly logger: Logger;
  /** The policies that rely on any of these entries. */
  readonly findingPolicies: (refs: readonly EntryRef[]) => Steps<readonly PolicyId[]>;
  readonly queue: Pick<StepQueue, "add">;
}

type Sending = Parameters<NonNullable<ReconcilerEvents["sending"]>>;

/** How many policies an event names. */
const MOST_POLICIES = 20;

/**
 * Receives what the reconciler reports: publishes it as events and log lines, and notifies subscribers
 * of entries whose state may have changed.
 */
export class ReconcileEvents implements ReconcilerEvents {
  readonly #deps: ReconcileEventsDeps;
  readonly #auditing = new Listeners<[dpid: Dpid]>();
  readonly #foreign = new Listeners<[dpid: Dpid, flows: readonly ListedFlow[]]>();
  readonly #tablesKnown = new Listeners<[dpid: Dpid]>();
  readonly #sending = new Listeners<Sending>();
  readonly #readding = new Listeners<[refs: readonly EntryRef[]]>();
  readonly #changed = new Listeners<[refs: readonly EntryRef[]]>();

  constructor(deps: ReconcileEventsDeps) {
    this.#deps = deps;
  }

  /** Calls back when the state of entries may have changed. */
  subscribe(listener: (refs: readonly EntryRef[]) => void): void {
    this.#changed.add(listener);
  }

  /** Calls back when the tables of a switch have been read, with the entries of other applications. */
  subscribeForeign(listener: (dpid: Dpid, flows: readonly ListedFlow[]) => void): void {
    this.#foreign.add(listener);
  }

  /** Calls back when an audit of a switch begins. */
  subscribeAudits(listener: (dpid: Dpid) => void): void {
    this.#auditing.add(listener);
  }

  foreignFlows(dpid: Dpid, flows: readonly ListedFlow[]): void {
    this.#foreign.notify(dpid, flows);
  }

  /** Calls back when what a switch holds is known (again), or no longer counts. */
  subscribeTablesKnown(listener: (dpid: Dpid) => void): void {
    this.#tablesKnown.add(listener);
  }

  tablesKnown(dpid: Dpid): void {
    this.#tablesKnown.notify(dpid);
  }

  /** Calls back when changes of a switch's entries are about to be sent. */
  subscribeSending(listener: (...sending: Sending) => void): void {
    this.#sending.add(listener);
  }

  sending(...sending: Sending): void {
    this.#sending.notify(...sending);
  }

  /** Calls back when entries are about to be added over themselves. */
  subscribeReadding(listener: (refs: readonly EntryRef[]) => void): void {
    this.#readding.add(listener);
  }

  readding(refs: readonly EntryRef[]): void {
    this.#readding.notify(refs);
  }

  auditing(dpid: Dpid): void {
    this.#auditing.notify(dpid);
  }

  changed(refs: readonly EntryRef[]): void {
    this.#changed.notify(refs);
  }

  refused(dpid: Dpid, old: RefusedEntries, now: RefusedEntries): void {
    const { events, logger } = this.#deps;
    const { state, ...sides } = transitionOf(old, now);
    const ofSwitch = this.#switch(dpid);
    events.publish({ type: "entriesRefused", ...ofSwitch, state, ...sides });
    if (state === "ended") logger.info(ofSwitch, "no entry is refused or blocked any longer");
    else logger.warn({ ...ofSwitch, ...now }, "entries are refused or blocked");
  }

  /** Published after some turns: thousands of policies may rely on what was repaired. */
  repaired(dpid: Dpid, repair: Repair): void {
    this.#deps.queue.add("background", () => this.#publishRepair(dpid, repair));
  }

  *#publishRepair(dpid: Dpid, { by, drift, flows, keys }: Repair): Steps<void> {
    const { events, logger, findingPolicies } = this.#deps;
    const ofSwitch = this.#switch(dpid);
    const found = flows.map(({ old, new: now }) => ({
      ...(old ? { old: installedRuleView(old) } : {}),
      ...(now ? { new: installedRuleView(now) } : {}),
    }));
    const policies = yield* findingPolicies(Array.from(keys, (key) => entryRef(dpid, key)));
    const named = policies.slice(0, MOST_POLICIES);
    const repair = { by, drift, rules: found, policies: named, policyCount: policies.length };
    events.publish({ type: "switchRepaired", ...ofSwitch, ...repair });
    logger.info(
      { ...ofSwitch, by, ...drift, policies: named },
      "entries changed by another controller or operator are repaired",
    );
  }

  #switch(dpid: Dpid) {
    return { dpid, switch: switchName(this.#deps.network.topology, dpid) };
  }
}
