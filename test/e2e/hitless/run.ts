// SPDX-License-Identifier: Apache-2.0
import { type Cut, cutProduction } from "./cuts.ts";
import { Movers } from "./movers.ts";
import { HitlessNetwork, type Kind } from "./network.ts";
import type { StreamReport } from "./numbered-stream.ts";
import { type Operation, Operations } from "./operations.ts";
import { random } from "./random.ts";
import { atMonitor, atReceivers, type TwoWay, whileStreaming } from "./two-way.ts";

export interface HitlessPlan {
  /** The controller's source of links and hosts. */
  readonly kind: Kind;
  /** How many operations. */
  readonly operations: number;
  /** The first operations; chance chooses the others. */
  readonly first?: readonly Operation[];
  readonly seed: number;
  /** How often a link on production's path is cut, after the operations. */
  readonly cuts: number;
  /** How long a control connection is half open, or rules of discovery are gone, in milliseconds. */
  readonly silenceMs?: number;
}

const SILENCE_MS = 4000;

/** How many frames each stream had sent. */
type Positions = readonly [number, number];

/** An operation, and which frames were sent during it. */
interface Step {
  readonly what: string;
  readonly from: Positions;
  readonly to: Positions;
  readonly ms: number;
}

export interface HitlessReport {
  readonly steps: readonly Step[];
  /** Production in both directions at the receivers. */
  readonly production: readonly StreamReport[];
  /** The copies of both at the steady policy's monitor; lost ones count while taps are not suspended. */
  readonly monitored: readonly StreamReport[];
  /**
   * Time from each move of a policy's sender or monitor until frames and copies of both directions
   * arrived, in milliseconds. The operation itself checks that all arrive from then on.
   */
  readonly resumedMs: readonly number[];
  readonly cuts: readonly Cut[];
}

/** Runs random operations beside numbered frames in both directions, then cuts their path. */
export async function runHitless(plan: HitlessPlan): Promise<HitlessReport> {
  const network = await HitlessNetwork.start(plan.kind);
  const { scenario } = network;
  try {
    const { streams, result } = await whileStreaming(scenario, 7001, (running) =>
      operate(network, running, plan),
    );
    const isSuspended = (stream: number, frame: number) =>
      result.suspended.some(
        ([from, to]) => (from[stream] ?? 0) <= frame && frame < (to[stream] ?? 0),
      );
    const cuts: Cut[] = [];
    for (let n = 0; n < plan.cuts; n++) cuts.push(await cutProduction(network, 7101 + 4 * n));
    return {
      steps: result.steps,
      production: atReceivers(streams),
      monitored: atMonitor(streams).map((report, stream) => ({
        ...report,
        lost: report.lost.filter((frame) => !isSuspended(stream, frame)),
      })),
      resumedMs: result.resumedMs,
      cuts,
    };
  } finally {
    await network.stop();
  }
}

async function operate(network: HitlessNetwork, streams: TwoWay, plan: HitlessPlan) {
  const { first = [], silenceMs = SILENCE_MS } = plan;
  const chance = random(plan.seed);
  const movers = new Movers(network, streams, chance);
  const operations = new Operations({ network, movers, chance, first, silenceMs });
  const position = (): Positions => [streams[0].sent, streams[1].sent];
  const steps: Step[] = [];
  const suspended: (readonly [Positions, Positions])[] = [];
  let since: Positions | undefined;
  const step = async (work: () => Promise<string>) => {
    const [from, begin, before] = [position(), performance.now(), operations.suspended];
    const what = await work().catch((cause) => {
      const story = steps.map((each) => each.what).join("\n");
      throw new Error(`after\n${story}\n${network.scenario.vtap.log()}`, { cause });
    });
    steps.push({ what, from, to: position(), ms: performance.now() - begin });
    if (!before && operations.suspended) since = from;
    if (before && !operations.suspended && since) {
      suspended.push([since, position()]);
      since = undefined;
    }
  };
  await step(() => movers.begin());
  for (let n = 0; n < plan.operations; n++) await step(() => operations.next());
  await step(() => operations.calm());
  return { steps, suspended, resumedMs: movers.resumedMs };
}
