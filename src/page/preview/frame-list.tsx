// SPDX-License-Identifier: Apache-2.0
import { href } from "../app/hash.ts";
import { summaryOfFrame } from "../explain/capture/frame-fields.ts";
import { hexOfBytes } from "../explain/capture/hex-text.ts";
import type { CapturedFrame } from "../explain/capture/pcapng.ts";
import { frameTime } from "./frame-time.ts";

/** Frames in a line each: when, from where to where, what they are, how long. */
export function FrameList({ frames }: { readonly frames: readonly CapturedFrame[] }) {
  return (
    <div class="table-scroll" tabIndex={0} role="region" aria-label="Frames">
      <table class="frame-list">
        <thead>
          <tr>
            <th scope="col" class="number">
              No.
            </th>
            <th scope="col">Time</th>
            <th scope="col">From</th>
            <th scope="col">To</th>
            <th scope="col">Protocol, ports, flags</th>
            <th scope="col" class="number">
              Bytes
            </th>
            <th scope="col">
              <span class="hidden-text">Why it is copied</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {frames.map((frame, index) => (
            <Line key={index} number={index + 1} frame={frame} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface LineProps {
  readonly number: number;
  readonly frame: CapturedFrame;
}

function Line({ number, frame: { bytes, length, at } }: LineProps) {
  const { from, to, what } = summaryOfFrame(bytes);
  const isWhole = bytes.length === length;
  return (
    <tr>
      <td class="number muted">{number}</td>
      <td class="number">{at === undefined ? "–" : frameTime(at)}</td>
      <td>{from}</td>
      <td>{to}</td>
      <td>{what}</td>
      <td class="number">{isWhole ? length : `${bytes.length} of ${length}`}</td>
      <td>
        {isWhole && (
          <a
            href={href(["explain"], { frame: hexOfBytes(bytes) })}
            aria-label={`Explain ${number}`}
          >
            Explain
          </a>
        )}
      </td>
    </tr>
  );
}
