// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "vitest";
import { PersistentMap } from "../../../src/lang/persistent-map.ts";
import {
  type CompileEnvironment,
  type PolicyDocument,
  parseGroup,
  parsePolicy,
  TapCompiler,
} from "../../../src/policy/index.ts";
import {
  type Dpid,
  InterfaceIndex,
  type NamedInterface,
  type PortNo,
  parseIpAddress,
  TopologyState,
} from "../../../src/topology/index.ts";
import { tables } from "../followed-tables.ts";
import { configOf, environmentOf, TWO_SWITCHES } from "../scenarios.ts";

const h = (n: number) => ({ host: `h${n}` });
const CONFIG = configOf(TWO_SWITCHES);

/** Host n of the network as an interface `i<n>`; of the workload `w`, if nothing else is given. */
function shown(n: number, change: Partial<NamedInterface> = {}): NamedInterface {
  const { dpid, port, mac, ips } = CONFIG.hosts[n - 1] ?? { dpid: "" as Dpid, port: 0, ips: [] };
  const known = { iface: `i${n}`, workloads: ["w"], labels: [], mac, ips, isPresent: true };
  return { ...known, at: { dpid, port: Number(port) as PortNo }, ...change };
}

function environment(...interfaces: readonly NamedInterface[]): CompileEnvironment {
  const index = interfaces.reduce((all, each) => all.with(each), InterfaceIndex.empty);
  const state = TopologyState.empty.withConfig(CONFIG);
  return environmentOf(state.withInterfaces(index, PersistentMap.empty()).topology);
}

function parsed(document: PolicyDocument) {
  const groups = [
    ["ifaces", [{ iface: "i1" }]],
    ["all", [{ workload: "w" }]],
  ].map(([id, members]) => {
    const group = parseGroup({ id, members });
    if (!group.ok) throw new Error(JSON.stringify(group.problems));
    return [group.value.group.id, group.value.group] as const;
  });
  const policy = parsePolicy({ ...document, id: "p" }, [], undefined, new Map(groups));
  if (!policy.ok) throw new Error(JSON.stringify(policy.problems));
  return policy.value.policy;
}

function compiled(document: PolicyDocument, at: CompileEnvironment) {
  const compiler = new TapCompiler(at);
  const policy = parsed(document);
  compiler.update({ upsert: [policy] });
  return { tables: tables(compiler, at), problems: compiler.plan(policy.id)?.problems };
}

/** An identifier that selects what an interface of the network is. */
function portOf(n: number) {
  const { at } = shown(n);
  return { port: { switch: at?.dpid ?? "", port: Number(at?.port) } };
}

const macOf = (n: number) => ({ mac: `fa:00:00:00:00:0${n}` });
const base: Pick<PolicyDocument, "receiver" | "monitors"> = { receiver: h(3), monitors: [h(4)] };

describe("a policy that names an interface", () => {
  test("has the tables of one that names its address at its port", () => {
    const at = environment(shown(1), shown(4));
    for (const direction of ["forward", "both"] as const) {
      const named = { ...base, direction, sender: { iface: "i1" }, monitors: [{ iface: "i4" }] };
      const written = { ...named, sender: { ...macOf(1), ...portOf(1) }, monitors: [macOf(4)] };
      const found = compiled(named, at);
      expect(found.problems).toEqual([]);
      expect(found.tables.length).toBeGreaterThan(0);
      expect(found).toEqual(compiled(written, at));
    }
  });

  test("has those of one that names its port, where its address is not known", () => {
    const at = environment(shown(1, { mac: undefined }));
    const named = compiled({ ...base, sender: { iface: "i1" } }, at);
    expect(named).toEqual(compiled({ ...base, sender: portOf(1) }, at));
    const received = { sender: h(2), receiver: { iface: "i1" }, monitors: base.monitors };
    const written = { ...received, receiver: portOf(1) };
    expect(compiled(received, at)).toEqual(compiled(written, at));
  });

  test("waits where another host has its address at another port", () => {
    const at = environment(shown(1, { at: shown(2).at }));
    const { problems } = compiled({ ...base, sender: { iface: "i1" } }, at);
    expect(problems?.[0]?.what).toContain("sender iface i1 is not at that port, but at");
  });

  test("of a workload stands for all its interfaces, and those that are there for those that are gone", () => {
    const listed = { ...base, sender: [1, 2].map((n) => ({ ...macOf(n), ...portOf(n) })) };
    const named = { ...base, sender: { workload: "w" } };
    const at = environment(shown(1), shown(2));
    expect(compiled(named, at)).toEqual(compiled(listed, at));
    const one = environment(shown(1), shown(2, { isPresent: false }));
    const [first] = listed.sender;
    expect(compiled(named, one)).toEqual(compiled({ ...base, sender: first ?? "any" }, one));
    const none = environment(shown(1, { isPresent: false }));
    expect(compiled(named, none).problems).toEqual([]);
  });

  test("names it while it is not known, and takes it up when it is", () => {
    const document = { ...base, sender: { iface: "i1" }, monitors: [{ workload: "m" }] };
    const [before, after] = [environment(), environment(shown(1), shown(4, { workloads: ["m"] }))];
    const what = (of: string) =>
      `${of}: no database of a switch shows an interface ${of.includes("i1") ? "with that iface-id" : "of a workload of that name"}`;
    const problems = compiled(document, before).problems?.map((each) => each.what);
    expect(problems).toEqual([what("monitor workload m"), what("sender iface i1")]);
    const compiler = new TapCompiler(before);
    compiler.update({ upsert: [parsed(document)] });
    compiler.rebase(after);
    expect(tables(compiler, after)).toEqual(compiled(document, after).tables);
    expect(compiler.plan(parsed(document).id)?.problems).toEqual([]);
    compiler.rebase(environment(shown(1, { at: shown(2).at })));
    compiler.rebase(before);
    expect(tables(compiler, before)).toEqual(compiled(document, before).tables);
  });

  test("filters on its addresses through a group", () => {
    const at = environment(shown(1), shown(2, { mac: undefined }));
    const policy = { ...base, sender: "any" as const };
    const filtered = (filters: object) => compiled({ ...policy, filters } as PolicyDocument, at);
    expect(filtered({ eth_src: "@ifaces" })).toEqual(filtered({ eth_src: macOf(1).mac }));
    expect(filtered({ ipv4_src: "@all" })).toEqual(
      filtered({ ipv4_src: ["10.0.0.1", "10.0.0.2"] }),
    );
    const unknown = compiled({ ...policy, filters: { eth_src: "@all" } }, environment());
    expect(unknown.problems?.[0]?.what).toBe(
      "there is no workload w, which a group in eth_src names",
    );
  });
});

describe("a monitor", () => {
  const monitor = { ...base, sender: h(1), monitors: [{ workload: "m" }] };

  test("is not a workload with several interfaces", () => {
    const at = environment(...[2, 4].map((n) => shown(n, { workloads: ["m"] })));
    const [problem] = compiled(monitor, at).problems ?? [];
    expect(problem?.what).toBe("monitor workload m is at several ports: name it by iface");
  });

  test("is not found by a name that tenants choose", () => {
    const named = environment(shown(4, { workloads: [], labels: ["m"] }));
    expect(compiled(monitor, named).problems?.[0]?.what).toContain("its tenant chooses");
    const sender = { ...base, sender: { workload: "m" } };
    const at = environment(shown(1, { workloads: [], labels: ["m"] }));
    expect(compiled(sender, at).problems).toEqual([]);
  });

  test("gets nothing when it is the policy's own sender", () => {
    const at = environment(shown(1, { workloads: ["m"] }));
    const [problem] = compiled(monitor, at).problems ?? [];
    expect(problem?.what).toBe("monitor workload m is the policy's own sender");
  });
});

test("an address of an interface is found by policies that name it", () => {
  const ip = parseIpAddress("10.9.9.9");
  if (!ip) throw new Error("no address");
  const at = environment(shown(1, { ips: [ip] }));
  const filtered = { ...base, sender: "any" as const, filters: { ipv4_src: "@ifaces" } };
  const written = { ...filtered, filters: { ipv4_src: "10.9.9.9" } };
  expect(compiled(filtered, at)).toEqual(compiled(written, at));
});

test.each([
  [{ iface: "i", mac: "fa:00:00:00:00:01" }, '"iface" names ports and addresses, but "mac"'],
  [{ workload: "w", port: { switch: "s1", port: 1 } }, '"workload" names ports and addresses'],
  [{ iface: "i", workload: "w" }, 'but "workload" is given as well'],
])("%j is an error", (sender, what) => {
  const policy = parsePolicy({ id: "p", ...base, sender });
  expect(policy.ok ? [] : policy.problems.map((each) => each.what).join()).toContain(what);
});

test("a member of a group has one name", () => {
  const group = parseGroup({ id: "g", members: [{ iface: "i", host: "h" }] });
  expect(group.ok ? [] : group.problems[0]?.remedy).toBe("give one of host, iface and workload");
  const empty = parseGroup({ id: "g", members: [{}] });
  expect(empty.ok).toBe(false);
});
