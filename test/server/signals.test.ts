// SPDX-License-Identifier: Apache-2.0
import { expect, onTestFinished, test } from "vitest";
import { SighupHandler, StopSignal } from "../../src/server/signals.ts";

function handler() {
  const before = process.listeners("SIGHUP");
  const made = new SighupHandler();
  const added = process.listeners("SIGHUP").filter((each) => !before.includes(each));
  onTestFinished(() => {
    for (const each of added) process.off("SIGHUP", each);
  });
  const signal = () => {
    for (const each of added) each("SIGHUP");
  };
  return { made, signal };
}

/** A reload that ends when the test ends it. */
function reloads() {
  const begun: (() => void)[] = [];
  return { begun, reload: () => new Promise<void>((resolve) => begun.push(resolve)) };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test("a signal before the controller runs takes effect when it runs", async () => {
  const { made, signal } = handler();
  signal();
  signal();
  const { begun, reload } = reloads();
  made.serve(reload);
  expect(begun).toHaveLength(1);
  begun[0]?.();
  await turn();
  expect(begun).toHaveLength(1);
});

test("signals during a reload cause one more; no reload starts after the close", async () => {
  const { made, signal } = handler();
  const { begun, reload } = reloads();
  made.serve(reload);
  expect(begun).toHaveLength(0);
  for (let n = 0; n < 3; n++) signal();
  expect(begun).toHaveLength(1);
  begun[0]?.();
  await turn();
  expect(begun).toHaveLength(2);
  signal();
  const closed = made.close();
  let isClosed = false;
  void closed.then(() => {
    isClosed = true;
  });
  await turn();
  expect(isClosed).toBe(false);
  begun[1]?.();
  await closed;
  signal();
  await turn();
  expect(begun).toHaveLength(2);
});

test("a storm of signals during a reload causes one more", async () => {
  const { made, signal } = handler();
  const { begun, reload } = reloads();
  made.serve(reload);
  for (let n = 0; n < 1000; n++) signal();
  expect(begun).toHaveLength(1);
  begun[0]?.();
  await turn();
  expect(begun).toHaveLength(2);
  begun[1]?.();
  await turn();
  expect(begun).toHaveLength(2);
});

test("the second stop signal, whichever it is, has its default effect", async () => {
  const counts = () => [process.listenerCount("SIGTERM"), process.listenerCount("SIGINT")];
  const before = counts();
  const known = process.listeners("SIGTERM");
  const { received } = new StopSignal();
  const [added] = process.listeners("SIGTERM").filter((each) => !known.includes(each));
  added?.("SIGTERM");
  expect(await received).toBe("SIGTERM");
  expect(counts()).toEqual(before);
});
