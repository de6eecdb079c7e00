// SPDX-License-Identifier: Apache-2.0
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { tcp } from "../frames.ts";
import { h1, h2, h3, mac } from "../hosts.ts";
import { THREE_SWITCHES } from "../plans.ts";
import { Scenario } from "../scenario.ts";
import { runVtap } from "../vtap-process.ts";

const CROSS = { id: "cross", sender: mac(h1), receiver: mac(h2), monitors: [mac(h3)] };
/** The same frames for the same monitor: whole ones win. */
const CUT = { ...CROSS, id: "cut", filters: { tcp_dst: 80 }, copy: { truncate: 64 } };
const IPS = { ...CROSS, id: "ips", sender: { ip: h1.ip }, receiver: { ip: h2.ip } };

type Result = { id: string; result: string; state: string };

/** Sets of policies, on three switches: h1 on s1, h2 on s2, the monitor h3 on s3. */
describe("sets of policies", () => {
  let scenario: Scenario;
  beforeAll(async () => {
    scenario = await Scenario.start({
      ...THREE_SWITCHES,
      hosts: [
        [1, "s1", 1],
        [2, "s2", 2],
        [3, "s3", 3],
      ],
    });
  });
  afterAll(() => scenario?.stop());

  /** `vtap apply` of a file with these policies. */
  async function apply(policies: readonly object[], ...flags: string[]) {
    const file = join(scenario.directory, "set.json");
    await writeFile(file, JSON.stringify({ policies }));
    const server = `http://127.0.0.1:${scenario.vtap.httpPort}`;
    return runVtap(["apply", file, "--server", server, ...flags]);
  }

  async function applied(policies: readonly object[], ...flags: string[]) {
    const { code, stdout } = await apply(policies, "--json", ...flags);
    const { items, effects } = JSON.parse(stdout);
    return {
      code,
      items: items.map(({ id, result, state }: Result) => [id, result, state]),
      effects,
    };
  }

  const large = tcp(h1, h2, { src: 1, dst: 80 }, { data: "x".repeat(100) });

  test("the dry run of a file says what its application does, to others, too", async () => {
    expect(await applied([CUT], "--wait", "60000")).toEqual({
      code: 0,
      items: [["cut", "created", "active"]],
      effects: [],
    });
    await scenario.expectDelivery("h1", [large], { h2: [large], h3: [large.subarray(0, 64)] });
    const plan = await applied([CUT, CROSS, IPS], "--dry-run");
    expect(plan.items).toEqual([
      ["cut", "unchanged", "active"],
      ["cross", "created", "active"],
      ["ips", "created", "active"],
    ]);
    expect(plan.effects).toMatchObject([{ id: "cut", why: ["it shares frames with cross, ips"] }]);
    const text = (await apply([CUT, CROSS, IPS], "--dry-run")).stdout;
    expect(text).toContain("\ncreate cross: would be active\n");
    expect(text).toMatch(/\n {4}delivery at s\d\n(.*\n)*? {6}- copies leave .*cut to 64 bytes/);
    expect((await scenario.vtap.get("/policies")).items).toHaveLength(1);
    await scenario.expectDelivery("h1", [large], { h2: [large], h3: [large.subarray(0, 64)] });

    expect(await applied([CUT, CROSS, IPS], "--wait", "60000")).toEqual(plan);
    await scenario.expectDelivery("h1", [large], { h2: [large], h3: [large] });
    const { items } = await scenario.vtap.get("/policies");
    expect(items.map((each: { status: object }) => each.status)).toEqual(
      items.map(() => ({ state: "active", reasons: [] })),
    );
  });

  test("one bad policy, and the switches are as before", async () => {
    const before = await scenario.tables();
    const { code, stderr } = await apply([
      { ...CROSS, direction: "both" },
      { ...CUT, copies: 1 },
    ]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/set\.json:1:\d+ \/policies\/1\/copies: unknown key "copies"/);
    expect(stderr).toMatch(/nothing was applied\n$/);
    expect(await scenario.tables()).toEqual(before);
  });

  test("exit code 3 when not all are active; the rest of the set is", async () => {
    const waiting = { ...CROSS, id: "waiting", monitors: [{ mac: "fa:00:00:00:00:99" }] };
    const found = await apply([CUT, CROSS, IPS, waiting], "--wait", "500");
    expect(found).toMatchObject({
      code: 3,
      stderr: "waiting is pending: monitor fa:00:00:00:00:99 has not been seen on any port\n",
    });
    expect(found.stdout).toMatch(/^cross +unchanged +active$/m);
  });

  test("a set survives kill -9, and prune leaves nothing of it on the switches", async () => {
    await scenario.killAndRestartController();
    await scenario.synced();
    await scenario.createPolicy({ ...CROSS, id: "by-hand", direction: "reverse" });
    const found = await applied([CROSS], "--prune", "--wait", "60000");
    expect(found.items).toEqual([
      ["cross", "unchanged", "active"],
      ["cut", "deleted", "-"],
      ["ips", "deleted", "-"],
      ["waiting", "deleted", "-"],
    ]);
    expect(found.code).toBe(0);
    await scenario.expectDelivery("h1", [large], { h2: [large], h3: [large] });
    const none = await applied([], "--prune", "--wait", "60000");
    expect(none.items).toEqual([["cross", "deleted", "-"]]);
    await scenario.expectDelivery("h1", [large], { h2: [large] });
    expect((await scenario.vtap.get("/policies")).items).toMatchObject([{ id: "by-hand" }]);
  });
});
