import type { Scenario } from "../scenario.ts";
import { NumberedStream, type StreamReport } from "./numbered-stream.ts";

/** Production frames from h1 to h2, and from h2 to h1. */
export type TwoWay = readonly [NumberedStream, NumberedStream];

/** Runs both streams while `work` is done and a little longer; returns when all is delivered. */
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
    // What comes last counts, too: it all works still.
    while (streams[0].sent < sent + 50) await new Promise((resolve) => setTimeout(resolve, 5));
    await stop();
    await scenario.lab.settle();
    return { streams, result };
  } finally {
    await stop();
  }
}

/** What the receivers got. */
export function atReceivers(streams: TwoWay): readonly StreamReport[] {
  return [streams[0].reportAt("h2"), streams[1].reportAt("h1")];
}

/** What the monitor of the steady policy got. */
export function atMonitor(streams: TwoWay): readonly StreamReport[] {
  return streams.map((stream) => stream.reportAt("h3"));
}
