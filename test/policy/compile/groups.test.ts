// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "vitest";
import {
  type Groups,
  type PolicyDocument,
  parseGroup,
  parsePolicy,
  TapCompiler,
} from "../../../src/policy/index.ts";
import { TopologyState } from "../../../src/topology/index.ts";
import { tables } from "../followed-tables.ts";
import { configOf, environmentOf, TWO_SWITCHES } from "../scenarios.ts";

const h = (n: number) => ({ host: `h${n}` });

function environment(hosts = 4) {
  const config = configOf(TWO_SWITCHES);
  const named = { ...config, hosts: config.hosts.slice(0, hosts) };
  return environmentOf(TopologyState.empty.withConfig(named).topology);
}

function parsed(document: PolicyDocument, members: readonly unknown[]) {
  const group = parseGroup({ id: "g", members });
  if (!group.ok) throw new Error(JSON.stringify(group.problems));
  const groups: Groups = new Map([["g", group.value.group]]);
  const policy = parsePolicy({ ...document, id: "p" }, [], undefined, groups);
  if (!policy.ok) throw new Error(JSON.stringify(policy.problems));
  return policy.value.policy;
}

function compiled(document: PolicyDocument, members: readonly unknown[], hosts?: number) {
  const at = environment(hosts);
  const compiler = new TapCompiler(at);
  const policy = parsed(document, members);
  compiler.update({ upsert: [policy] });
  return { tables: tables(compiler, at), problems: compiler.plan(policy.id)?.problems };
}

const base = { receiver: h(3), monitors: [h(4)] };

describe("a policy that names a group", () => {
  test("has the tables of one that lists its members", () => {
    const members = ["fa:00:00:00:00:01", { host: "h2" }];
    const listed = [{ mac: "fa:00:00:00:00:01" }, h(2)];
    const named = compiled({ ...base, sender: { group: "g" } }, members);
    expect(named).toEqual(compiled({ ...base, sender: listed }, members));
    expect(named.problems).toEqual([]);
  });

  test("filters on the addresses of its hosts, as they are known", () => {
    const policy = { ...base, sender: "any" as const, filters: { ipv4_src: "@g" } };
    const written = { ...policy, filters: { ipv4_src: ["10.0.0.1", "10.0.0.2"] } };
    const members = [{ host: "h1" }, "10.0.0.2", "fa:00:00:00:00:09"];
    expect(compiled(policy, members)).toEqual(compiled(written, members));
  });

  test("says which hosts it does not know, and takes them up when it does", () => {
    const policy = { ...base, sender: "any" as const, filters: { ipv4_src: "@g" } };
    const members = [{ host: "h1" }, { host: "h4" }];
    const what = "there is no host h4, which a group in ipv4_src names";
    const lacking = compiled({ ...policy, monitors: [h(2)] }, members, 3);
    expect(lacking.problems).toEqual([{ blocks: "part", what }]);

    const compiler = new TapCompiler(environment(3));
    const { id } = parsed({ ...policy, monitors: [h(2)] }, members);
    compiler.update({ upsert: [parsed({ ...policy, monitors: [h(2)] }, members)] });
    const full = environment(4);
    compiler.rebase(full);
    const fresh = compiled({ ...policy, monitors: [h(2)] }, members);
    expect(tables(compiler, full)).toEqual(fresh.tables);
    expect(compiler.plan(id)?.problems).toEqual([]);
  });

  test("is blocked when none of its hosts has such an address", () => {
    const policy = { ...base, sender: h(1), filters: { ipv4_src: "@g" } };
    const what = "there is no host h9, which a group in ipv4_src names";
    expect(compiled(policy, [{ host: "h9" }]).problems).toEqual([{ blocks: "policy", what }]);
  });
});
