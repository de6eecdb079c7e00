// SPDX-License-Identifier: Apache-2.0
import type { Scenario } from "../scenario.ts";
import { NumberedStream, type StreamReport } from "./numbered-stream.ts";

/** Production frames from h1 to h2, and from h2 to h1. */
export type TwoWay = readonly [NumberedStream, NumberedStream];

/** Runs both streams during `work` and a little longer; returns when all frames are delivered. */
export async function whileStreaming<T>(
  scenario: Scenario,
  port: number,
  work: (streams: TwoWay) => Promise<T>,
): Promise<{ streams: TwoWay; result: T }> {
  const [h1, h2] = [scenario.host("h1"), scenario.host("h2")];
  const streams: TwoWay = [
    new NumberedStream(scenario.lab, { from: h1, to: h2, port }),
    new NumberedStream(scenario.lab, { from: h2, to: h1, port: port + 1 }),
  ];
  const stop = () => Promise.all(streams.map((stream) => stream.stop()));
  try {
    const result = await work(streams);
    const { sent } = streams[0];
    // The end counts, too: frames must still arrive after the work.
    while (streams[0].sent < sent + 50) await new Promise((resolve) => setTimeout(resolve, 5));
    await stop();
    await scenario.lab.settle();
    return { streams, result };
  } finally {
    await stop();
  }
}

/** The frames at the receivers. */
export function atReceivers(streams: TwoWay): readonly StreamReport[] {
  return [streams[0].reportAt("h2"), streams[1].reportAt("h1")];
}

/** The frames at the steady policy's monitor. */
export function atMonitor(streams: TwoWay): readonly StreamReport[] {
  return streams.map((stream) => stream.reportAt("h3"));
}
