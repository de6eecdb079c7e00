// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { waitFor } from "../../lab/index.ts";
import { tcp } from "../frames.ts";
import { h1, h2, h4 } from "../hosts.ts";
import { Scenario, type ScenarioPlan } from "../scenario.ts";

let scenario: Scenario;

const PLAN: ScenarioPlan = {
  switches: ["s1", "s2"],
  links: [["s1", 10, "s2", 10]],
  hosts: [
    [1, "s1", 1],
    [2, "s1", 2],
    [3, "s1", 3],
    [4, "s2", 4],
    [6, "s2", 6],
    [50, "s1", 5],
    [51, "s2", 5],
  ],
};

async function start(config: object): Promise<void> {
  scenario = await Scenario.start({ ...PLAN, config: { ovsdb: "127.0.0.1:0", ...config } });
  await connectDatabase();
}

async function connectDatabase(): Promise<void> {
  const port = scenario.vtap.lines.find(({ msg }) => msg === "OVSDB listening")?.port;
  await scenario.lab.vsctl("set-manager", `tcp:127.0.0.1:${port}`);
  await waitFor(async () => (await scenario.vtap.get("/switches/s2")).ovsdb?.connected === true);
}

const mirror = (more: object) => ({
  ...{ sender: { host: "h1" }, receiver: "any", monitors: [{ host: "h3" }] },
  copy: { delivery: "mirror" },
  ...more,
});
const put = (id: string, more: object) =>
  scenario.vtap.request("PUT", `/policies/${id}`, mirror(more));
const status = async (id: string) => (await scenario.vtap.get(`/policies/${id}`)).status;
const reasons = async (id: string) => (await status(id)).reasons.join("; ");
const stateIs = (id: string, state: string) =>
  waitFor(async () => (await status(id)).state === state, { what: `${id} to be ${state}` });
const mirrors = async (): Promise<string[]> =>
  (await scenario.lab.vsctl("--bare", "--columns=name", "list", "mirror"))
    .split("\n")
    .filter((name) => name !== "")
    .sort();

const there = tcp(h1, h2, { src: 1024, dst: 80 });
const back = tcp(h2, h1, { src: 80, dst: 1024 });
const across = tcp(h1, h4, { src: 1024, dst: 80 });

describe("policies that mirrors deliver", () => {
  beforeAll(() => start({ ovsdbWrites: true, tapVlanRange: "3900-3910" }));
  afterAll(() => scenario?.stop());

  test("what a port sends, receives, or both is copied bit for bit, once", async () => {
    for (const [direction, copied] of [
      ["forward", [there]],
      ["reverse", [back]],
      ["both", [there, back]],
    ] as const) {
      await put("p", { direction });
      await scenario.vtap.policyIs("p", "active");
      const copies = (frame: Uint8Array) => (copied.some((each) => each === frame) ? [frame] : []);
      await scenario.expectDelivery("h1", [there], { h2: [there], h3: copies(there) });
      await scenario.expectDelivery("h2", [back], { h1: [back], h3: copies(back) });
    }
    const { mirrors: planned, switches } = await scenario.vtap.get("/policies/p/plan");
    expect(planned).toMatchObject([
      {
        ...{ switch: "s1", monitor: "h3", name: "openvtap-p/0", state: "confirmed" },
        ...{ from: [1], to: [1], all: false, vlans: [] },
      },
    ]);
    const observers = await scenario.vtap.get(`/hosts/${h1.mac}/observers`);
    expect(observers.items).toMatchObject([{ id: "p", monitors: ["h3"] }]);
    // No flow entry is made for it.
    expect(switches).toEqual([]);
    await waitFor(
      async () => (await scenario.vtap.get("/policies/p/plan")).mirrors[0].packets >= 2,
      {
        what: "the counters of the switch",
      },
    );
  });

  test("two policies of a monitor give one copy; the longer truncation is that of both", async () => {
    await put("q", {
      sender: "any",
      receiver: { host: "h2" },
      copy: { delivery: "mirror", truncate: 40 },
    });
    await put("r", { copy: { delivery: "mirror", truncate: 20 } });
    await put("p", { copy: { delivery: "mirror", truncate: 30 } });
    for (const id of ["p", "q", "r"]) await scenario.vtap.policyIs(id, "active");
    expect(await mirrors()).toEqual(["openvtap-p/0", "openvtap-q/0", "openvtap-r/0"]);
    await scenario.expectDelivery("h1", [there], { h2: [there], h3: [there.slice(0, 40)] });
    await scenario.deletePolicy("q");
    await scenario.deletePolicy("r");
    await waitFor(async () => (await mirrors()).length === 1);
    await put("p", {});
    await scenario.vtap.policyIs("p", "active");
    await scenario.expectDelivery("h1", [there], { h2: [there], h3: [there] });
  });

  test("one that another client removes or changes is made again; those of others stay", async () => {
    const { lab, vtap } = scenario;
    await lab.vsctl(
      ...["--", "--id=@o", "get", "port", "h50", "--", "--id=@s", "get", "port", "h2"],
      ...["--", "--id=@m", "create", "mirror", "name=theirs", "select_src_port=@s"],
      ...["output_port=@o", "--", "set", "bridge", "s1", "mirrors=@m"],
    );
    await waitFor(async () => (await mirrors()).join() === "openvtap-p/0,theirs");
    await vtap.policyIs("p", "active");
    await scenario.expectDelivery("h1", [there], { h2: [there], h3: [there] });
    await lab.vsctl("set", "mirror", "openvtap-p/0", "select_src_port=[]", "snaplen=20");
    await waitFor(async () =>
      /\[\]|^$/.test((await lab.vsctl("get", "mirror", "openvtap-p/0", "snaplen")).trim()),
    );
    await vtap.policyIs("p", "active");
    await scenario.expectDelivery("h1", [there], { h2: [there], h3: [there] });
  });

  test("suspension, disabling and expiry remove them; a restart adopts them", async () => {
    const { lab, vtap } = scenario;
    const uuid = () => lab.vsctl("get", "mirror", "openvtap-p/0", "_uuid");
    const before = await uuid();
    await vtap.request("POST", "/taps:suspend");
    await waitFor(async () => (await mirrors()).join() === "theirs");
    await stateIs("p", "suspended");
    await vtap.request("POST", "/taps:resume");
    await vtap.policyIs("p", "active");
    const made = await uuid();
    expect(made).not.toBe(before);
    await scenario.killAndRestartController();
    await connectDatabase();
    await scenario.vtap.policyIs("p", "active");
    expect(await uuid()).toBe(made);
    await put("p", { schedule: { until: new Date(Date.now() + 2_000).toISOString() } });
    await stateIs("p", "expired");
    await waitFor(async () => (await mirrors()).join() === "theirs");
    await put("p", {});
    await scenario.vtap.policyIs("p", "active");
    await scenario.deletePolicy("p");
    await waitFor(async () => (await mirrors()).join() === "theirs");
    await lab.vsctl("clear", "bridge", "s1", "mirrors");
  });

  test("a frame that flow entries copy to the same monitor would arrive twice: it is refused", async () => {
    await scenario.createPolicy({
      id: "rule",
      ...mirror({ copy: undefined, receiver: { host: "h2" } }),
    });
    await put("p", {});
    await stateIs("p", "error");
    expect(await reasons("p")).toMatch(/policy rule sends copies to port 3 by flow entries/);
    await scenario.expectDelivery("h1", [there], { h2: [there], h3: [there] });
    await scenario.deletePolicy("rule");
    await scenario.vtap.policyIs("p", "active");
    await scenario.expectDelivery("h1", [there], { h2: [there], h3: [there] });
    await scenario.deletePolicy("p");
  });

  test("all frames of each switch, to a probe of its own", async () => {
    await put("all", { sender: "any", monitors: [{ local: "h5*" }] });
    await scenario.vtap.policyIs("all", "active");
    expect(await mirrors()).toEqual(["openvtap-all/0", "openvtap-all/0"]);
    await scenario.expectDelivery("h1", [there], { h2: [there], h50: [there] });
    await scenario.expectDelivery("h1", [across], { h4: [across], h50: [across], h51: [across] });
    const rows = await scenario.vtap.get("/policies?view=row");
    expect(JSON.stringify(rows)).toContain("local port h5*");
    // Copies of others that cross the switch would be copied.
    await scenario.createPolicy({
      ...{
        id: "rule",
        sender: { host: "h1" },
        receiver: { host: "h4" },
        monitors: [{ host: "h6" }],
      },
    });
    await stateIs("all", "error");
    expect(await reasons("all")).toMatch(/switch s2: copies of policy rule cross switch s2/);
    await scenario.expectDelivery("h1", [across], { h4: [across], h6: [across], h50: [across] });
    await scenario.deletePolicy("rule");
    await scenario.vtap.policyIs("all", "active");
    await put("all", { sender: "any", monitors: [{ local: "h*" }] });
    await stateIs("all", "error");
    expect(await reasons("all")).toMatch(/ambiguous: h\d+ and h\d+/);
    await put("all", { sender: "any", monitors: [{ local: "none*" }] });
    await stateIs("all", "pending");
    expect(await mirrors()).toEqual([]);
    await scenario.deletePolicy("all");
  });

  test("an RSPAN VLAN: copies leave by its ports alone, with its tag in place of their own", async () => {
    const { lab } = scenario;
    await put("span", { monitors: [{ rspanVlan: 900 }] });
    await stateIs("span", "error");
    expect(await reasons("span")).toMatch(
      /VLAN 900 would leave by every port that carries all VLANs: .*h2.*give each of them a tag/,
    );
    expect(await mirrors()).toEqual([]);
    const ports = (await lab.vsctl("list-ports", "s1")).trim().split("\n");
    for (const port of [...ports, "s1"]) await lab.vsctl("set", "port", port, "trunks=0,5");
    await stateIs("span", "pending");
    expect(await reasons("span")).toMatch(/no port carries VLAN 900/);
    await put("span", { monitors: [{ rspanVlan: 3900 }] });
    await stateIs("span", "error");
    expect(await reasons("span")).toMatch(/VLAN 3900 is one of tapVlanRange \(3900 to 3910\)/);
    await put("span", { monitors: [{ rspanVlan: 900 }] });
    await lab.vsctl("set", "port", "h50", "trunks=0,5,900");
    await scenario.vtap.policyIs("span", "active");
    const inVlan = (vid: number) => tcp(h1, h2, { src: 1024, dst: 80 }, { tags: [{ vid }] });
    for (const frame of [there, inVlan(5)]) {
      await scenario.expectDelivery("h1", [frame], { h2: [frame], h50: [inVlan(900)] });
    }
    const [mirror] = (await scenario.vtap.get("/policies/span/plan")).mirrors;
    expect(mirror).toMatchObject({ monitor: "RSPAN VLAN 900", outputVlan: 900, from: [1] });
    await scenario.deletePolicy("span");
    for (const port of [...ports, "s1"]) await lab.vsctl("clear", "port", port, "trunks");
    await put("span", { monitors: [{ rspanVlan: 900 }], copy: {} });
    expect((await put("span", { monitors: [{ rspanVlan: 900 }], copy: {} })).body).toMatchObject({
      errors: [{ pointer: "/monitors/0/rspanVlan" }],
    });
  });

  test("a dry run says what would become of it", async () => {
    const dry = async (more: object) =>
      (await scenario.vtap.request("POST", "/policies:validate", mirror(more))).body;
    expect(await dry({})).toMatchObject({ state: "active", reasons: [], unseen: [] });
    const bad = await dry({ exclude: [{ eth_type: "arp" }] });
    expect(bad).toMatchObject({ state: "error" });
    expect(bad.reasons.join()).toMatch(/cannot exclude frames; delivery auto can/);
  });

  test.each<[string, object, RegExp]>([
    ["two ends", { receiver: { host: "h2" } }, /cannot select what two ends send to each other/],
    ["an address", { sender: { ip: "10.0.0.1" } }, /cannot select frames by the address 10.0.0.1/],
    ["a filter", { filters: { tcp_dst: 80, ip_proto: 6 } }, /cannot filter by anything but VLANs/],
    ["untagged frames", { filters: { vlan_vid: "none" } }, /cannot filter by anything but VLANs/],
    ["exclusion", { exclude: [{ eth_type: "arp" }] }, /cannot exclude frames/],
    ["a sample", { copy: { delivery: "mirror", sample: 0.5 } }, /cannot sample flows/],
    ["a limit", { copy: { delivery: "mirror", rateLimit: { pps: 9 } } }, /cannot limit the rate/],
    ["an end by count", { stopAfter: { packets: 9 } }, /cannot end after so many copies/],
    ["all frames for one", { sender: "any" }, /frames of its own switch alone/],
    ["another switch", { sender: { host: "h4" } }, /does not reach another switch: monitor h3/],
  ])("what a mirror cannot do is an error: %s", async (_, more, reason) => {
    await put("bad", more);
    await stateIs("bad", "error");
    expect(await reasons("bad")).toMatch(reason);
    expect(await mirrors()).toEqual([]);
    await scenario.deletePolicy("bad");
  });
});

describe("where OpenVTAP may not write to databases", () => {
  beforeAll(() => start({}));
  afterAll(() => scenario?.stop());

  test("such a policy is an error that names the setting", async () => {
    await put("p", {});
    await stateIs("p", "error");
    expect(await reasons("p")).toMatch(/"ovsdbWrites": true/);
    expect(await mirrors()).toEqual([]);
  });
});
