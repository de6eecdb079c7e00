// SPDX-License-Identifier: Apache-2.0
import { useRateTrack } from "../data/use-rate-track.ts";
import { type ChartLine, TimeChart } from "./time-chart.tsx";

const LINES: readonly ChartLine[] = [
  { label: "All frames", column: "pps", look: "all" },
  { label: "Copies", column: "copiesPps", look: "copied" },
];

interface LinkRatesProps {
  /** The port that frames leave by; one that the switch does not have has no number, and no rates. */
  readonly from: { readonly dpid: string; readonly port: number | string };
  /** The direction in words. */
  readonly name: string;
}

/** How many frames have crossed a link in one direction in the last ten minutes. */
export function LinkRates({ from, name }: LinkRatesProps) {
  const hasHistory = typeof from.port === "number";
  const track = useRateTrack(
    { link: { dpid: from.dpid, port: Number(from.port) } },
    { hasHistory },
  );
  if (!hasHistory) return null;
  return (
    <section class="link-rates">
      <h3>{name}</h3>
      <TimeChart label={`Rates of ${name}`} unit="pps" {...{ track, lines: LINES }} />
    </section>
  );
}
