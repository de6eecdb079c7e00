// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { PolicyDocument } from "../../src/policy/index.ts";
import { propertyRuns } from "../properties.ts";
import { aimedArb } from "./aimed-frames.ts";
import { deliveries } from "./deliveries.ts";
import {
  mirrorArb,
  type Network,
  networkArb,
  policyArb,
  treatedArb,
  withBesideArb,
  withFormerPlacesArb,
  withTapPortsArb,
} from "./scenarios.ts";

const numRuns = propertyRuns(1000);
const timeout = 3_600_000;

const framesArb = fc.array(aimedArb, { minLength: 4, maxLength: 12 });
const policiesArb = fc.array(policyArb, { minLength: 1, maxLength: 5 });

/** Expects the simulation of the compiled tables to deliver what the reference semantics say. */
function expectOwed(
  networks: fc.Arbitrary<Network>,
  policies: fc.Arbitrary<readonly PolicyDocument[]>,
): void {
  fc.assert(
    fc.property(networks, policies, framesArb, (network, documents, frames) => {
      const { actual, owed } = deliveries(network, documents, frames);
      expect(actual).toEqual(owed);
    }),
    { numRuns },
  );
}

describe("compiled tables on a simulated network", () => {
  test("equal the reference semantics, and do not affect the originals", { timeout }, () =>
    expectOwed(networkArb, policiesArb),
  );

  test("send nothing but copies by tap ports, and take nothing from them", { timeout }, () =>
    expectOwed(withTapPortsArb, policiesArb),
  );

  test("copy frames beside another application, which handles them as before", { timeout }, () =>
    expectOwed(withBesideArb, policiesArb),
  );

  test("copy frames of hosts that have moved at both ports, once each", { timeout }, () =>
    expectOwed(withFormerPlacesArb, policiesArb),
  );

  test("truncate, sample and balance copies as requested", { timeout }, () =>
    expectOwed(networkArb, fc.array(treatedArb, { minLength: 1, maxLength: 5 })),
  );

  test("copy a frame once that several policies tap at several switches", { timeout }, () =>
    expectOwed(networkArb, fc.array(mirrorArb, { minLength: 2, maxLength: 6 })),
  );
});
