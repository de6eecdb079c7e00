// SPDX-License-Identifier: Apache-2.0
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { frameFields } from "../../../src/packet/index.ts";
import type { FrameAt } from "../../../src/simulation/index.ts";
import { OvsLab, Underlay } from "../../lab/index.ts";
import { atClassifier, hashClassifier } from "../hash-classifier.ts";
import { treatedCaseArb } from "../treated-scenarios.ts";
import { FlowHashes } from "./flow-hashes.ts";
import { Run } from "./ovs-run.ts";
import { runsOf } from "./ovs-scenarios.ts";

/**
 * Tests that real switches truncate, sample, balance and tunnel copies by the reference semantics, in
 * one lab: one network per seed, from `first` to `last`. Limits are never reached. Every frame that
 * leaves any edge port or tunnel is compared byte by byte. Only the switches know a flow's hash: the
 * first frame of each flow is sent to the hash classifier, and its result must hold for all frames of
 * the flow, in both directions, on all switches.
 */
export function testTreatedOnSwitches(first: number, last: number): void {
  const runs = runsOf(treatedCaseArb, first, last);
  const measure = new Run(0, hashClassifier);
  const hashes = new FlowHashes();
  let lab: OvsLab;
  let underlay: Underlay;
  beforeAll(async () => {
    lab = await OvsLab.start({ tunnels: true });
    await lab.build({
      switches: [measure, ...runs].flatMap((run) => run.switches),
      links: runs.flatMap((run) => run.links),
    });
    underlay = await Underlay.add(lab);
    await measure.install(lab);
  });
  afterAll(() => lab.stop());

  test("the frames of these networks owe enough copies of all kinds", () => {
    const kinds = new Map<string, number>();
    for (const run of runs) {
      for (const kind of run.entering.flatMap((at) => kindsOf(run, at))) {
        kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
      }
    }
    for (const kind of KINDS) expect([kind, kinds.get(kind) ?? 0]).toSatisfy(isMany);
  });

  /** Sends a frame; the arrivals must equal those owed for one of the possible hashes of its flow. */
  async function check(run: Run, at: FrameAt): Promise<void> {
    const arrived = await run.send(lab, at, () => underlay.received());
    const frame = frameFields(at.bytes) ?? {};
    const outcome = run.untapped(at);
    const possible = hashes.of(frame);
    const agreeing = possible.filter((hash) =>
      isDeepStrictEqual(arrived, run.owed(at, hash, outcome)),
    );
    if (agreeing.length === 0) {
      const context = `seed ${run.seed}, none of ${possible.length} hashes fits: ${fc.stringify(run.testCase)}`;
      expect(arrived, context).toEqual(run.owed(at, possible[0], outcome));
    }
    hashes.narrow(frame, agreeing);
  }

  test.each(runs.map((run) => [run.seed, run] as const))("seed %i", async (_, run) => {
    await run.install(lab);
    for (const at of run.entering) {
      if (hashes.isNew(frameFields(at.bytes) ?? {})) await check(measure, atClassifier(at.bytes));
      await check(run, at);
    }
  });

  test("the flows of these networks have many classes", () => {
    expect(hashes.seen).toBeGreaterThan(6);
  });
}

const KINDS = ["cut", "limited", "chosen", "balanced", "by tunnel", "over links"] as const;

/** What is special about the copies that are owed of a frame. */
function kindsOf(run: Run, at: FrameAt): (typeof KINDS)[number][] {
  return run.copies(at).flatMap(({ monitor, treatment }) => {
    const { set, tunnel } = monitor.party;
    return KINDS.filter((kind) => {
      if (kind === "cut") return (treatment.truncate ?? Infinity) < at.bytes.length;
      if (kind === "limited") return treatment.limit !== undefined;
      if (kind === "chosen") return treatment.sample !== undefined;
      if (kind === "balanced") return set !== undefined;
      if (kind === "by tunnel") return tunnel !== undefined;
      return tunnel === undefined && monitor.dpid !== at.dpid;
    });
  });
}

function isMany([, count]: readonly [string, number]): boolean {
  return count >= 5;
}
