// SPDX-License-Identifier: Apache-2.0
import type { OverridingEntriesView } from "../../contract/entries/overriding-entries.ts";
import {
  type EntryRef,
  entryRef,
  type FlowKey,
  type FlowSpec,
  flowKey,
  splitEntryRef,
} from "../../flow-model/index.ts";
import { forEach, partsOf, type Steps } from "../../lang/steps.ts";
import { foreignEntryText, type ListedFlow } from "../../reconcile/index.ts";
import { StepQueue } from "../../runtime/index.ts";
import { Listeners } from "../../runtime/listeners.ts";
import type { Logger } from "../../runtime/logger.ts";
import type { Dpid } from "../../topology/index.ts";
import { type EventBus, transitionOf } from "../events.ts";
import { NOTHING_OVERRIDDEN, SwitchOverrides } from "./switch-overrides.ts";

/** Dependencies of `OverriddenRules`. */
interface OverriddenRulesDeps {
  readonly desired: (dpid: Dpid) => readonly FlowSpec[];
  readonly switchName: (dpid: Dpid) => string;
  readonly events: EventBus;
  readonly logger: Pick<Logger, "info" | "warn">;
}

/** A change of the rules desired on a switch. */
interface DesiredChange {
  readonly set: readonly FlowSpec[];
  readonly delete: readonly FlowKey[];
}

/**
 * Which rules for taps are overridden: flow entries of other applications take frames before them. Each
 * reading of the tables of a switch, an audit's too, and each change of the desired rules is compared in slices.
 * A switch without such entries costs nothing.
 */
export class OverriddenRules {
  readonly #deps: OverriddenRulesDeps;
  readonly #queue = new StepQueue();
  readonly #listeners = new Listeners<[refs: readonly EntryRef[]]>();
  /** Switches with entries that can override rules. */
  readonly #switches = new Map<Dpid, SwitchOverrides>();
  /** The entries of other applications, as last read. */
  readonly #foreign = new Map<Dpid, readonly ListedFlow[]>();
  /** As last reported, where something is overridden. */
  readonly #reported = new Map<Dpid, OverridingEntriesView>();

  constructor(deps: OverriddenRulesDeps) {
    this.#deps = deps;
  }

  /** Calls back when what overrides these rules may have changed. */
  subscribe(listener: (refs: readonly EntryRef[]) => void): void {
    this.#listeners.add(listener);
  }

  /** The tables of a switch have been read: the entries of other applications there. */
  read(dpid: Dpid, flows: readonly ListedFlow[]): void {
    if (flows.length > 0) this.#foreign.set(dpid, flows);
    else this.#foreign.delete(dpid);
    this.#queue.add("ordinary", () => this.#comparing(dpid, flows));
  }

  /** The desired rules have changed. */
  desiredChanged(changes: ReadonlyMap<Dpid, DesiredChange>): void {
    for (const [dpid, change] of changes) {
      // Behind a reading that is being compared with older rules.
      this.#queue.add("ordinary", () => this.#following(dpid, change));
    }
  }

  /** Resolves when every reading and every change so far has been compared. */
  idle(): Promise<void> {
    return this.#queue.idle();
  }

  /** Whether flow entries of other applications take frames before a rule. */
  isOverridden(ref: EntryRef): boolean {
    return this.#before(ref).length > 0;
  }

  /** Why frames of a rule are not copied, each a sentence without a full stop; usually none. */
  reasonsOf(ref: EntryRef): readonly string[] {
    const { dpid } = splitEntryRef(ref);
    return this.#before(ref).map((entry) => this.#reason(dpid as Dpid, entry));
  }

  /** The entries of other applications in the tap table of a switch, as last read. */
  foreign(dpid: Dpid): readonly ListedFlow[] {
    return this.#foreign.get(dpid) ?? [];
  }

  /** The entries on a switch that override rules, as last reported. */
  view(dpid: Dpid): OverridingEntriesView {
    return this.#reported.get(dpid) ?? NOTHING_OVERRIDDEN;
  }

  /** The entries that take frames before a rule. */
  #before(ref: EntryRef): readonly ListedFlow[] {
    if (this.#switches.size === 0) return [];
    const { dpid, key } = splitEntryRef(ref);
    return this.#switches.get(dpid as Dpid)?.before(key) ?? [];
  }

  *#comparing(dpid: Dpid, flows: readonly ListedFlow[]): Steps<void> {
    const now = new SwitchOverrides();
    yield* now.reading(flows);
    const before = this.#switches.get(dpid);
    if (before ? now.hasEntriesOf(before) : now.isEmpty) return;
    if (!now.isEmpty) {
      for (const rule of this.#deps.desired(dpid)) {
        now.set(rule);
        yield;
      }
    }
    if (now.isEmpty) this.#switches.delete(dpid);
    else this.#switches.set(dpid, now);
    const keys = new Set([...(before?.rules ?? []), ...now.rules]);
    yield* this.#changing(dpid, now, [...keys]);
  }

  *#following(dpid: Dpid, change: DesiredChange): Steps<void> {
    const overrides = this.#switches.get(dpid);
    if (overrides === undefined) return;
    const keys: FlowKey[] = [];
    yield* forEach(change.delete, (key) => overrides.delete(key));
    for (const rule of change.set) {
      const key = flowKey(rule);
      const wasOverridden = overrides.before(key).length > 0;
      if (overrides.set(rule) || wasOverridden) keys.push(key);
      yield;
    }
    yield* this.#changing(dpid, overrides, keys);
  }

  *#changing(dpid: Dpid, overrides: SwitchOverrides, keys: readonly FlowKey[]): Steps<void> {
    for (const part of partsOf(keys)) {
      this.#listeners.notify(part.map((key) => entryRef(dpid, key)));
      yield;
    }
    this.#report(dpid, overrides.view());
  }

  #report(dpid: Dpid, now: OverridingEntriesView): void {
    const { events, logger, switchName } = this.#deps;
    const old = this.view(dpid);
    if (JSON.stringify(old) === JSON.stringify(now)) return;
    if (now.count > 0) this.#reported.set(dpid, now);
    else this.#reported.delete(dpid);
    const { state, ...sides } = transitionOf(old, now);
    const ofSwitch = { dpid, switch: switchName(dpid) };
    events.publish({ type: "entriesOverridden", ...ofSwitch, state, ...sides });
    if (state === "ended") logger.info(ofSwitch, "no rule for taps is overridden any longer");
    else {
      const what = "other applications' flow entries take frames before rules for taps";
      logger.warn({ ...ofSwitch, ...now }, what);
    }
  }

  #reason(dpid: Dpid, flow: ListedFlow): string {
    const name = this.#deps.switchName(dpid);
    return `another application's flow entry takes frames before a rule on switch ${name} (${foreignEntryText(flow)}): they are not copied; delete it, or lower its priority`;
  }
}
