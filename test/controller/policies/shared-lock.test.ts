// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { SharedLock } from "../../../src/controller/policies/shared-lock.ts";
import { QueueClosedError } from "../../../src/runtime/index.ts";

test("a closed lock finishes what has begun and rejects the rest", async () => {
  const lock = new SharedLock();
  let finish: (() => void) | undefined;
  const begun = lock.exclusive(() => new Promise<void>((resolve) => (finish = resolve)));
  const shared = lock.shared(async () => "waits for the first");
  const alone = lock.exclusive(async () => "waits for both");
  while (finish === undefined) await Promise.resolve();
  lock.close();
  const refused = [shared, alone, lock.shared(async () => "comes after the close")].map((each) =>
    expect(each).rejects.toBeInstanceOf(QueueClosedError),
  );
  finish();
  await begun;
  await Promise.all(refused);
  await lock.idle();
});
