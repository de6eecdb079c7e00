// SPDX-License-Identifier: Apache-2.0
import { expect, onTestFinished, test, vi } from "vitest";
import { ClosingSteps } from "../../src/server/closing-steps.ts";

function steps() {
  vi.useFakeTimers();
  onTestFinished(() => {
    vi.useRealTimers();
  });
  const warned: object[] = [];
  const closing = new ClosingSteps({ warn: (fields) => warned.push(fields) });
  const begun: string[] = [];
  const add = (what: string, endsByMs: number, end: Promise<unknown>) =>
    closing.add({
      what,
      endsByMs,
      close: () => {
        begun.push(what);
        return end;
      },
    });
  return { closing, add, begun, warned };
}

const never = new Promise(() => undefined);

test("the last one opened is closed first, each after the other", async () => {
  const { closing, add, begun, warned } = steps();
  let isEnded = () => undefined as unknown;
  add("store", 300, Promise.resolve());
  add("requests", 100, new Promise((resolve) => (isEnded = () => resolve(undefined))));
  expect(closing.hasBegun).toBe(false);
  const run = closing.run();
  expect(closing.hasBegun).toBe(true);
  await vi.advanceTimersByTimeAsync(50);
  expect(begun).toEqual(["requests"]);
  isEnded();
  expect(await run).toEqual([]);
  expect([begun, warned]).toEqual([["requests", "store"], []]);
});

test("steps that never end are left behind, in time and with a warning each", async () => {
  const { closing, add, begun, warned } = steps();
  add("store", 300, never);
  add("controller", 200, Promise.resolve());
  add("requests", 100, never);
  const run = closing.run();
  await vi.advanceTimersByTimeAsync(99);
  expect(begun).toEqual(["requests"]);
  await vi.advanceTimersByTimeAsync(1);
  expect(begun).toEqual(["requests", "controller", "store"]);
  await vi.advanceTimersByTimeAsync(200);
  expect((await run).map(({ what }) => what)).toEqual(["requests", "store"]);
  expect(warned).toEqual([{ what: "requests" }, { what: "store" }]);
});
