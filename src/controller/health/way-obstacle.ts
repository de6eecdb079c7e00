// SPDX-License-Identifier: Apache-2.0
import { type EntryRef, splitEntryRef } from "../../flow-model/index.ts";
import type { CopyWay } from "../../policy/index.ts";
import type { Dpid } from "../../topology/index.ts";
import type { StatusInputs } from "../status/policy-status.ts";

/** What probing a way depends on. */
export type ObstacleInputs = Pick<
  StatusInputs,
  "entryState" | "switchName" | "connected" | "slave"
>;

/** Why a way cannot be probed now, a sentence without a full stop; undefined: it can. */
export function wayObstacle(way: CopyWay, inputs: ObstacleInputs): string | undefined {
  const ends = [way.from, way.hops.at(-1)?.dpid ?? way.from];
  for (const dpid of ends) {
    if (!inputs.connected(dpid)) return `switch ${inputs.switchName(dpid)} is not connected`;
    if (inputs.slave?.(dpid)) {
      return `OpenVTAP has the slave role on switch ${inputs.switchName(dpid)}`;
    }
  }
  // A probe that is not caught might leave the way.
  const caught = obstacleOf(way.caught, "the rule that catches probes", inputs);
  if (caught !== undefined) return caught;
  for (const ref of way.entries) {
    const found = obstacleOf(ref, "a rule that forwards copies", inputs);
    if (found !== undefined) return found;
  }
  return undefined;
}

function obstacleOf(ref: EntryRef, rule: string, inputs: ObstacleInputs): string | undefined {
  const state = inputs.entryState(ref);
  if (state === "confirmed") return undefined;
  const name = inputs.switchName(splitEntryRef(ref).dpid as Dpid);
  return typeof state === "object"
    ? `switch ${name} refused ${rule}: ${state.refused}`
    : `switch ${name} has not confirmed ${rule} yet`;
}
