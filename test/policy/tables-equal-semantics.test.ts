// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { propertyRuns } from "../properties.ts";
import { aimedArb } from "./aimed-frames.ts";
import { deliveries } from "./deliveries.ts";
import { mirrorArb, networkArb, policyArb, treatedArb, withTapPortsArb } from "./scenarios.ts";

const numRuns = propertyRuns(1000);
const timeout = 3_600_000;

const framesArb = fc.array(aimedArb, { minLength: 4, maxLength: 12 });

describe("compiled tables on a simulated network", () => {
  test("equal the reference semantics, and do not affect the originals", { timeout }, () => {
    const policies = fc.array(policyArb, { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(networkArb, policies, framesArb, (network, documents, frames) => {
        const { actual, owed } = deliveries(network, documents, frames);
        expect(actual).toEqual(owed);
      }),
      { numRuns },
    );
  });

  test("send nothing but copies by tap ports, and take nothing from them", { timeout }, () => {
    const policies = fc.array(policyArb, { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(withTapPortsArb, policies, framesArb, (network, documents, frames) => {
        const { actual, owed } = deliveries(network, documents, frames);
        expect(actual).toEqual(owed);
      }),
      { numRuns },
    );
  });

  test("truncate, sample and balance copies as requested", { timeout }, () => {
    const treated = fc.array(treatedArb, { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(networkArb, treated, framesArb, (network, documents, frames) => {
        const { actual, owed } = deliveries(network, documents, frames);
        expect(actual).toEqual(owed);
      }),
      { numRuns },
    );
  });

  test("copy a frame once that several policies tap at several switches", { timeout }, () => {
    const mirrors = fc.array(mirrorArb, { minLength: 2, maxLength: 6 });
    fc.assert(
      fc.property(networkArb, mirrors, framesArb, (network, documents, frames) => {
        const { actual, owed } = deliveries(network, documents, frames);
        expect(actual).toEqual(owed);
      }),
      { numRuns },
    );
  });
});
