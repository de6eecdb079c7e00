// SPDX-License-Identifier: Apache-2.0
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { DueTimes } from "../../src/lang/due-times.ts";
import { propertyRuns } from "../properties.ts";

const key = fc.integer({ min: 0, max: 30 });
const at = fc.option(fc.integer({ min: 0, max: 50 }), { nil: undefined });
const step = fc.oneof(
  fc.record({ key, at }),
  fc.record({ now: fc.integer({ min: 0, max: 50 }), most: fc.integer({ min: 1, max: 40 }) }),
);

test("after any changes, the keys that are due are taken in the order of their times", () => {
  const story = fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
    const due = new DueTimes<number>();
    const model = new Map<number, number>();
    for (const each of steps) {
      if ("key" in each) {
        due.set(each.key, each.at);
        if (each.at === undefined) model.delete(each.key);
        else model.set(each.key, each.at);
      } else {
        const all = [...model].filter(([, time]) => time <= each.now);
        const taken = due.take(each.now, each.most);
        const times = taken.map((one) => model.get(one));
        expect(times).toEqual(
          all
            .map(([, time]) => time)
            .sort((a, b) => a - b)
            .slice(0, each.most),
        );
        expect(new Set(taken).size).toBe(taken.length);
        for (const one of taken) model.delete(one);
      }
      expect(due.next).toBe(model.size === 0 ? undefined : Math.min(...model.values()));
    }
  });
  fc.assert(story, { numRuns: propertyRuns(300) });
});

test("times that are set again and again leave nothing behind", () => {
  const due = new DueTimes<string>();
  for (let time = 10_000; time > 0; time--) due.set("a", time);
  expect(due.take(20_000, 10)).toEqual(["a"]);
  expect(due.next).toBeUndefined();
});
