// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { expect, test } from "vitest";
import { Fifo } from "../../src/lang/fifo.ts";
import { propertyRuns } from "../properties.ts";

test("items leave in the order in which they come", () => {
  const editsArb = fc.array(fc.option(fc.nat()), { maxLength: 60 });
  fc.assert(
    fc.property(editsArb, (edits) => {
      const fifo = new Fifo<number>();
      const expected: number[] = [];
      for (const edit of edits) {
        if (edit === null) expect(fifo.shift()).toBe(expected.shift());
        else {
          fifo.push(edit);
          expected.push(edit);
        }
        expect(fifo.isEmpty).toBe(expected.length === 0);
      }
    }),
    { numRuns: propertyRuns(200) },
  );
});
