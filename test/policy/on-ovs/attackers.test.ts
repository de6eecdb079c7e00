// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { FrameAt } from "../../../src/simulation/index.ts";
import { OvsLab } from "../../lab/index.ts";
import { propertyRuns, propertySeed } from "../../properties.ts";
import { type AimedPlan, aimedArb } from "../aimed-frames.ts";
import {
  attackPorts,
  type Forgery,
  forged,
  forgeryArb,
  guarded,
  isTakenByGuards,
  pick,
  targetsOf,
  without,
} from "../attacks.ts";
import {
  mirrorArb,
  networkArb,
  policyArb,
  withFormerPlacesArb,
  withTapPortsArb,
} from "../scenarios.ts";
import { type Arrivals, isFit, type OvsCase, Run } from "./ovs-run.ts";
import { SEED_STEP, sampleOf } from "./ovs-scenarios.ts";

const numRuns = propertyRuns(12);
/** Networks in one lab. */
const PER_LAB = 20;

/** A frame, as its sender sends it or forged. */
interface Attempt {
  readonly plan: AimedPlan;
  readonly forgery: Forgery | undefined;
}

/** Attackers at every kind of port: of known hosts, that hosts have left, of no host, of monitors. */
const caseArb: fc.Arbitrary<OvsCase> = fc.record({
  network: fc
    .oneof(networkArb, withTapPortsArb, withFormerPlacesArb)
    .filter(({ hosts, profiles }) => hosts.length > 4 && profiles.length > 1)
    .map((network) => ({ ...guarded(network), connected: true })),
  // Most mirror ports and hosts: what they copy is what attackers send, too.
  documents: fc.array(
    fc.oneof({ weight: 1, arbitrary: policyArb }, { weight: 3, arbitrary: mirrorArb }),
    { minLength: 3, maxLength: 5 },
  ),
  frames: fc.constant([]),
  hasCables: fc.boolean(),
});

const attemptsArb: fc.Arbitrary<Attempt[]> = fc.array(
  fc.record({
    plan: aimedArb,
    forgery: fc.option(forgeryArb, { nil: undefined, freq: 2 }),
  }),
  { minLength: 20, maxLength: 28 },
);

/** A network with its attackers. */
class Attacked {
  readonly run: Run;
  readonly frames: readonly { readonly sent: FrameAt; readonly isTaken: boolean }[];

  constructor(number: number) {
    const seed = propertySeed + Math.imul(number, SEED_STEP);
    const [testCase, attempts] = sampleOf(fc.tuple(caseArb, attemptsArb), seed);
    this.run = new Run(number, testCase);
    const targets = targetsOf(this.run.flows);
    const ports = attackPorts(this.run.topology);
    this.frames = attempts
      .map(({ plan, forgery }) => {
        const entered = this.run.entered(plan);
        if (forgery === undefined) return entered;
        return { ...pick(ports, forgery.at), bytes: forged(entered.bytes, forgery, targets) };
      })
      .filter(isFit)
      .map((sent) => ({ sent, isTaken: isTakenByGuards(sent.bytes, targets) }));
  }
}

/** The frames that are in one list and not in another, by the port where they left. */
function missing(from: Arrivals, others: Arrivals): string[] {
  return Object.entries(from).flatMap(([where, frames]) =>
    without(frames, others[where] ?? []).map((frame) => `${where} ${frame}`),
  );
}

const labs = Array.from({ length: Math.ceil(numRuns / PER_LAB) }, (_, n) => n * PER_LAB + 1);
/** Frames of attackers, those of them that were not delivered as without policies, and copies of all. */
const counts = { frames: 0, taken: 0, copies: 0 };

describe.each(labs)("hosts that send any frame at any time, networks from %i", (first) => {
  const size = Math.min(PER_LAB, numRuns - first + 1);
  const networks = Array.from({ length: size }, (_, n) => new Attacked(first + n));
  let lab: OvsLab;
  beforeAll(async () => {
    lab = await OvsLab.start();
    await lab.build({
      switches: networks.flatMap(({ run }) => run.switches),
      links: networks.flatMap(({ run }) => run.links),
    });
  });
  afterAll(() => lab?.stop());

  test.each(networks.map((each) => [each.run.seed, each] as const))(
    "network %i: monitors get each frame once and none that is forged, others get no copy",
    async (_, { run, frames }) => {
      await run.install(lab);
      for (const { sent, isTaken } of frames) {
        const arrived = await run.send(lab, sent, () => lab.received());
        const owed = run.owed(sent);
        const context = `${JSON.stringify(sent.bytes)} at ${run.portName(sent)}: ${fc.stringify(run.testCase)}`;
        counts.frames++;
        counts.copies += run.copies(sent).length;
        expect(missing(arrived, owed), context).toEqual([]);
        const lost = missing(owed, arrived);
        if (isTaken && lost.length > 0) counts.taken++;
        else expect(lost, context).toEqual([]);
      }
    },
  );
});

test("attackers tried enough", () => {
  expect(counts).toSatisfy(({ frames, taken, copies }: typeof counts) => {
    return frames > 10 * numRuns && taken > numRuns / 2 && copies > numRuns;
  });
});
