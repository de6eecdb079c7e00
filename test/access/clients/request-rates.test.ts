// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { expect, test } from "vitest";
import { RequestRates } from "../../../src/access/clients/request-rates.ts";
import { propertyRuns } from "../../properties.ts";

test("a project may send the requests of a second at once, and then as many as come back", () => {
  const rates = new RequestRates((project) => (project === "free" ? undefined : 4));
  const sent = (count: number, nowMs: number, project = "red") =>
    Array.from({ length: count }, () => rates.take(project, nowMs)).filter((ms) => ms === 0).length;
  expect(sent(10, 0)).toBe(4);
  expect(rates.take("red", 100)).toBe(150);
  expect([sent(10, 250), sent(10, 500), sent(10, 60_000)]).toEqual([1, 1, 4]);
  expect([sent(10, 60_000, "blue"), sent(100, 0, "free")]).toEqual([4, 100]);
});

test("in no span of time a project sends more than its rate and one second's requests", () => {
  const property = fc.property(
    fc.double({ min: 0.1, max: 50, noNaN: true }),
    fc.array(fc.integer({ min: 0, max: 3000 }), { maxLength: 100 }),
    (perSecond, gaps) => {
      const rates = new RequestRates(() => perSecond);
      const allowed: number[] = [];
      let nowMs = 0;
      for (const gap of gaps) {
        nowMs += gap;
        const waitMs = rates.take("red", nowMs);
        if (waitMs === 0) allowed.push(nowMs);
        // Another request after the time that is named is allowed.
        else {
          nowMs += Math.ceil(waitMs);
          expect(rates.take("red", nowMs)).toBe(0);
          allowed.push(nowMs);
        }
      }
      for (const [first, from] of allowed.entries()) {
        for (const [count, to] of allowed.slice(first).entries()) {
          const most = Math.max(1, perSecond) + ((to - from) * perSecond) / 1000;
          expect(count + 1).toBeLessThanOrEqual(most + 1e-6);
        }
      }
    },
  );
  fc.assert(property, { numRuns: propertyRuns(200) });
});

test("of too many projects the one without a request for longest is forgotten", () => {
  const rates = new RequestRates(() => 1);
  for (let n = 0; n <= 10_000; n++) rates.take(`p${n}`, 0);
  expect(rates.size).toBe(10_000);
  expect([rates.take("p10000", 0) > 0, rates.take("p0", 0) > 0]).toEqual([true, false]);
});
