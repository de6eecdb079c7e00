// SPDX-License-Identifier: Apache-2.0
import "../styles/chart.css";
import { linePath, roundTop, type Samples } from "./lines.ts";

const [WIDTH, HEIGHT] = [60, 16];
const SPAN_MS = 300_000;

/** The last five minutes as a line; the figure stands beside it. */
export function Sparkline({ samples }: { readonly samples: Samples }) {
  const to = samples.at.at(-1) ?? 0;
  const frame = {
    from: to - SPAN_MS,
    to,
    width: WIDTH,
    height: HEIGHT,
    top: roundTop(samples.values),
  };
  return (
    <svg
      class="sparkline look-copied"
      viewBox={`-1 -1 ${WIDTH + 2} ${HEIGHT + 2}`}
      aria-hidden="true"
    >
      <path class="chart-line" d={linePath(samples, frame)} />
    </svg>
  );
}
