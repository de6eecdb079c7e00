// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, expect, test } from "vitest";
import { switchChannelOf } from "../../src/controller/switches/switch-channel-of.ts";
import { flowKey } from "../../src/flow-model/index.ts";
import { Reconciler } from "../../src/reconcile/index.ts";
import { OvsLab, waitFor } from "../lab/index.ts";
import { listen, SessionLog } from "../openflow-session/session-log.ts";
import { copy, dpidOf, original, refTo, rewriting } from "./specs.ts";

/** What timeouts rely on, on a real switch: @spec OpenFlow 1.4.1 §6.5, and what Open vSwitch does. */

const S = dpidOf(1);
const tap = rewriting(1, [original(2), copy(1, [], 3)]);
const frame = (n: number) =>
  `fa0000020001fa00000100010800${n.toString(16).padStart(4, "0")}${"00".repeat(44)}`;

let lab: OvsLab;
let log: SessionLog;
let controller: Awaited<ReturnType<typeof listen>>;
let reconciler: Reconciler;
let neededMs: number | undefined;

beforeAll(async () => {
  lab = await OvsLab.start();
  const hosts = [1, 2, 3].map((port) => ({ name: `h${port}`, port }));
  await lab.addSwitch({ name: "s1", hosts });
  await start();
});
afterAll(async () => {
  await controller?.listener.close("done");
  await lab?.stop();
});

async function start(): Promise<void> {
  log = new SessionLog();
  reconciler = new Reconciler({
    ...{ logger: log.logger, auditIntervalMs: 0, events: { changed: () => undefined } },
    neededMs: () => neededMs,
  });
  reconciler.allowSweep();
  controller = await listen(log);
  await lab.setController("s1", `tcp:127.0.0.1:${controller.port}`);
  reconciler.connect(S, switchChannelOf(await log.session()));
  await reconciler.settled();
}

/** The entry as the switch lists it. */
async function listed() {
  const text = await lab.ofctl("dump-flows", "s1", "dl_src=fa:00:00:01:00:01");
  const figure = (name: string) => Number(new RegExp(`${name}=([\\d.]+)`).exec(text)?.[1] ?? 0);
  const [packets, timeout] = [figure("n_packets"), figure("hard_timeout")];
  return { isThere: text.includes("group:"), packets, timeout, age: figure("duration") };
}

test("the same entry added again has a new timeout and its counters; no frame is lost or copied twice", async () => {
  neededMs = 60_000;
  reconciler.edit(S, { set: [tap] });
  await reconciler.settled();
  await lab.inject(
    "h1",
    Array.from({ length: 10 }, (_, n) => frame(n)),
  );
  const counts = async (packets: number) =>
    waitFor(async () => (await listed()).packets === packets, { what: `${packets} to be counted` });
  await counts(10);
  expect((await listed()).timeout).toBe(63);
  let isOver = false;
  const sending = (async () => {
    for (let seconds = 100; seconds < 600; seconds += 10) {
      neededMs = seconds * 1000;
      reconciler.needsChanged([refTo(S, tap)]);
      await reconciler.settled();
    }
    isOver = true;
  })();
  lab.clear();
  const sent: string[] = [];
  while (!isOver || sent.length < 100) {
    const batch = Array.from({ length: 20 }, (_, n) => frame((sent.length + n) % 65_536));
    await lab.inject("h1", batch);
    sent.push(...batch);
  }
  await sending;
  expect(lab.frames("h2")).toHaveLength(sent.length);
  expect(lab.frames("h3")).toHaveLength(sent.length);
  // What the switch has not counted yet when the entry is added again may be counted nowhere, and nothing twice.
  const { packets } = await listed();
  expect(packets).toBeGreaterThanOrEqual(10);
  expect(packets).toBeLessThanOrEqual(10 + sent.length);
  const { timeout, age } = await listed();
  expect(timeout).toBe(593);
  expect(age).toBeLessThan(60);
  expect(log.lines).not.toContain("flow-removed");
});

test("a timeout that has passed removes the entry, and the switch reports that", async () => {
  neededMs = 100_000;
  reconciler.needsChanged([refTo(S, tap)]);
  await reconciler.settled();
  neededMs = -2_000;
  reconciler.needsChanged([refTo(S, tap)]);
  await reconciler.settled();
  expect((await listed()).timeout).toBe(1);
  await waitFor(async () => !(await listed()).isThere, { what: "the entry to be removed" });
  await waitFor(() => log.lines.includes("flow-removed"), { what: "the removal to be reported" });
  // Desired as before, it is put back.
  neededMs = 50_000;
  await reconciler.resync(S);
  expect(await listed()).toMatchObject({ isThere: true, timeout: 53 });
});

test("timeouts are read back: a restarted controller leaves them alone", async () => {
  neededMs = 50_000;
  await controller.listener.close("restart");
  log = new SessionLog();
  const { timeout } = await listed();
  const other = new Reconciler({
    ...{ logger: log.logger, auditIntervalMs: 0, events: { changed: () => undefined } },
    neededMs: () => neededMs,
  });
  other.allowSweep();
  other.edit(S, { set: [structuredClone(tap)] });
  controller = await listen(log);
  await lab.setController("s1", `tcp:127.0.0.1:${controller.port}`);
  neededMs = 50_000 - (await listed()).age * 1000;
  other.connect(S, switchChannelOf(await log.session()));
  await other.settled();
  expect(other.progress(S)).toMatchObject({ modsSent: 0, pending: 0 });
  expect((await listed()).timeout).toBe(timeout);
  other.edit(S, { delete: [flowKey(tap)] });
  await other.settled();
  expect((await listed()).isThere).toBe(false);
});
