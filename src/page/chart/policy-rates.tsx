// SPDX-License-Identifier: Apache-2.0
import { useState } from "preact/hooks";
import { useRateTrack } from "../data/use-rate-track.ts";
import { type ChartLine, TimeChart } from "./time-chart.tsx";

const UNITS = ["pps", "bit/s"] as const;

/** Copies may be lost in bits, too, but only their number is known. */
const LINES: Readonly<Record<(typeof UNITS)[number], readonly ChartLine[]>> = {
  pps: [
    { label: "Copied", column: "copiedPps", look: "copied" },
    { label: "Delivered", column: "deliveredPps", look: "delivered" },
    { label: "Lost", column: "lostPps", look: "lost" },
  ],
  "bit/s": [
    { label: "Copied", column: "copiedBps", look: "copied" },
    { label: "Delivered", column: "deliveredBps", look: "delivered" },
  ],
};

/** How fast a policy has copied in the last ten minutes, and how much of it arrived. */
export function PolicyRates({ id }: { readonly id: string }) {
  const [unit, setUnit] = useState<(typeof UNITS)[number]>("pps");
  const track = useRateTrack({ policy: id });
  return (
    <section class="panel wide">
      <h2>
        Rates
        <span class="muted small">up to ten minutes</span>
        <span class="spacer" />
        <span class="segments small">
          {UNITS.map((each) => (
            <button
              key={each}
              type="button"
              class={each === unit ? "segment chosen" : "segment"}
              aria-pressed={each === unit}
              onClick={() => setUnit(each)}
            >
              {each}
            </button>
          ))}
        </span>
      </h2>
      <TimeChart label={`Rates of ${id}`} {...{ track, unit, lines: LINES[unit] }} />
    </section>
  );
}
