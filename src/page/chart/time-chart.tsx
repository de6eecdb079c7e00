// SPDX-License-Identifier: Apache-2.0
import "../styles/chart.css";
import { useState } from "preact/hooks";
import type { RateTrack } from "../data/rate-track.ts";
import { TRACK_MS } from "../data/rate-track.ts";
import { formatRate } from "../map/model/traffic.ts";
import { formatTimeOfDay } from "../ui/format.ts";
import { type Frame, linePath, minutes, nearest, roundTop, spanOf } from "./lines.ts";

/** One line of a chart. */
export interface ChartLine {
  readonly label: string;
  /** The column of the track. */
  readonly column: string;
  /** Its look: colour and dashes differ, since not everyone sees colours. */
  readonly look: "copied" | "delivered" | "lost" | "all";
}

interface TimeChartProps {
  /** What the chart shows, for those who do not see it. */
  readonly label: string;
  readonly track: RateTrack | undefined;
  readonly lines: readonly ChartLine[];
  readonly unit: "pps" | "bit/s";
}

const [WIDTH, HEIGHT] = [600, 100];

/** Ten minutes of rates as lines, with the figures of the latest moment, or of that under the pointer, and as a table. */
export function TimeChart({ label, track, lines, unit }: TimeChartProps) {
  const [pointed, setPointed] = useState<number>();
  const at = track?.at ?? [];
  const valuesOf = (column: string) => track?.columns[column] ?? [];
  const values = lines.map(({ column }) => valuesOf(column));
  const span = spanOf(at, values, TRACK_MS, Date.now());
  const frame: Frame = { ...span, width: WIDTH, height: HEIGHT, top: roundTop(values.flat()) };
  const timeOf = (part: number) => span.from + part * (span.to - span.from);
  const shown = pointed === undefined ? at.length - 1 : nearest(at, timeOf(pointed));
  const point = (event: PointerEvent & { readonly currentTarget: Element }) => {
    const { left, width } = event.currentTarget.getBoundingClientRect();
    setPointed((event.clientX - left) / width);
  };
  const moment = shown === undefined ? undefined : at[shown];
  return (
    <div class="time-chart">
      <ul class="chart-legend">
        {lines.map(({ label: name, column, look }) => (
          <li key={column} class={`look-${look}`}>
            <svg viewBox="0 0 18 8" aria-hidden="true">
              <path d="M1 4h16" />
            </svg>
            {name}
            <strong>{formatRate(valuesOf(column)[shown ?? -1], unit)}</strong>
          </li>
        ))}
        {pointed !== undefined && moment !== undefined && (
          <li class="muted">{formatTimeOfDay(new Date(moment).toISOString())}</li>
        )}
      </ul>
      <div class="chart-plot">
        <div class="chart-scale" aria-hidden="true">
          {[frame.top, frame.top / 2, 0].map((value) => (
            <span key={value}>{formatRate(value, unit)}</span>
          ))}
        </div>
        <svg
          class="chart-lines"
          viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
          preserveAspectRatio="none"
          role="img"
          aria-label={label}
          onPointerMove={point}
          onPointerLeave={() => setPointed(undefined)}
        >
          <path class="chart-rule" d={`M0 0H${WIDTH}M0 50H${WIDTH}M0 ${HEIGHT}H${WIDTH}`} />
          {lines.map(({ column, look }) => (
            <path
              key={column}
              class={`chart-line look-${look}`}
              d={linePath({ at, values: valuesOf(column) }, frame)}
            />
          ))}
          {pointed !== undefined && moment !== undefined && (
            <path
              class="chart-rule"
              d={`M${((moment - span.from) / (span.to - span.from)) * WIDTH} 0v100`}
            />
          )}
        </svg>
        <div class="chart-times" aria-hidden="true">
          {[0, 0.5, 1].map((part) => (
            <span key={part}>{formatMinute(timeOf(part))}</span>
          ))}
        </div>
      </div>
      <MinuteTable
        label={label}
        {...{ lines, unit, frame }}
        of={(column) => ({ at, values: valuesOf(column) })}
      />
    </div>
  );
}

/** The time of day in the user's time zone, without seconds. */
function formatMinute(at: number): string {
  return new Date(at).toLocaleTimeString(undefined, { hour: "numeric", minute: "2-digit" });
}

interface MinuteTableProps extends Pick<TimeChartProps, "label" | "lines" | "unit"> {
  readonly frame: Frame;
  readonly of: (column: string) => Parameters<typeof linePath>[0];
}

/** The same as figures: the mean of each minute. */
function MinuteTable({ label, lines, unit, frame, of }: MinuteTableProps) {
  const [isOpen, setOpen] = useState(false);
  const columns = isOpen ? lines.map(({ column }) => minutes(of(column), frame)) : [];
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>As a table</summary>
      {isOpen && (
        <table class="figures">
          <caption class="hidden-text">{label}: the mean of each minute</caption>
          <thead>
            <tr>
              <th scope="col">Minute until</th>
              {lines.map(({ label: name, column }) => (
                <th key={column} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {columns[0]?.map(({ at }, index) => (
              <tr key={at}>
                <th scope="row">{formatTimeOfDay(new Date(at).toISOString())}</th>
                {columns.map((column, line) => (
                  <td key={lines[line]?.column}>{formatRate(column[index]?.mean, unit)}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </details>
  );
}
