// SPDX-License-Identifier: Apache-2.0
import { waitFor } from "../../lab/index.ts";
import type { HitlessNetwork } from "./network.ts";
import { atReceivers, type TwoWay, whileStreaming } from "./two-way.ts";

/** Effects of cutting and restoring a link on production's path. */
export interface Cut {
  /** Frames lost in both directions together. */
  readonly lost: number;
  /** The longest time without a frame that arrived, in milliseconds. */
  readonly gapMs: number;
  /** Frames duplicated or out of order. */
  readonly disorder: number;
  /** Frames lost, duplicated or out of order when the link came back. */
  readonly faultsOnReturn: number;
}

/** Cuts the link s2 - s3, measures the loss until frames take another path, and restores it. */
export async function cutProduction(network: HitlessNetwork, port: number): Promise<Cut> {
  const { scenario, lab } = network;
  const { streams } = await whileStreaming(scenario, port, async () => {
    await lab.cutLink("s2", 11);
    await linkIs(network, "down");
    await scenario.synced();
  });
  const back = await whileStreaming(scenario, port + 2, async () => {
    await lab.restoreLink("s2", 11);
    await linkIs(network, "up");
    await scenario.synced();
  });
  const [there, here] = [atReceivers(streams), atReceivers(back.streams)];
  return {
    lost: there.reduce((sum, { lost }) => sum + lost.length, 0),
    gapMs: Math.max(longestGap(streams, 0, "h2"), longestGap(streams, 1, "h1")),
    disorder: there.reduce((sum, each) => sum + each.duplicated.length + each.reordered.length, 0),
    faultsOnReturn: here.reduce(
      (sum, each) => sum + each.lost.length + each.duplicated.length + each.reordered.length,
      0,
    ),
  };
}

async function linkIs(network: HitlessNetwork, state: "up" | "down"): Promise<void> {
  const isSo = async () => (await network.isUp("s2", 11)) === (state === "up");
  await waitFor(isSo, { what: `the link s2 - s3 to be ${state}`, everyMs: 5 });
}

function longestGap(streams: TwoWay, index: 0 | 1, receiver: string): number {
  const stream = streams[index];
  const times = stream.numbersAt(receiver).map((number) => stream.sentAt(number));
  let longest = 0;
  for (const [at, time] of times.entries()) {
    longest = Math.max(longest, time - (times[at - 1] ?? time));
  }
  return longest;
}
