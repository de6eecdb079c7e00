// SPDX-License-Identifier: Apache-2.0
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { waitFor } from "../../lab/index.ts";
import { tcp } from "../frames.ts";
import { h1, h2, h3, mac } from "../hosts.ts";
import { Scenario } from "../scenario.ts";

const tap = { id: "tap", sender: mac(h1), receiver: mac(h2), monitors: [mac(h3)] };
const frame = tcp(h1, h2, { src: 1024, dst: 80 });

let scenario: Scenario;
/** The tables without any policy. */
let before: Awaited<ReturnType<Scenario["tables"]>>;
beforeAll(async () => {
  scenario = await Scenario.start({
    switches: ["s1", "s2"],
    links: [["s1", 10, "s2", 10]],
    hosts: [
      [1, "s1", 1],
      [2, "s1", 2],
      [3, "s2", 3],
    ],
    config: { countersIntervalSeconds: 0.3 },
  });
  await scenario.rolesKnown();
  before = await scenario.tables();
});
afterEach(async () => {
  for (const id of ["tap", "longer", "forever"]) {
    await scenario.vtap.request("DELETE", `/policies/${id}`);
  }
  await isAsBefore();
});
afterAll(async () => {
  await scenario.stop();
});

const inMs = (ms: number) => new Date(Date.now() + ms).toISOString();
const copied = { h2: [frame], h3: [frame] };
const notCopied = { h2: [frame] };

/** Waits until the switches hold nothing of any policy. */
const isAsBefore = () =>
  waitFor(async () => JSON.stringify(await scenario.tables()) === JSON.stringify(before), {
    what: "the rules to be removed",
  });

const change = async (members: object) => {
  const { status } = await scenario.vtap.request("PATCH", "/policies/tap?wait=60000", members);
  expect(status).toBe(200);
};

test("a policy is taken off the switches at its end, originals continue, and it can be extended", async () => {
  await scenario.createPolicy({ ...tap, expiresAt: inMs(3_600_000) });
  await scenario.expectDelivery("h1", [frame], copied);
  const end = inMs(500);
  await scenario.vtap.request("PATCH", "/policies/tap", { expiresAt: end });
  await isAsBefore();
  expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(end));
  await scenario.vtap.policyIs("tap", "expired");
  await scenario.expectDelivery("h1", [frame], notCopied);
  await change({ expiresAt: inMs(3_600_000) });
  await scenario.vtap.policyIs("tap", "active");
  await scenario.expectDelivery("h1", [frame], copied);
});

test("a policy that ends while OpenVTAP is dead is taken off by the switch, and originals continue", async () => {
  await scenario.createPolicy({ ...tap, expiresAt: inMs(3_600_000) });
  const rule = async () => {
    const flows = await scenario.lab.dumpFlows("s1");
    return flows.find((flow) => flow.includes("hard_timeout"));
  };
  const timeout = (pattern: RegExp) =>
    waitFor(async () => pattern.test((await rule()) ?? ""), { what: "the timeout" });
  await timeout(/hard_timeout=3[56]\d\d,/);
  const end = inMs(2_000);
  await scenario.vtap.request("PATCH", "/policies/tap", { expiresAt: end });
  await timeout(/hard_timeout=[345],/);
  await scenario.vtap.stop("SIGKILL");
  const isOver = async () => (await rule()) === undefined;
  await waitFor(isOver, { what: "the switch to remove the rule" });
  expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(end));
  await scenario.expectDelivery("h1", [frame], notCopied);
  // The policy is not put back after the restart.
  await scenario.killAndRestartController();
  expect(await scenario.vtap.policyStatus("tap")).toMatchObject({ state: "expired" });
  await isAsBefore();
});

test("a policy whose end passes while OpenVTAP is stopped is taken off, and never put back", async () => {
  // Another policy does not end: the rule that they share has no timeout.
  await scenario.createPolicy({ ...tap, id: "forever" });
  await scenario.createPolicy({ ...tap, expiresAt: inMs(3_600_000) });
  const end = inMs(1_500);
  await scenario.vtap.request("PATCH", "/policies/tap", { expiresAt: end });
  await scenario.vtap.stop("SIGKILL");
  await waitFor(() => Date.now() > Date.parse(end), { what: "the end" });
  await scenario.killAndRestartController();
  expect(await scenario.vtap.policyStatus("tap")).toMatchObject({ state: "expired" });
  const about = scenario.vtap.lines.filter(({ policy }) => policy === "tap");
  expect(about.map(({ msg }) => msg)).toEqual(["policy expired"]);
  await scenario.expectDelivery("h1", [frame], copied);
  await scenario.deletePolicy("forever");
  await isAsBefore();
});

test("a policy with a schedule is installed at its start", async () => {
  const from = inMs(3_000);
  const made = await scenario.vtap.request("POST", "/policies", { ...tap, schedule: { from } });
  expect(made.body.status).toEqual({ state: "pending", reasons: [`it starts at ${from}`] });
  await scenario.vtap.policyIs("tap", "active");
  expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(from));
  await scenario.expectDelivery("h1", [frame], copied);
});

test("a rule has the timeout of the last policy that relies on it, and none if one does not end", async () => {
  const timeout = async () => {
    const flows = await scenario.lab.dumpFlows("s1");
    const [, seconds = "none"] = /hard_timeout=(\d+),.*group/.exec(flows.join("\n")) ?? [];
    return seconds;
  };
  const becomes = (pattern: RegExp) =>
    waitFor(async () => pattern.test(await timeout()), { what: `a timeout of ${pattern}` });
  await scenario.createPolicy({ ...tap, expiresAt: inMs(1_000_000) });
  await becomes(/^(9[5-9]\d|100\d)$/);
  await scenario.createPolicy({ ...tap, id: "longer", expiresAt: inMs(2_000_000) });
  await becomes(/^(19[5-9]\d|200\d)$/);
  await scenario.createPolicy({ ...tap, id: "forever" });
  await becomes(/^none$/);
  await scenario.deletePolicy("forever");
  await becomes(/^(19[5-9]\d|200\d)$/);
  await scenario.deletePolicy("longer");
  await becomes(/^(9[5-9]\d|100\d)$/);
});

test("a policy ends after its number of copies, also over a restart, and goes on with a larger one", async () => {
  await scenario.createPolicy({ ...tap, stopAfter: { packets: 50 } });
  const isExpired = async () => {
    await scenario.lab.inject("h1", Array(20).fill(frame));
    return (await scenario.vtap.policyStatus("tap")).state === "expired";
  };
  await waitFor(isExpired, { what: "the copies to be counted" });
  const { counters } = await scenario.vtap.get("/policies/tap");
  expect(counters.copied.packets).toBeGreaterThanOrEqual(50);
  await scenario.killAndRestartController();
  expect(await scenario.vtap.policyStatus("tap")).toMatchObject({ state: "expired" });
  await scenario.expectDelivery("h1", [frame], notCopied);
  const more = { stopAfter: { packets: 1_000_000 } };
  await change(more);
  await scenario.vtap.policyIs("tap", "active");
  await scenario.expectDelivery("h1", [frame], copied);
});
