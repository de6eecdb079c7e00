import { waitFor } from "../../lab/index.ts";
import type { Scenario } from "../scenario.ts";
import { atReceivers, type TwoWay, whileStreaming } from "./two-way.ts";

/** A link on production's path was cut and put back. */
export interface Cut {
  /** Frames lost, both ways together. */
  readonly lost: number;
  /** The longest time of sending without a frame that arrived, in milliseconds. */
  readonly gapMs: number;
  /** Frames twice there or out of order. */
  readonly disorder: number;
  /** Frames lost, twice there or out of order when the link came back. */
  readonly faultsOnReturn: number;
}

/** Cuts the link s2 - s3, sees what it costs until the frames go round the other way, mends it. */
export async function cutProduction(scenario: Scenario, port: number): Promise<Cut> {
  const { streams } = await whileStreaming(scenario, port, async () => {
    await scenario.lab.cutLink("s2", 11);
    await linkIs(scenario, "down");
    await scenario.vtap.synced(...scenario.switchNames);
  });
  const back = await whileStreaming(scenario, port + 2, async () => {
    await scenario.lab.restoreLink("s2", 11);
    await linkIs(scenario, "up");
    await scenario.vtap.synced(...scenario.switchNames);
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

async function linkIs(scenario: Scenario, state: "up" | "down"): Promise<void> {
  await waitFor(
    async () => {
      const { items } = await scenario.vtap.get("/links");
      const link = items.find(
        ({ a, b }: { a: { switch: string }; b: { switch: string } }) =>
          a.switch === "s2" && b.switch === "s3",
      );
      return link !== undefined && (link.up ? "up" : "down") === state;
    },
    { what: `the link s2 - s3 to be ${state}`, everyMs: 5 },
  );
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
