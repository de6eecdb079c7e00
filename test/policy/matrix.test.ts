// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { propertyRuns } from "../properties.ts";
import { flowHash, multipath } from "./deliveries.ts";
import { caseArb, PROFILES } from "./matrix-cases.ts";
import { lineOf, MatrixScenario, noCounts, placeOf, type SendAll } from "./matrix-scenario.ts";

const numRuns = propertyRuns(150);

/**
 * As `npm run bench -- matrix` on real switches. Switches parse one tag (`vlan-limit` 1) or two (0 and 2);
 * where their own bridge forwards, the receiver's port pops and sets tags.
 */
describe.each([1, 2])("on simulated switches that parse %i tags", (parsedTags) => {
  test.each(PROFILES.map((profile) => [JSON.stringify(profile), profile] as const))(
    "of profile %s monitors get each frame bit for bit, and originals leave as without policies",
    { timeout: 3_600_000 },
    async (_, profile) => {
      const matrix = new MatrixScenario(profile, parsedTags);
      const sendAll: SendAll = (frames, compiler) => {
        const network = matrix.simulate(compiler, multipath);
        return frames.map((at) =>
          network.send(at).delivered.map((each) => lineOf(placeOf(each), each.bytes)),
        );
      };
      const counts = noCounts();
      const hashesOf = (bytes: Uint8Array) => [flowHash(bytes)];
      await fc.assert(
        fc.asyncProperty(caseArb, async (given) => {
          const found = noCounts();
          await matrix.check("case", given, { sendAll, hashesOf, counts: found });
          expect(found.failures).toEqual([]);
          counts.copies += found.copies;
          counts.strays += found.strays;
        }),
        { numRuns },
      );
      expect(counts.copies).toBeGreaterThan(numRuns);
      expect(counts.strays).toBeGreaterThan(0);
    },
  );
});
