// SPDX-License-Identifier: Apache-2.0
import {
  type FlowActionSpec,
  type FlowSpec,
  type GroupSpec,
  toOwnController,
} from "../../flow-model/index.ts";
import { type Action, type Bucket, GroupId, Port } from "../../openflow/index.ts";
import { actionSetKey } from "../model/content-key.ts";
import { isRefused, type RefusedPart } from "../model/switch-error.ts";
import type { GroupPlanning } from "./group-planning.ts";
import type { MeterPlanning } from "./meter-planning.ts";

/** A flow entry's meter and actions as they are sent. */
export interface ResolvedActions {
  readonly meter: number | undefined;
  readonly actions: readonly Action[];
  /** Keys of the buckets that make copies. */
  readonly copies: readonly string[];
}

/** Replaces groups and meters in specs by the ids that they have on a switch. */
export class ActionPlanning {
  readonly #groups: GroupPlanning;
  readonly #meters: MeterPlanning;
  /** Copies of the flow entry that is being resolved. */
  #copies: string[] = [];

  constructor(groups: GroupPlanning, meters: MeterPlanning) {
    this.#groups = groups;
    this.#meters = meters;
  }

  /** The meter of a spec and some actions as they are sent, or the part that was refused. */
  resolve(
    { meter: meterSpec, actions: all }: FlowSpec,
    given: readonly FlowActionSpec[],
  ): ResolvedActions | RefusedPart {
    // A drop needs no rate.
    const meter = meterSpec && all.length > 0 ? this.#meters.idOf(meterSpec) : undefined;
    this.#copies = [];
    const actions = this.#resolveActions(given, 0);
    if (isRefused(actions)) return actions;
    if (typeof meter === "object") return meter;
    return { meter, actions, copies: this.#copies };
  }

  #resolveActions(
    actions: readonly FlowActionSpec[],
    depth: number,
  ): readonly Action[] | RefusedPart {
    if (isPlain(actions)) return actions;
    const resolved: Action[] = [];
    for (const action of actions) {
      const made = this.#resolveAction(action, depth);
      if (isRefused(made)) return made;
      resolved.push(made);
    }
    return resolved;
  }

  #resolveAction(action: FlowActionSpec, depth: number): Action | RefusedPart {
    switch (action.type) {
      case "useGroup": {
        const groupId = this.#resolveGroup(action.group, depth);
        return typeof groupId === "number" ? { type: "group", groupId } : groupId;
      }
      case "punt": {
        const meterId = action.meter && this.#meters.idOf(action.meter);
        if (typeof meterId === "object") return meterId;
        return toOwnController(action.maxLen, meterId, action.userdata);
      }
      default:
        return action;
    }
  }

  #resolveGroup(spec: GroupSpec, depth: number): number | RefusedPart {
    const buckets: Bucket[] = [];
    const keys: string[] = [];
    for (const { role, actions } of spec.buckets) {
      const resolved = this.#resolveActions(actions, depth + 1);
      if (isRefused(resolved)) return resolved;
      const key = actionSetKey(resolved);
      buckets.push({ weight: 0, watchPort: Port.Any, watchGroup: GroupId.Any, actions: resolved });
      keys.push(key);
      if (role === "copy" && depth === 0) this.#copies.push(key);
    }
    return this.#groups.idOf(buckets, keys);
  }
}

function isPlain(actions: readonly FlowActionSpec[]): actions is readonly Action[] {
  for (const { type } of actions) if (type === "useGroup" || type === "punt") return false;
  return true;
}
