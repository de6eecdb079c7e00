// SPDX-License-Identifier: Apache-2.0
import type { FlowKey } from "../../flow-model/index.ts";
import type { InstalledFlow } from "../model/installed.ts";
import type { SwitchPlan } from "../model/switch-plan.ts";
import { flowsInstalledBy, type TableChange } from "../model/table-change.ts";

/**
 * The changes that have been sent to one switch and are not known to be in effect or not.
 *
 * Transitions:
 * - idle -> (begin) in flight -> (narrow, per confirmed step) in flight -> (end) idle;
 * - in flight -> (lose) idle, with the changes uncertain;
 * - uncertain -> (tablesRead) forgotten: the tables show what is in effect.
 */
export class InFlight {
  #changes: readonly TableChange[] | undefined;
  #touches: ReadonlySet<FlowKey> = NO_KEYS;
  readonly #outdated = new Set<FlowKey>();
  readonly #uncertain: (readonly TableChange[])[] = [];

  /** Changes without an answer. */
  get changes(): readonly TableChange[] {
    return this.#changes ?? [];
  }

  get isIdle(): boolean {
    return this.#changes === undefined;
  }

  /** Whether changes without an answer, sent before an error or a disconnect, may be in effect. */
  get hasUncertain(): boolean {
    return this.#uncertain.length > 0;
  }

  /** The flow entries that uncertain changes would have installed. */
  get uncertainFlows(): readonly InstalledFlow[] {
    return this.#uncertain.flatMap(flowsInstalledBy);
  }

  /** Whether a change of a flow entry is in flight. */
  touches(key: FlowKey): boolean {
    return this.#touches.has(key);
  }

  /** Whether the desired entry has changed since the change in flight was sent. */
  isOutdated(key: FlowKey): boolean {
    return this.#outdated.has(key);
  }

  begin({ changes, touches }: SwitchPlan): void {
    this.#changes = changes;
    this.#touches = touches;
  }

  /** Only these changes are still in flight. */
  narrow(changes: readonly TableChange[]): void {
    this.#changes = changes;
    const touches = new Set<FlowKey>();
    for (const change of changes) if ("flow" in change) touches.add(change.flow.key);
    this.#touches = touches;
  }

  /** The desired entry of a key has changed. */
  desiredChanged(key: FlowKey): void {
    if (this.#touches.has(key)) this.#outdated.add(key);
  }

  end(): void {
    this.#changes = undefined;
    this.#touches = NO_KEYS;
    this.#outdated.clear();
  }

  /** Ends without an answer: these changes may be in effect. */
  lose(changes: readonly TableChange[]): void {
    this.end();
    this.#uncertain.push(changes);
  }

  tablesRead(): void {
    this.#uncertain.length = 0;
  }
}

const NO_KEYS: ReadonlySet<FlowKey> = new Set();

export type InFlightView = Pick<
  InFlight,
  "changes" | "isIdle" | "hasUncertain" | "uncertainFlows" | "touches" | "isOutdated"
>;
