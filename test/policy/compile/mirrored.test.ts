// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { compileForwarding, forwardingDelta } from "../../../src/forwarding/index.ts";
import { formatMatch } from "../../../src/openflow/index.ts";
import { blindSpotsOf, TapCompiler } from "../../../src/policy/index.ts";
import type { TopologyState } from "../../../src/topology/index.ts";
import { port } from "../../topology/networks.ts";
import { mirroredNetwork, PROBE, patched, patchNumber, SOURCE, TAPS } from "../mirrored-ports.ts";
import { environmentOf, policiesOf } from "../scenarios.ts";

const AT_PROBE = { port: { switch: "s1.br-vtap", port: "probe0" } };
const all = [
  ...patched("sent", 1, 2, 3, 4),
  ...patched("received", 1, 2, 3, 4),
  ...patched("copies", 4),
];

function compiled(documents: readonly object[], state: TopologyState = mirroredNetwork(all)) {
  const policies = policiesOf(
    documents.map((each) => ({ monitors: [AT_PROBE], ...each })) as never,
  );
  const compiler = new TapCompiler(environmentOf(state.topology));
  compiler.update({ upsert: policies });
  const [first] = policies;
  if (first === undefined) throw new Error("no policy");
  const rules = compiler
    .desired(TAPS)
    .map(({ match, actions, priority }) => ({ text: formatMatch(match), actions, priority }))
    .sort((a, b) => b.priority - a.priority || (a.text < b.text ? -1 : 1));
  return {
    rules,
    matches: rules.map(({ text }) => text).sort(),
    atSource: compiler.desired(SOURCE),
    plan: compiler.plan(first.id),
    unseen: blindSpotsOf(first, state.topology),
  };
}

const from = (n: number) => `in_port=${patchNumber({ port: n as never, use: "sent" })}`;
const to = (n: number) => `in_port=${patchNumber({ port: n as never, use: "received" })}`;

test("frames of a port are matched by the patch port by which they come, and are copied alone", () => {
  const { rules, atSource, plan } = compiled([
    { sender: { host: "h1" }, receiver: { host: "h2" }, direction: "forward" },
  ]);
  expect(atSource).toEqual([]);
  expect(rules.map(({ text }) => text)).toEqual([
    `${from(1)},dl_src=fa:00:00:00:00:01,dl_dst=fa:00:00:00:00:02`,
  ]);
  expect(rules[0]?.actions).toEqual([
    {
      type: "useGroup",
      group: { buckets: [{ role: "copy", actions: [expect.objectContaining({ port: PROBE })] }] },
    },
  ]);
  expect(plan).toMatchObject({ problems: [], patches: patched("sent", 1) });
  expect(plan?.tapPoints).toEqual(["s1 port 1 (sender's edge)"]);
});

test("what a receiver gets is matched by its own patch port; the other end's frames are tapped where it sends", () => {
  const both = compiled([{ sender: { host: "h1" }, receiver: "any", direction: "both" }]);
  expect(both.matches).toEqual(
    [`${from(1)},dl_src=fa:00:00:00:00:01`, `${to(1)},dl_dst=fa:00:00:00:00:01`].sort(),
  );
  expect(both.plan?.patches).toEqual([...patched("received", 1), ...patched("sent", 1)]);
  const port = { port: { switch: "s1", port: 2 } };
  const received = compiled([{ sender: "any", receiver: port, direction: "forward" }]);
  expect(received.matches).toEqual([to(2)]);
  const pair = compiled([{ sender: { host: "h1" }, receiver: { host: "h2" }, direction: "both" }]);
  expect(pair.plan?.patches).toEqual(patched("sent", 1, 2));
});

/** The monitors that get copies of a frame that enters the bridge by a patch port, from the rule that takes it. */
function copiesOf(rules: ReturnType<typeof compiled>["rules"], ...fields: string[]): number {
  const taken = rules.find(({ text }) => text.split(",").every((each) => fields.includes(each)));
  const [action] = taken?.actions ?? [];
  return action?.type === "useGroup" ? action.group.buckets.length : 0;
}

test("a frame that leaves as it came is copied once, where it is sent", () => {
  const [h1, h2, h3] = [1, 2, 3].map((n) => `dl_src=fa:00:00:00:00:0${n}`);
  const documents = [
    { sender: [{ host: "h1" }, { host: "h2" }], receiver: "any", direction: "both" },
    { id: "q", sender: "any", receiver: { host: "h3" }, direction: "forward" },
  ];
  const { rules, plan } = compiled(documents);
  expect(plan?.problems).toEqual([]);
  for (const [source = "", sender, receiver, copies] of [
    [h1, from(1), `${to(2)},dl_dst=fa:00:00:00:00:02`, 0],
    [h2, from(2), `${to(1)},dl_dst=fa:00:00:00:00:01`, 0],
    [h1, from(1), `${to(3)},dl_dst=fa:00:00:00:00:03`, 0],
    [h3, "", `${to(1)},dl_dst=fa:00:00:00:00:01`, 1],
    // Routed: what h3 gets is another frame than what h1 has sent.
    ["dl_src=fa:00:00:00:00:77", "", `${to(3)},dl_dst=fa:00:00:00:00:03`, 1],
  ] as const) {
    if (sender !== "") expect(copiesOf(rules, sender, source)).toBe(1);
    expect(copiesOf(rules, source, ...receiver.split(","))).toBe(copies);
  }
  // In any order of the policies.
  expect(compiled([...documents].reverse()).rules).toEqual(rules);
});

test("one that the sender's policy does not select, or for another monitor, is copied where it leaves", () => {
  const web = { filters: { tcp_dst: 80 }, sender: { host: "h1" }, receiver: "any" };
  const all = { sender: "any", receiver: { host: "h3" }, direction: "forward" };
  const { rules } = compiled([
    { ...web, direction: "forward" },
    { ...all, id: "q" },
  ]);
  const arriving = [to(3), "dl_src=fa:00:00:00:00:01", "dl_dst=fa:00:00:00:00:03"];
  expect(copiesOf(rules, ...arriving)).toBe(1);
  expect(copiesOf(rules, ...arriving, "tcp", "tp_dst=80")).toBe(0);
  const others = compiled([
    { ...web, direction: "forward", monitors: [{ host: "h4" }] },
    { ...all, id: "q" },
  ]);
  expect(copiesOf(others.rules, ...arriving, "tcp", "tp_dst=80")).toBe(1);
});

test("the policy that copies less where a frame is sent copies there what the other requests", () => {
  const { rules } = compiled([
    { sender: { host: "h1" }, receiver: "any", direction: "forward", copy: { truncate: 64 } },
    { id: "q", sender: "any", receiver: { host: "h3" }, direction: "forward" },
  ]);
  const sent = rules.filter(({ text }) => text.startsWith(from(1)));
  const toH3 = sent.find(({ text }) => text.includes("dl_dst=fa:00:00:00:00:03"));
  expect(toH3?.actions).toMatchObject([
    { group: { buckets: [{ actions: [{ type: "output", port: PROBE }] }] } },
  ]);
});

test("a monitor at the switch gets copies by its patch port, and one entry there sends them on", () => {
  const document = { sender: { host: "h1" }, receiver: "any", direction: "forward" };
  const { rules, plan } = compiled([{ ...document, monitors: [{ host: "h4" }] }]);
  const out = patchNumber({ port: 4 as never, use: "copies" });
  expect(rules.at(-1)?.actions).toMatchObject([
    {
      group: {
        buckets: [{ actions: [{ type: "output", port: out }], needs: [expect.any(String)] }],
      },
    },
  ]);
  const base = compileForwarding(mirroredNetwork(all).topology);
  expect(base.get(TAPS)).toEqual([]);
  expect(base.get(SOURCE)?.map(({ match, actions }) => [formatMatch(match), actions])).toEqual([
    [`in_port=${out + 500}`, [expect.objectContaining({ port: 4 })]],
  ]);
  expect(plan?.copies[0]?.entries).toHaveLength(2);
  expect(plan?.copies[0]?.outlets).toEqual([{ dpid: SOURCE, port: 4 }]);
  const cut = compiled([{ ...document, monitors: [{ host: "h4" }], copy: { truncate: 64 } }]);
  expect(cut.rules).toEqual([]);
  expect(cut.plan?.problems).toMatchObject([
    { state: "error", what: expect.stringContaining("takes no truncated frames") },
  ]);
});

test("nothing is tapped before the frames have a way: the plan says what is missing, and asks for it", () => {
  const document = { sender: { host: "h1" }, receiver: "any", direction: "forward" };
  for (const [state, what, isError] of [
    [mirroredNetwork([], { isKnown: false }), "the database of switch s1 is not connected", false],
    [mirroredNetwork([]), "s1.br-vtap has no patch port for s1 port 1 yet", false],
    [mirroredNetwork(all, { obstacle: "it is not OpenVTAP's" }), "it is not OpenVTAP's", true],
  ] as const) {
    const { rules, atSource, plan } = compiled([document], state);
    expect([...rules, ...atSource]).toEqual([]);
    const problem = plan?.problems.find(({ blocks }) => blocks === "policy");
    expect(problem?.what).toContain(what);
    expect(problem?.state).toBe(isError ? "error" : undefined);
    expect(plan?.patches).toEqual(patched("sent", 1));
  }
});

test("frames that share a mirror are known by the addresses of the hosts at their port", () => {
  const pairs = [...patched("sent", 0), ...patched("received", 0)];
  const sharing = [...patched("sent", 1, 2), ...patched("received", 1, 2, 9)];
  const state = mirroredNetwork(pairs, { sharing });
  const ports = [1, 2].map((port) => ({ port: { switch: "s1", port } }));
  const { matches, plan, unseen } = compiled(
    [{ sender: ports, receiver: "any", direction: "forward" }],
    state,
  );
  expect(matches).toEqual([
    `${from(0)},dl_src=fa:00:00:00:00:01`,
    `${from(0)},dl_src=fa:00:00:00:00:02`,
  ]);
  expect(plan?.patches).toEqual(patched("sent", 1, 2));
  expect(unseen.join()).toContain("s1 port 1 with other addresses than those of its hosts");
  const received = compiled([{ sender: "any", receiver: ports[0], direction: "forward" }], state);
  expect(received.matches).toEqual(
    [
      `${to(0)},dl_dst=01:00:00:00:00:00/01:00:00:00:00:00`,
      `${to(0)},dl_dst=fa:00:00:00:00:01`,
    ].sort(),
  );
  const withoutHost = { port: { switch: "s1", port: 9 } };
  const open = state.apply({ type: "portChanged", dpid: SOURCE, port: port(9) });
  const unknown = compiled([{ sender: "any", receiver: withoutHost, direction: "forward" }], open);
  expect(unknown.rules).toEqual([]);
  expect(unknown.plan?.problems).toMatchObject([
    { state: "error", what: expect.stringContaining("s1 port 9 shares a mirror with other ports") },
  ]);
});

test("a port that is refused is not tapped, also while its patch port is there", () => {
  const state = mirroredNetwork(all, { refused: patched("sent", 1) });
  const { matches, plan } = compiled(
    [{ sender: [{ host: "h1" }, { host: "h2" }], receiver: "any", direction: "forward" }],
    state,
  );
  expect(matches).toEqual([`${from(2)},dl_src=fa:00:00:00:00:02`]);
  expect(plan?.problems).toMatchObject([{ state: "error", what: "it is a bond" }]);
  expect(plan?.patches).toEqual(patched("sent", 1, 2));
});

test("the entry that sends copies on is there as soon as the bridge for taps is known", () => {
  const state = mirroredNetwork(all);
  const before = state.withTapBridges(new Map()).topology;
  expect(compileForwarding(before).get(SOURCE)).toEqual([]);
  const change = forwardingDelta(before, state.topology).get(SOURCE);
  expect(change?.set).toEqual(compileForwarding(state.topology).get(SOURCE));
  expect(forwardingDelta(state.topology, before).get(SOURCE)?.delete).toHaveLength(1);
});
