// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, expect, test } from "vitest";
import { withoutProbes } from "../discovery/own-probes.ts";
import { tcp } from "../frames.ts";
import { h1, h2, h3, mac } from "../hosts.ts";
import { Scenario } from "../scenario.ts";

const tap = {
  id: "tap",
  sender: mac(h1),
  receiver: mac(h2),
  monitors: [mac(h3)],
  filters: { tcp_dst: 80 },
};
const frame = tcp(h1, h2, { src: 1024, dst: 80 });

let scenario: Scenario;
beforeAll(async () => {
  scenario = await Scenario.start({
    switches: ["s1", "s2", "s3"],
    links: [
      ["s1", 10, "s2", 10],
      ["s2", 11, "s3", 11],
    ],
    hosts: [
      [1, "s1", 1],
      [2, "s2", 2],
      [3, "s3", 3],
    ],
    policies: [tap],
  });
});
afterAll(async () => {
  await scenario.stop();
});

const post = (path: string, body?: object) => scenario.vtap.request("POST", path, body);
const status = async (id: string) => (await scenario.vtap.get(`/policies/${id}`)).status;

/** The categories of all rules of taps, on every switch. */
async function tapRules(): Promise<string[]> {
  const details = scenario.switchNames.map((name) => scenario.vtap.get(`/switches/${name}`));
  const rules: { category: string }[] = (await Promise.all(details)).flatMap((each) => each.rules);
  return rules
    .map(({ category }) => category)
    .filter((each) => each !== "forwarding" && each !== "discovery");
}

test("suspended, no copy is made and originals continue; resumed, the tables are as before", async () => {
  const before = await scenario.tables();
  await scenario.expectDelivery("h1", [frame], { h2: [frame], h3: [frame] });
  const suspended = await post("/taps:suspend?wait=60000", { reason: "maintenance", by: "ops" });
  expect(suspended.body).toMatchObject({ state: "suspended", remaining: [], by: "ops" });
  expect(await tapRules()).toEqual([]);
  expect((await scenario.lab.dumpGroups("s1")).join()).not.toContain("set_field");
  await scenario.expectDelivery("h1", [frame], { h2: [frame] });
  const { since } = suspended.body;
  expect(await status("tap")).toEqual({
    state: "suspended",
    reasons: [`taps are suspended since ${since} by ops: maintenance`],
  });

  // A second request changes nothing, and the suspension survives a restart.
  expect((await post("/taps:suspend", { reason: "other" })).body.since).toBe(since);
  await scenario.killAndRestartController();
  expect(await scenario.vtap.get("/taps")).toMatchObject({ state: "suspended", since });
  expect(await tapRules()).toEqual([]);

  expect((await post("/taps:resume?wait=60000")).body).toMatchObject({ state: "running" });
  expect(await status("tap")).toEqual({ state: "active", reasons: [] });
  expect(await scenario.tables()).toEqual(before);
  await scenario.expectDelivery("h1", [frame], { h2: [frame], h3: [frame] });
});

test("policies can be written while suspended, and take effect when resumed", async () => {
  await post("/taps:suspend?wait=60000");
  const other = { ...tap, id: "other", filters: { tcp_dst: 443 } };
  const made = await scenario.vtap.request("POST", "/policies?wait=60000", other);
  expect(made.body.status.state).toBe("suspended");
  const listed = await scenario.vtap.get("/policies?state=suspended");
  expect(listed.items.map(({ id }: { id: string }) => id)).toEqual(["other", "tap"]);
  expect((await scenario.vtap.get("/status")).policies.byState).toMatchObject({ suspended: 2 });
  const off = { ...tap, id: "off", enabled: false };
  expect((await scenario.vtap.request("POST", "/policies", off)).body.status.state).toBe(
    "disabled",
  );
  const dryRun = await scenario.vtap.request("POST", "/policies:validate", other);
  expect(dryRun.body.state).toBe("active");
  expect(await tapRules()).toEqual([]);
  await post("/taps:resume?wait=60000");
  expect((await status("other")).state).toBe("active");
  expect((await status("off")).state).toBe("disabled");
  const https = tcp(h1, h2, { src: 1024, dst: 443 });
  await scenario.expectDelivery("h1", [https], { h2: [https], h3: [https] });
  for (const id of ["other", "off"]) await scenario.deletePolicy(id);
});

test("suspending, resuming and editing lose, duplicate and reorder no production frame", async () => {
  const before = await scenario.tables();
  let over = false;
  const changes = (async () => {
    for (let round = 0; round < 15; round++) {
      const id = `edit-${round % 3}`;
      await Promise.all([
        post("/taps:suspend?wait=60000"),
        scenario.vtap.request("PUT", `/policies/${id}`, {
          ...tap,
          id,
          filters: { tcp_dst: 80 + round },
        }),
        post("/taps:resume?wait=60000"),
        scenario.vtap.request("DELETE", `/policies/${id}`),
      ]);
    }
    await post("/taps:resume?wait=60000");
    over = true;
  })();
  scenario.lab.clear();
  const sent: string[] = [];
  while (!over || sent.length <= 100) {
    const batch = Array.from({ length: 20 }, (_, at) =>
      tcp(h1, h2, { src: 1024, dst: 80 }, { data: `frame ${sent.length + at}` }),
    );
    await scenario.lab.inject("h1", batch);
    sent.push(...batch.map((each) => Buffer.from(each).toString("hex")));
  }
  await changes;
  expect(sent.length).toBeGreaterThan(100);
  expect(withoutProbes(scenario.lab.received()).h2).toEqual(sent);
  for (const id of ["edit-0", "edit-1", "edit-2"]) {
    await scenario.vtap.request("DELETE", `/policies/${id}?wait=60000`);
  }
  expect(await scenario.tables()).toEqual(before);
});

test("a disconnected switch keeps the suspension incomplete, and the reason names it", async () => {
  await scenario.lab.deleteController("s1");
  const left = await post("/taps:suspend?wait=300");
  expect(left.body.state).toBe("suspending");
  const why =
    "it keeps the rules that carry and recover copies which another switch may still make";
  expect(left.body.remaining).toMatchObject([
    { switch: "s1", rules: 3, why: "it is not connected" },
    { switch: "s2", why },
    { switch: "s3", why },
  ]);
  await scenario.connect("s1");
  const done = await post("/taps:suspend?wait=60000");
  expect(done.body).toMatchObject({ state: "suspended", remaining: [] });
  await post("/taps:resume?wait=60000");
  // The switches hold everything; the status follows in a later turn.
  await scenario.vtap.policyIs("tap", "active");
});
