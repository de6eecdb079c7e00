// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { QueueClosedError } from "../../src/runtime/index.ts";
import { KeyedQueue } from "../../src/runtime/keyed-queue.ts";

test("a closed queue finishes what has begun and rejects the rest", async () => {
  const queue = new KeyedQueue<string>();
  let finish: (() => void) | undefined;
  const begun = queue.run("a", () => new Promise<void>((resolve) => (finish = resolve)));
  const waiting = queue.run("a", async () => "waits for the first");
  while (finish === undefined) await Promise.resolve();
  queue.close();
  const late = queue.run("b", async () => "comes after the close");
  await expect(late).rejects.toBeInstanceOf(QueueClosedError);
  finish();
  await begun;
  await expect(waiting).rejects.toBeInstanceOf(QueueClosedError);
  await queue.idle();
});
