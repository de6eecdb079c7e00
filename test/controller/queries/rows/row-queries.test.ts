// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  type PolicyRowsQuery,
  ROW_SORTS,
  type RowKey,
} from "../../../../src/contract/observation/policy-rows.ts";
import {
  type KnownPolicy,
  PolicyRegistry,
} from "../../../../src/controller/policies/policy-registry.ts";
import { RowQueries } from "../../../../src/controller/queries/rows/row-queries.ts";
import { parsePolicy } from "../../../../src/policy/index.ts";
import { policiesOf, topologyOf } from "../../../policy/scenarios.ts";
import { propertyRuns } from "../../../properties.ts";

/** h1 (fa:…:01, 10.0.0.1) to h3, on one switch. */
const topology = topologyOf({
  profiles: ["paths"],
  parents: [],
  extra: [],
  hosts: [1, 2, 3].map(() => ({ at: 0, shared: false })),
  connected: true,
});
const STATES = ["active", "degraded", "pending"] as const;

/** A table of these documents; the n-th has the n-th state, and has made n % 3 copies. */
function tableOf(documents: readonly object[], unread: ReadonlySet<number> = new Set()) {
  const registry = new PolicyRegistry();
  const at = "2026-01-01T00:00:00.000Z";
  for (const [index, each] of documents.entries()) {
    const document = { id: `p${index}`, ...each };
    const parsed = parsePolicy(document);
    const written = { document, origin: { kind: "api" as const }, createdAt: at, updatedAt: at };
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
    registry.set({ policy: parsed.value.policy, ...written, revision: index });
  }
  const numberOf = ({ document: { id } }: KnownPolicy) => Number(String(id).slice(1)) || 0;
  const amount = (count: number) => ({ packets: count, bytes: 0 });
  const rows = new RowQueries({
    registry,
    topology: () => topology,
    status: (known) => ({ state: STATES[numberOf(known) % 3] ?? "error", reasons: ["why"] }),
    health: (known) => (numberOf(known) % 2 === 0 ? "healthy" : "failing"),
    counters: (known) => {
      const count = numberOf(known) % 3;
      if (unread.has(numberOf(known))) return undefined;
      return { copied: amount(count), delivered: amount(0), lost: 0 };
    },
  });
  const list = async (query: Partial<PolicyRowsQuery> = {}) => {
    const found = await rows.list({ sort: "id", isDescending: false, limit: 1000, ...query });
    if (found.type !== "rows") throw new Error(JSON.stringify(found.problems));
    return found;
  };
  const ids = async (q: string) => (await list({ q })).columns.id;
  return { rows, list, ids };
}

const common = { sender: { host: "h1" }, receiver: "any", monitors: [{ host: "h3" }] };

test("identifiers are shown with what is known of their hosts, filters by the columns of figure 4", async () => {
  const { list } = tableOf([
    {
      ...common,
      receiver: { ip: "10.9.0.0/16" },
      monitors: [{ balance: [{ host: "h3" }, { mac: "fa:00:00:00:00:09" }] }],
      filters: [
        { tcp_dst: [80, 443], ip_dscp: 3 },
        { udp_src: 53, vlan_vid: 7 },
      ],
      copy: { delivery: "tag" },
    },
    { ...common, sender: { port: { switch: "s1", port: 1 } }, direction: "both" },
  ]);
  const { columns, total } = await list();
  expect(total).toBe(2);
  expect(columns.sender).toEqual({
    host: ["h1", "s1 port 1"],
    mac: ["fa:00:00:00:00:01", "*"],
    ip: ["10.0.0.1, fd00::1", "*"],
  });
  expect(columns.receiver).toEqual({ host: ["*", "*"], mac: ["*", "*"], ip: ["10.9.0.0/16", "*"] });
  expect(columns.monitors).toEqual([["h3", "fa:00:00:00:00:09"], ["h3"]]);
  expect(columns.filters).toEqual({
    ipProto: ["tcp | udp", "*"],
    vlan: ["* | 7", "*"],
    srcPort: ["* | 53", "*"],
    dstPort: ["80,443 | *", "*"],
    more: ["ip_dscp=3 | *", "*"],
  });
  expect([columns.delivery, columns.direction]).toEqual([
    ["tag", "auto"],
    ["forward", "both"],
  ]);
});

test("a search finds by keys, filters, addresses and parts of texts, all of which must match", async () => {
  const { ids } = tableOf([
    { ...common, name: "Web of the shop", filters: { tcp_dst: "400-500" } },
    { ...common, sender: { ip: "10.9.1.0/24" }, filters: { tcp_dst: 80 } },
    { ...common, sender: { mac: "fa:00:00:00:00:02" }, filters: { ipv4_dst: "10.9.0.0/16" } },
    { ...common, sender: { host: "h2" }, monitors: [{ mac: "fa:00:00:00:00:03" }] },
  ]);
  for (const [q, found] of [
    ["", ["p0", "p1", "p2", "p3"]],
    ["state:degraded", ["p1"]],
    ["STATE:Degraded", ["p1"]],
    ["monitor:h3", ["p0", "p1", "p2"]],
    ["tcp_dst:443", ["p0"]],
    ["tcp_dst:http", ["p1"]],
    ["tcp_dst:80-450", ["p0", "p1"]],
    ["port:80", ["p1"]],
    ["10.9.1.7", ["p1", "p2"]],
    ["10.0.0.0/8", ["p0", "p1", "p2", "p3"]],
    ["10.9.2.0/24", ["p2"]],
    ["fa-00-00-00-00-02", ["p2", "p3"]],
    ["shop", ["p0"]],
    ['name:"of the SHOP"', ["p0"]],
    ["monitor:h3 10.9.0.0/16", ["p1", "p2"]],
    ["sender:h1 tcp_dst:443", ["p0"]],
    ["nothing", []],
    ["-tcp_dst:http", ["p0", "p2", "p3"]],
    ["-shop -state:degraded", ["p2", "p3"]],
    ["-10.9.0.0/16 monitor:h3", ["p0"]],
    ["health:failing", ["p1", "p3"]],
    ['"-shop"', []],
  ] as const) {
    expect([q, await ids(q)]).toEqual([q, found]);
  }
});

test("a host is found by any of its names and addresses, as an end or monitor, and no other is", async () => {
  const mac = "fa:00:00:00:00:01";
  const { ids } = tableOf([
    { ...common },
    { ...common, sender: "any", receiver: { ip: "10.0.0.1" } },
    { ...common, sender: "any", monitors: [{ balance: [{ host: "h3" }, { mac }] }] },
    { ...common, sender: { ip: "10.0.0.0/8" } },
    { ...common, sender: { host: "h11" } },
  ]);
  for (const value of ["h1", mac, "10.0.0.1", "fd00::1"]) {
    expect([value, await ids(`host:${value}`)]).toEqual([value, ["p0", "p1", "p2"]]);
  }
  expect(await ids("host:H11")).toEqual(["p4"]);
});

test("a table is read from any place, or by ids", async () => {
  const { list } = tableOf([common, common, common, common]);
  const { columns, total, last } = await list({ offset: 1, limit: 2 });
  expect([columns.id, total]).toEqual([["p1", "p2"], 4]);
  expect(last).toEqual(["", "p2"]);
  expect((await list({ offset: 9 })).columns.id).toEqual([]);
  const some = await list({ ids: new Set(["p3", "p0", "gone"]) });
  expect([some.columns.id, some.total]).toEqual([["p0", "p3"], 2]);
});

test("the monitors of all policies found come with the number of policies that name them", async () => {
  const both = [{ host: "h3" }, { host: "h2" }];
  const { list } = tableOf([common, { ...common, monitors: both }, { ...common, name: "x" }]);
  const { monitors } = await list({ withMonitors: true, limit: 1 });
  expect(monitors).toEqual([
    { monitor: "h2", policies: 1 },
    { monitor: "h3", policies: 3 },
  ]);
  expect((await list({ withMonitors: true, q: "x" })).monitors).toEqual([
    { monitor: "h3", policies: 1 },
  ]);
  expect((await list()).monitors).toBeUndefined();
});

test("what is not counted is not zero, and comes before zero", async () => {
  const { list } = tableOf([common, common, common, common], new Set([1, 3]));
  const { columns } = await list({ sort: "copiedPackets" });
  expect([columns.id, columns.copiedPackets, columns.lostPackets]).toEqual([
    ["p1", "p3", "p0", "p2"],
    [null, null, 0, 2],
    [null, null, 0, 0],
  ]);
});

test("a wrong key or value is answered with what may stand there", async () => {
  const { rows } = tableOf([common]);
  const query = { sort: "id", isDescending: false, limit: 10 } as const;
  for (const [q, detail, remedy] of [
    ["moniter:ids", '"moniter" is no key of a search', "monitor"],
    ["state:activ", '"activ" is no state', "active, degraded, error"],
    ["tcp_dst:70000", "tcp_dst: ", "65535"],
    ["x".repeat(501), "it is too long", "500"],
    ["a ".repeat(21), "it has too many words", "20"],
  ] as const) {
    const found = await rows.list({ ...query, q });
    expect(found).toMatchObject({
      type: "badQuery",
      problems: [
        { detail: expect.stringContaining(detail), remedy: expect.stringContaining(remedy) },
      ],
    });
  }
  const both = await rows.list({ ...query, q: "a:b c:d monitor:x" });
  expect(both.type === "badQuery" && both.problems).toHaveLength(2);
});

test("pages of any length are the whole list in its order, each policy once", async () => {
  const documents = fc.array(
    fc.record({
      name: fc.constantFrom("a", "b", "B"),
      sender: fc.constantFrom("any", { host: "h1" }, { host: "h2" }),
    }),
    { minLength: 1, maxLength: 30 },
  );
  const order = fc.record({ sort: fc.constantFrom(...ROW_SORTS), isDescending: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(documents, order, fc.integer({ min: 1, max: 9 }), async (all, by, limit) => {
      const { list } = tableOf(all.map((each) => ({ ...common, ...each })));
      const whole = await list(by);
      expect(whole.last).toBeUndefined();
      const seen: string[] = [];
      let after: RowKey | undefined;
      do {
        const page = await list({ ...by, limit, ...(after ? { after } : {}) });
        expect(page.total).toBe(all.length);
        seen.push(...page.columns.id);
        after = page.last;
      } while (after !== undefined);
      expect(seen).toEqual(whole.columns.id);
      expect(new Set(seen).size).toBe(all.length);
      const opposite = await list({ ...by, isDescending: !by.isDescending });
      expect(opposite.columns.id).toEqual(seen.toReversed());
    }),
    { numRuns: propertyRuns(100) },
  );
});

test("rows are ordered by their columns", async () => {
  const { list } = tableOf([
    { ...common, name: "b" },
    { ...common, name: "a", sender: { host: "h2" } },
    { ...common, name: "c" },
  ]);
  expect((await list({ sort: "name" })).columns.name).toEqual(["a", "b", "c"]);
  const most = await list({ sort: "copiedPackets", isDescending: true });
  expect(most.columns.copiedPackets).toEqual([2, 1, 0]);
  expect((await list({ sort: "sender" })).columns.id).toEqual(["p0", "p2", "p1"]);
  expect((await list({ state: "pending" })).columns.id).toEqual(["p2"]);
  // What needs attention comes first: degraded, pending, active.
  expect((await list({ sort: "state" })).columns.id).toEqual(["p1", "p2", "p0"]);
  expect((await list({ sort: "sender.ip" })).columns.id).toEqual(["p0", "p2", "p1"]);
});

test("policies that are not valid have rows, too", async () => {
  const registry = new PolicyRegistry();
  const at = "2026-01-01T00:00:00.000Z";
  registry.setInvalid({
    id: policiesOf([common])[0]?.id ?? ("x" as never),
    document: { id: "old", monitors: "?", filters: 7 },
    ...{ origin: { kind: "file", file: "a.json" }, revision: 0, createdAt: at, updatedAt: at },
    ...{ reasons: [], groups: [] },
  });
  const none = { copied: { packets: 0, bytes: 0 }, delivered: { packets: 0, bytes: 0 }, lost: 0 };
  const rows = new RowQueries({
    registry,
    topology: () => topology,
    status: () => ({ state: "error", reasons: [] }),
    health: () => "unknown",
    counters: () => none,
  });
  const found = await rows.list({ sort: "id", isDescending: false, limit: 10, q: "file:a.json" });
  expect(found).toMatchObject({ columns: { monitors: [[]], origin: ["file"], state: ["error"] } });
  expect(
    await rows.list({ sort: "id", isDescending: false, limit: 10, q: "tcp_dst:1" }),
  ).toMatchObject({
    total: 0,
  });
});
