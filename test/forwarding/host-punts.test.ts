// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { type FlowSpec, flowKey } from "../../src/flow-model/index.ts";
import { forwardingDelta } from "../../src/forwarding/forwarding-delta.ts";
import { commonHostPunts, hostPuntsAt, puntRate } from "../../src/forwarding/host-punts.ts";
import {
  type Dpid,
  type ForwardingProfile,
  LOCAL_PORT,
  NOTHING_DISCOVERED,
  type PortNo,
  type Topology,
  TopologyState,
} from "../../src/topology/index.ts";

const S1 = "0000000000000001" as Dpid;
const S2 = "0000000000000002" as Dpid;

function topology(
  ports: readonly number[],
  forwarding: ForwardingProfile = "paths",
  isPlain = false,
) {
  const state = TopologyState.empty
    .withConfig({
      switches: [
        { dpid: S1, forwarding },
        { dpid: S2, forwarding },
      ],
      links: [{ a: { dpid: S1, port: 99 }, b: { dpid: S2, port: 99 }, weight: 1 }],
      hosts: [{ mac: 1, ips: [], dpid: S1, port: 1 }],
    })
    .apply({
      type: "switchConnected",
      dpid: S1,
      isPlain,
      ports: [...ports, 99, LOCAL_PORT].map((no) => {
        return { no: no as PortNo, name: `p${no}`, hwAddr: 0, up: true };
      }),
    });
  return state.withDiscovered(NOTHING_DISCOVERED).topology;
}

/** All punt rules of a switch. */
function hostPunts(of: Topology, dpid: Dpid): FlowSpec[] {
  const ports = [...(of.switches.get(dpid)?.ports.keys() ?? [])].sort((x, y) => x - y);
  const rate = puntRate(of, dpid);
  return [
    ...commonHostPunts(of, dpid),
    ...ports.flatMap((port) => hostPuntsAt(of, { dpid, port }, rate)),
  ];
}

const fieldOf = ({ match }: FlowSpec, name: "inPort" | "reg0") =>
  match.flatMap((each) => (each.field === name ? [each.value] : []))[0];
const portsOf = (flows: readonly FlowSpec[]) =>
  flows.flatMap((flow) => fieldOf(flow, "inPort") ?? []);
const rates = (flows: readonly FlowSpec[]) =>
  flows.flatMap(({ actions }) =>
    actions.flatMap((action) => (action.type === "punt" && action.meter ? [action.meter] : [])),
  );

test("every edge port has its own rate; one without a known host punts first frames", () => {
  const flows = hostPunts(topology([1, 2, 3]), S1);
  const punting = flows.filter(({ actions }) => actions.some(({ type }) => type === "punt"));
  expect(portsOf(punting)).toEqual([1, 2, 3]);
  expect(portsOf(flows.filter((flow) => !punting.includes(flow)))).toEqual([2, 3]);
  expect(new Set(rates(flows).map(({ owner }) => owner)).size).toBe(3);
});

test.each([
  [1, 100],
  [10, 100],
  [11, 50],
  [20, 50],
  [48, 20],
  [51, 10],
  [100, 10],
  [101, 5],
  [300, 2],
  [1000, 1],
])("%i ports have %i frames a second each", (count, rate) => {
  const ports = Array.from({ length: count }, (_, index) => 100 + index);
  const found = rates(hostPunts(topology(ports), S1));
  expect(found).toHaveLength(count);
  expect(new Set(found.map((meter) => meter.rate))).toEqual(new Set([rate]));
  expect(new Set(found.map((meter) => meter.burst))).toEqual(new Set([Math.max(rate, 10)]));
});

test("every frame is forwarded exactly once", () => {
  for (const flow of hostPunts(topology([1, 2]), S1)) {
    const { actions, match } = flow;
    const passes = fieldOf(flow, "reg0");
    const resubmits = actions.filter(({ type }) => type === "nxResubmitTable").length;
    const isOwnReply = match.some(({ field }) => field === "ethDst");
    expect(resubmits).toBe(passes === 0 ? (isOwnReply ? 1 : 2) : 0);
  }
});

test("a switch whose tables belong to another application gets no punt rules", () => {
  expect(hostPunts(topology([1, 2], { table: 5 }), S1)).toEqual([]);
  expect(hostPunts(topology([1, 2], "normal"), S1)).not.toEqual([]);
});

test("a switch without Open vSwitch's extensions gets no punt rules once it is identified", () => {
  const [before, after] = [topology([1, 2]), topology([1, 2], "paths", true)];
  expect(hostPunts(after, S1)).toEqual([]);
  const gone = forwardingDelta(before, after).get(S1)?.delete;
  expect(new Set(gone)).toEqual(new Set(hostPunts(before, S1).map(flowKey)));
});
