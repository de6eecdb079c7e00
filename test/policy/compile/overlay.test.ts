// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { compileForwarding, forwardingDelta } from "../../../src/forwarding/index.ts";
import { formatMatch } from "../../../src/openflow/index.ts";
import { TapCompiler } from "../../../src/policy/index.ts";
import {
  type Dpid,
  type OverlayEnd,
  overlayKey,
  type PatchedPort,
  type PortNo,
  parseIpAddress,
  patchNames,
  TopologyState,
} from "../../../src/topology/index.ts";
import { dpid, port } from "../../topology/networks.ts";
import { environmentOf, policiesOf } from "../scenarios.ts";

const MARK = "0a";
/** Two switches of other applications, the bridges that get their frames, and one of OpenVTAP without such a bridge. */
const [HERE, THERE, PATHS] = [dpid(1), dpid(2), dpid(3)];
const [OWN, FAR] = [dpid(0xb1), dpid(0xb2)];
const [TUNNELS, PATCH, PROBE] = [50, 60, 70];
const FAR_TUNNELS = 51;
const copies = (no: number): PatchedPort => ({ dpid: THERE, port: no as PortNo, use: "copies" });
const endOf = (text: string): OverlayEnd => {
  const endpoint = parseIpAddress(text);
  if (endpoint === undefined) throw new Error(text);
  return { endpoint };
};

interface Options {
  readonly isPatched?: boolean;
  readonly isTunnelled?: boolean;
  readonly end?: OverlayEnd | undefined;
  readonly copiesTo?: number;
  readonly isShown?: boolean;
  readonly mtu?: number;
}

/** h1 at port 1 of the first switch, h2 at port 2 of the second one, h3 at port 1 of the third. */
function network({
  isPatched = true,
  isTunnelled = true,
  end = endOf("192.0.2.2"),
  copiesTo = 2,
  isShown = true,
  mtu,
}: Options = {}): TopologyState {
  const forwarding = { beside: { mirrors: true } } as const;
  const hosts = [HERE, THERE, PATHS].map((at, n) => ({
    ...{ name: `h${n + 1}`, mac: 0xfa0000000001 + n, dpid: at, ips: [] },
    port: n === 1 ? 2 : 1,
  }));
  const sent = patchNames({ dpid: HERE, port: 1 as PortNo, use: "sent" }, MARK);
  const patch = patchNames(copies(copiesTo), MARK);
  const tunnels = (no: number) => (isTunnelled ? [port(no, `vo${MARK}-overlay`)] : []);
  const bridge = (own: Dpid, name: string, overlay: OverlayEnd | undefined) => ({
    ...{ dpid: own, name, mark: MARK, refused: new Map<string, string>() },
    ...(overlay && { overlay }),
  });
  const shown: [Dpid, ReturnType<typeof bridge>][] = [
    [HERE, bridge(OWN, "s1.br-vtap", { ...endOf("192.0.2.1"), ...(mtu && { mtu }) })],
    ...(isShown
      ? [[THERE, bridge(FAR, "s2.br-vtap", end)] as [Dpid, ReturnType<typeof bridge>]]
      : []),
  ];
  const switches = [
    { dpid: HERE, name: "s1", forwarding },
    { dpid: THERE, name: "s2", forwarding },
    { dpid: PATHS, name: "s3", forwarding: "paths" as const },
  ];
  const farPorts = isPatched ? [port(PATCH, patch.own)] : [];
  return [
    [HERE, [port(1), port(501, sent.source)]] as const,
    [THERE, [port(2), port(3), ...(isPatched ? [port(502, patch.source)] : [])]] as const,
    [PATHS, [port(1)]] as const,
    [OWN, [port(101, sent.own), ...tunnels(TUNNELS)]] as const,
    [FAR, [port(PROBE, "probe0"), ...farPorts, ...tunnels(FAR_TUNNELS)]] as const,
  ].reduce(
    (state, [at, ports]) => state.apply({ type: "switchConnected", dpid: at, ports }),
    TopologyState.empty.withConfig({ switches, links: [], hosts }).withTapBridges(new Map(shown)),
  );
}

const TAP = { sender: { host: "h1" }, receiver: "any", direction: "forward" };

function compiled(document: object, state: TopologyState = network(), pathProbes = false) {
  const [policy] = policiesOf([{ ...TAP, monitors: [{ host: "h2" }], ...document }] as never);
  if (policy === undefined) throw new Error("no policy");
  const compiler = new TapCompiler({ ...environmentOf(state.topology), pathProbes });
  compiler.update({ upsert: [policy] });
  return { compiler, plan: compiler.plan(policy.id), rules: compiler.desired(OWN) };
}

const KEY = overlayKey(copies(2));
const bucketOf = ({ rules }: ReturnType<typeof compiled>) => {
  const actions = rules.flatMap((rule) => rule.actions);
  return actions.flatMap((each) => (each.type === "useGroup" ? each.group.buckets : []))[0];
};

test("copies for a monitor at another such switch take a tunnel, and wait for the entries at its end", () => {
  const found = compiled({});
  expect(bucketOf(found)?.actions).toMatchObject([
    { type: "setField", field: { field: "tunnelId", value: BigInt(KEY) } },
    { type: "setField", field: { field: "tunDst", value: 0xc0000202 } },
    { type: "output", port: TUNNELS },
  ]);
  const { plan } = found;
  expect(plan?.problems).toEqual([]);
  expect(plan?.patches).toEqual([{ dpid: HERE, port: 1, use: "sent" }, copies(2)]);
  expect(plan?.tunnels).toEqual([OWN, FAR]);
  const base = compileForwarding(network().topology);
  const far = base.get(FAR)?.map(({ match, actions }) => [formatMatch(match), actions]);
  expect(far).toContainEqual([
    `tun_id=0x${KEY.toString(16)},in_port=${FAR_TUNNELS}`,
    [expect.objectContaining({ port: PATCH })],
  ]);
  // One for the monitor that is plugged into the bridge, none by which copies could go on.
  expect(far).toHaveLength(2);
  expect(bucketOf(found)?.needs).toHaveLength(2);
  expect(plan?.copies[0]?.entries).toHaveLength(3);
});

test("a monitor in the bridge itself needs no patch port", () => {
  const monitor = { port: { switch: "s2.br-vtap", port: "probe0" } };
  const found = compiled({ monitors: [monitor] }, network({ isPatched: false }));
  expect(bucketOf(found)?.needs).toHaveLength(1);
  expect(found.plan).toMatchObject({ problems: [], tunnels: [OWN, FAR] });
  expect(found.plan?.patches).toHaveLength(1);
});

test.each<[string, object, Options, string, boolean]>([
  [
    "before the tunnels are there",
    {},
    { isTunnelled: false },
    "has no port for tunnels yet",
    false,
  ],
  [
    "before the patch port is there",
    {},
    { isPatched: false },
    "has no patch port for s2 port 2",
    false,
  ],
  ["while the far database is away", {}, { isShown: false }, "database of switch s2 is not", false],
  ["where no tunnel can end", {}, { end: { obstacle: "no endpoint" } }, "no endpoint", true],
  ["by another delivery", { copy: { delivery: "mark" } }, {}, "by delivery overlay alone", true],
  [
    "to a switch without such a bridge",
    { monitors: [{ host: "h3" }] },
    {},
    "no mirrors hand over",
    true,
  ],
  [
    "from a switch without such a bridge",
    { sender: { host: "h3" }, copy: { delivery: "overlay" } },
    {},
    "from bridges of OpenVTAP's own alone",
    true,
  ],
])("no copies are made %s, and the plan says why", (_, document, options, what, isError) => {
  const { plan, rules } = compiled(document, network(options));
  expect(rules).toEqual([]);
  const problem = plan?.problems.find((each) => each.what.includes(what));
  expect(problem, JSON.stringify(plan?.problems)).toBeDefined();
  expect(problem?.state).toBe(isError ? "error" : undefined);
});

test("one rule at the end catches the probes of all tunnels there, as long as copies take one", () => {
  const { compiler, plan } = compiled({}, network(), true);
  const caught = compiler.desired(FAR).map(({ match, category }) => [formatMatch(match), category]);
  expect(caught).toEqual([[`tun_id=0xffffff,in_port=${FAR_TUNNELS}`, "probe"]]);
  const ways = plan?.copies[0]?.ways ?? [];
  expect(ways.map(({ length, hops }) => [length, hops[0]?.dpid])).toEqual([
    [undefined, FAR],
    [1514, FAR],
  ]);
  // Of the tapped ports, as far as their frames are known; a probe is no longer than jumbo frames.
  for (const [mtu, length] of [
    [1442, 1456],
    [65_535, 9014],
  ] as const) {
    const { plan: other } = compiled({}, network({ mtu }), true);
    expect(other?.copies[0]?.ways.map((way) => way.length)).toEqual([undefined, length]);
  }
  if (plan) compiler.update({ remove: [plan.id] });
  expect(compiler.desired(FAR)).toEqual([]);
});

test("a port that another one replaces under its number hands copies to the other's monitor", () => {
  const [before, after] = [network(), network({ copiesTo: 3 })];
  const delta = forwardingDelta(before.topology, after.topology);
  const key = overlayKey(copies(3)).toString(16);
  const far = delta.get(FAR)?.set.map(({ match }) => formatMatch(match));
  expect(far).toEqual([`tun_id=0x${key},in_port=${FAR_TUNNELS}`]);
  expect(delta.get(FAR)?.delete).toHaveLength(1);
  expect(delta.get(THERE)?.set.map(({ actions }) => actions)).toEqual([
    [expect.objectContaining({ port: 3 })],
  ]);
});
