// SPDX-License-Identifier: Apache-2.0

import { rates } from "../data/store.ts";
import { useRateTrack } from "../data/use-rate-track.ts";
import { formatRate } from "../map/model/traffic.ts";
import { Sparkline } from "./sparkline.tsx";

/** Rows that are scrolled past are not read. */
const IN_VIEW_MS = 300;

/** How many copies a policy makes, now and in the last minutes. */
export function RateCell({ id }: { readonly id: string }) {
  const pps = rates.value?.policies.get(id)?.copiedPps ?? null;
  // A policy that copies nothing has its line from now on: few of thousands copy at a time.
  const track = useRateTrack({ policy: id }, { hasHistory: (pps ?? 0) > 0, delayMs: IN_VIEW_MS });
  return (
    <span class="rate-cell">
      {track && <Sparkline samples={{ at: track.at, values: track.columns.copiedPps ?? [] }} />}
      <span class={pps ? "rate" : "rate muted"}>{formatRate(pps, "pps")}</span>
    </span>
  );
}
