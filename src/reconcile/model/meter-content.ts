// SPDX-License-Identifier: Apache-2.0
import type { FlowActionSpec, FlowSpec, MeterSpec } from "../../flow-model/index.ts";
import { type Action, type Band, MeterFlags } from "../../openflow/index.ts";
import { type IdRange, isOwnId } from "./id-range.ts";
import type { InstalledMeter } from "./installed.ts";

/** The meter of a spec as it is sent to a switch, with the key of its effect. */
export function meterFrom(id: number, { unit, rate, burst }: MeterSpec): InstalledMeter {
  const unitFlag = unit === "kbps" ? MeterFlags.Kbps : MeterFlags.Pktps;
  const flags = unitFlag | MeterFlags.Stats | (burst === undefined ? 0 : MeterFlags.Burst);
  const bands: readonly Band[] = [{ type: "drop", rate, burstSize: burst ?? 0 }];
  return { id, flags, bands, key: meterContent(flags, bands) };
}

/** Canonical text of a meter's effect; a switch need not list every flag that was sent. */
export function meterContent(flags: number, bands: readonly Band[]): string {
  const unit = flags & MeterFlags.Kbps ? "kbps" : "pktps";
  const withBurst = (flags & MeterFlags.Burst) !== 0;
  const texts = bands.map((band) => {
    const burst = withBurst && "burstSize" in band ? ` burst ${band.burstSize}` : "";
    return "rate" in band ? `${band.type} ${band.rate}${burst}` : band.type;
  });
  return `${unit} ${texts.join()}`;
}

/** Identifies the meter of a spec: its effect and its owner. */
export function meterIdentity({ unit, rate, burst, owner = "" }: MeterSpec): string {
  return `${unit} ${rate} ${burst ?? ""} ${owner}`;
}

/** The meters that a desired flow entry uses, in the order in which its actions name them. */
export function meterSpecsOf({ meter, actions }: FlowSpec): MeterSpec[] {
  const inActions = actions.flatMap((action: FlowActionSpec) =>
    action.type === "punt" && action.meter ? [action.meter] : [],
  );
  // A drop needs no rate.
  return meter && actions.length > 0 ? [meter, ...inActions] : inActions;
}

/** Ids of own meters that an installed flow entry uses, in that same order. */
export function metersIn(
  meter: number | undefined,
  actions: readonly Action[],
  range: IdRange,
): readonly number[] {
  let ids: number[] | undefined;
  if (meter !== undefined && isOwnId(meter, range)) ids = [meter];
  for (const action of actions) {
    if (action.type !== "nxController2") continue;
    for (const property of action.properties) {
      if (property.type !== "meterId" || !isOwnId(property.meterId, range)) continue;
      ids = [...(ids ?? []), property.meterId];
    }
  }
  return ids ?? NONE;
}

const NONE: readonly number[] = [];
