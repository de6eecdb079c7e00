import { pino } from "pino";
import { expect, onTestFinished, test } from "vitest";
import { SighupHandler } from "../../src/server/sighup.ts";

function hangUps() {
  const before = process.listeners("SIGHUP");
  const made = new SighupHandler(pino({ level: "silent" }));
  const added = process.listeners("SIGHUP").filter((each) => !before.includes(each));
  onTestFinished(() => {
    for (const each of added) process.off("SIGHUP", each);
  });
  const signal = () => {
    for (const each of added) each("SIGHUP");
  };
  return { made, signal };
}

/** Work that is done when it is told to be. */
function work() {
  const begun: (() => void)[] = [];
  return { begun, renew: () => new Promise<void>((resolve) => begun.push(resolve)) };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test("a signal that comes before the controller runs is done when it does", async () => {
  const { made, signal } = hangUps();
  signal();
  signal();
  const { begun, renew } = work();
  made.serve(renew);
  expect(begun).toHaveLength(1);
  begun[0]?.();
  await turn();
  expect(begun).toHaveLength(1);
});

test("signals during the work are done after it, together; nothing begins after the end", async () => {
  const { made, signal } = hangUps();
  const { begun, renew } = work();
  made.serve(renew);
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
