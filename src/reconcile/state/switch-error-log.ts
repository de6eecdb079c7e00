// SPDX-License-Identifier: Apache-2.0
import type { FlowKey, FlowSpec } from "../../flow-model/index.ts";
import type { SwitchError } from "../model/switch-error.ts";

/** What one switch has refused: a plan leaves it out until something changes. */
export class SwitchErrorLog {
  readonly #flows = new Map<FlowKey, SwitchError>();
  readonly #groups = new Map<string, string>();
  readonly #meters = new Map<string, string>();

  /** Errors by flow entry, also those of an earlier desired entry of the same key. */
  get flows(): ReadonlyMap<FlowKey, SwitchError> {
    return this.#flows;
  }

  /** Whether an entry in its present desired form, or its deletion (no spec), was refused. */
  isRefused(key: FlowKey, desired: FlowSpec | undefined): boolean {
    if (this.#flows.size === 0) return false;
    const error = this.#flows.get(key);
    return error !== undefined && error.spec === desired;
  }

  /** Why a group of a content was refused, in words. */
  groupReason(content: string): string | undefined {
    return this.#groups.get(content);
  }

  /** Why a meter of an identity was refused, in words. */
  meterReason(identity: string): string | undefined {
    return this.#meters.get(identity);
  }

  addFlow(key: FlowKey, error: SwitchError): void {
    this.#flows.set(key, error);
    const { group, meter, reason } = error;
    if (group !== undefined) this.addGroup(group, reason);
    if (meter !== undefined) this.addMeter(meter, reason);
  }

  addGroup(content: string, reason: string): void {
    this.#groups.set(content, reason);
  }

  addMeter(identity: string, reason: string): void {
    this.#meters.set(identity, reason);
  }

  /** Gives an entry another try, with the group and the meter it was refused for. */
  delete(key: FlowKey): void {
    const error = this.#flows.get(key);
    if (!error) return;
    this.#flows.delete(key);
    if (error.group !== undefined) this.#groups.delete(error.group);
    if (error.meter !== undefined) this.#meters.delete(error.meter);
  }

  clear(): void {
    for (const each of [this.#flows, this.#groups, this.#meters]) each.clear();
  }
}

/** What a plan reads of a switch's errors. */
export type SwitchErrorView = Pick<
  SwitchErrorLog,
  "flows" | "isRefused" | "groupReason" | "meterReason"
>;
