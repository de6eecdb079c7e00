// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { frameTime } from "../../../src/page/preview/frame-time.ts";

test("a frame has its time of day to the microsecond", () => {
  const at = new Date(2026, 10, 30, 9, 2, 5, 3);
  expect(frameTime(at.getTime() + 0.25)).toBe("09:02:05.003250");
  expect(frameTime(new Date(2026, 10, 30, 23, 59, 59).getTime() + 999.9999)).toBe(
    "00:00:00.000000",
  );
});
