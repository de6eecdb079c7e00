// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { expect, test } from "vitest";
import { areClose } from "../../../../src/page/map/layout/boxes.ts";
import { LabelSpace } from "../../../../src/page/map/view/label-space.ts";

const coordinate = fc.integer({ min: -300, max: 300 });
const point = fc.record({ x: coordinate, y: coordinate });
const label = fc.record({
  points: fc.array(point, { maxLength: 4 }),
  width: fc.integer({ min: 1, max: 190 }),
  height: fc.integer({ min: 1, max: 30 }),
});
const boxOf = ({ x, y }: { x: number; y: number }, width: number, height: number) => ({
  ...{ left: x - width / 2, right: x + width / 2, top: y - height / 2, bottom: y + height / 2 },
});

test("labels cover neither each other nor what is taken, and have the first free point", () => {
  fc.assert(
    fc.property(fc.array(label, { maxLength: 30 }), fc.array(point), (labels, cards) => {
      const taken = cards.map((each) => boxOf(each, 116, 44));
      const space = new LabelSpace(taken);
      for (const { points, width, height } of labels) {
        const isFree = (each: { x: number; y: number }) =>
          taken.every((box) => !areClose(boxOf(each, width, height), box, 1));
        const found = space.place(points, width, height);
        expect(found).toEqual(points.find(isFree));
        if (found) taken.push(boxOf(found, width, height));
      }
    }),
  );
});

test("a label that has to be shown is shown at its first point", () => {
  const space = new LabelSpace([{ left: 0, right: 10, top: 0, bottom: 10 }]);
  expect(space.placeAnyway([{ x: 5, y: 5 }], 4, 4)).toEqual({ x: 5, y: 5 });
  expect(space.place([{ x: 5, y: 5 }], 4, 4)).toBeUndefined();
  expect(
    space.placeAnyway(
      [
        { x: 5, y: 5 },
        { x: 20, y: 5 },
      ],
      4,
      4,
    ),
  ).toEqual({ x: 20, y: 5 });
});
