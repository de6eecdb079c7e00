// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { complete } from "../../../../src/lang/steps.ts";
import type { IpClaim, ObservedHost } from "../../../../src/packet/index.ts";
import {
  type Dpid,
  formatIpAddress,
  type HostLimits,
  HostTable,
  type NamedHost,
  type PortAt,
  type PortNo,
  PROBE_SOURCE,
  parseIpAddress,
} from "../../../../src/topology/index.ts";

const A = 0xfa0000000001;
const B = 0xfa0000000002;

/** All steps of a check at once. */
const due = (table: HostTable, now: number) => complete(table.checking(now));

function at(sw: number, port: number): PortAt {
  return { dpid: sw.toString(16).padStart(16, "0") as Dpid, port: port as PortNo };
}

function ip(text: string) {
  const found = parseIpAddress(text);
  if (!found) throw new Error(text);
  return found;
}

function seen(mac: number, claims: readonly string[] = [], vlan?: number): ObservedHost {
  return {
    mac,
    to: 0xffffffffffff,
    vlan,
    claims: claims.map((text): IpClaim => {
      const [kind = "", address = ""] = text.split(" ");
      return { kind: kind as IpClaim["kind"], ip: ip(address) };
    }),
  };
}

function named(mac: number, place: PortAt, ...ips: string[]): NamedHost {
  return { mac, ips: ips.map(ip), ...place };
}

/** The hosts as text: place and addresses of each. */
function hosts(table: HostTable): Record<string, string> {
  return Object.fromEntries(
    [...table.hosts().values()].map(({ mac, dpid, port, ips, vlans }) => [
      mac.toString(16),
      [
        `s${Number(`0x${dpid}`)}/${port}`,
        ...ips.map(formatIpAddress),
        ...vlans.map((vid) => `vlan ${vid}`),
      ].join(" "),
    ]),
  );
}

function notices(table: HostTable): string[] {
  return table.takeChanges().notices.map(({ state, conflict }) => {
    const what =
      conflict.kind === "address" ? formatIpAddress(conflict.ip) : conflict.mac.toString(16);
    return `${conflict.kind} ${what} ${state}`;
  });
}

function tableOf(limits: Partial<HostLimits> = {}): HostTable {
  const table = new HostTable(limits);
  for (const sw of [1, 2, 3]) table.switchUp(at(sw, 1).dpid, 0);
  return table;
}

describe("learning", () => {
  test("a host is learned with its addresses and VLANs, at the port of its frames", () => {
    const table = tableOf();
    table.observed(at(1, 1), seen(A, ["uses 10.0.0.1"]), 0);
    table.observed(at(1, 1), seen(A, ["uses fd00::1", "uses fe80::1"], 20), 1);
    table.observed(at(1, 1), seen(A, ["probes 10.0.0.9"], 10), 2);
    table.observed(at(1, 1), seen(A, ["leaves fd00::1"]), 3);
    expect(hosts(table)).toEqual({
      fa0000000001: "s1/1 10.0.0.1 fe80::1 10.0.0.9 vlan 10 vlan 20",
    });
  });

  test.each([
    ["zero", 0],
    ["broadcast", 0xffffffffffff],
    ["multicast", 0x01005e000001],
    ["a tap mark", 0x0e7a00000001],
    ["the controller's own address", PROBE_SOURCE],
  ])("never %s", (_, mac) => {
    const table = tableOf();
    table.observed(at(1, 1), seen(mac), 0);
    expect(hosts(table)).toEqual({});
    expect(table.takeChanges().hosts).toBeUndefined();
  });

  test("an address of tap marks is reported, once for each port, until the host is named", () => {
    const table = tableOf();
    const [mark, other] = [0x0e7a00000001, 0x0e7900000001];
    for (const mac of [mark, other, other]) table.observed(at(1, 1), seen(mac), 0);
    table.observed(at(1, 2), seen(mark), 0);
    const begun = (mac: number, port: number) => {
      return { state: "begun", conflict: { kind: "mark", mac, at: at(1, port) } };
    };
    expect(table.takeChanges().notices).toEqual([begun(mark, 1), begun(mark, 2)]);
    table.setNamed(other, { mac: other, ips: [], ...at(1, 1) });
    expect(table.takeChanges().notices).toEqual([{ ...begun(other, 1), state: "ended" }]);
    table.observed(at(1, 1), seen(other), 0);
    expect(table.takeChanges().notices).toEqual([]);
    table.observed(at(1, 2), seen(other), 0);
    expect(table.takeChanges().notices).toMatchObject([{ conflict: { kind: "place" } }]);
  });

  test("known facts change nothing", () => {
    const table = tableOf();
    table.observed(at(1, 1), seen(A, ["uses 10.0.0.1"], 10), 0);
    const first = table.takeChanges().hosts;
    table.observed(at(1, 1), seen(A, ["uses 10.0.0.1"], 10), 1);
    expect(table.takeChanges().hosts).toBeUndefined();
    expect(table.hosts().get(A)).toBe(first?.get(A));
    expect(table.lastSeen(A)).toBe(1);
  });

  test("a host moves to its new port at once, with its addresses", () => {
    const table = tableOf();
    table.observed(at(1, 1), seen(A, ["uses 10.0.0.1"]), 0);
    table.observed(at(2, 5), seen(A), 1);
    expect(hosts(table)).toEqual({ fa0000000001: "s2/5 10.0.0.1" });
  });

  test("a port that is no longer an edge loses its hosts", () => {
    const table = tableOf();
    table.observed(at(1, 1), seen(A), 0);
    table.observed(at(1, 2), seen(B), 0);
    table.keepOnly(({ port }) => port !== 1);
    expect(hosts(table)).toEqual({ fa0000000002: "s1/2" });
  });
});

test("changes are taken in parts, and together they are the hosts", () => {
  const table = tableOf({ newHostsBurst: 1000, hosts: 1000, hostsPerPort: 1000 });
  const macs = Array.from({ length: 25 }, (_, index) => A + index);
  for (const mac of macs) table.observed(at(1, 1), seen(mac), 0);
  const parts = [1, 2, 3].map(() => table.takeChanges(10));
  expect(parts.map(({ hosts: found, more }) => [found?.size, more])).toEqual([
    [10, true],
    [20, true],
    [25, false],
  ]);
  expect(table.takeChanges(10)).toEqual({ hosts: undefined, more: false, notices: [] });
  expect([...table.hosts().keys()].sort()).toEqual(macs);
});

describe("hosts named by a file or a client", () => {
  test("are never learned or moved; an observation elsewhere is a conflict that ends in time", () => {
    const table = tableOf();
    table.setNamed(A, named(A, at(1, 1), "10.0.0.1"));
    table.observed(at(1, 1), seen(A, ["uses 10.0.0.1"]), 0);
    expect(notices(table)).toEqual([]);
    for (let time = 1; time < 10; time++) table.observed(at(2, 1), seen(A), time);
    expect(hosts(table)).toEqual({});
    expect(notices(table)).toEqual(["place fa0000000001 begun"]);
    expect(table.conflicts().get(A)).toMatchObject([{ since: 1, last: 9, count: 9 }]);
    due(table, 300_010);
    expect(notices(table)).toEqual(["place fa0000000001 ended"]);
    expect(table.isIdle).toBe(true);
  });

  test("replace a learned host, which can be learned again after them", () => {
    const table = tableOf();
    table.observed(at(2, 1), seen(A), 0);
    table.setNamed(A, named(A, at(1, 1)));
    expect(hosts(table)).toEqual({});
    table.observed(at(2, 1), seen(A), 1);
    table.setNamed(A, undefined);
    expect(notices(table)).toEqual(["place fa0000000001 begun", "place fa0000000001 ended"]);
    table.observed(at(2, 1), seen(A), 2);
    expect(hosts(table)).toEqual({ fa0000000001: "s2/1" });
  });

  test("share none of their addresses with learned hosts", () => {
    const table = tableOf();
    table.observed(at(2, 1), seen(B, ["uses 10.0.0.1", "uses 10.0.0.2"]), 0);
    table.setNamed(A, named(A, at(1, 1), "10.0.0.1"));
    expect(hosts(table)).toEqual({ fa0000000002: "s2/1 10.0.0.2" });
    table.observed(at(2, 1), seen(B, ["uses 10.0.0.1", "probes 10.0.0.1"]), 1);
    expect(hosts(table)).toEqual({ fa0000000002: "s2/1 10.0.0.2" });
    expect(notices(table)).toEqual(["address 10.0.0.1 begun"]);
    expect([...table.conflicts().keys()].sort()).toEqual([A, B]);
  });
});

describe("two hosts with one address", () => {
  test("both keep it, and a conflict is reported", () => {
    const table = tableOf();
    table.observed(at(1, 1), seen(A, ["uses 10.0.0.1"]), 0);
    table.observed(at(1, 2), seen(B, ["uses 10.0.0.1"]), 1);
    expect(hosts(table)).toEqual({ fa0000000001: "s1/1 10.0.0.1", fa0000000002: "s1/2 10.0.0.1" });
    expect(notices(table)).toEqual(["address 10.0.0.1 begun"]);
  });

  test("a host that only probes for it does not get it, and causes no conflict", () => {
    const table = tableOf();
    table.observed(at(1, 1), seen(A, ["uses fd00::1"]), 0);
    table.observed(at(1, 2), seen(B, ["probes fd00::1", "probes fd00::2"]), 1);
    table.observed(at(1, 1), seen(A, ["uses fd00::2"]), 2);
    expect(hosts(table)).toEqual({ fa0000000001: "s1/1 fd00::1 fd00::2", fa0000000002: "s1/2" });
    expect(notices(table)).toEqual([]);
  });
});

describe("flapping", () => {
  /** Observed at two ports in turn, every 100 ms. */
  function flap(table: HostTable, times: number, from = 0): void {
    for (let i = 0; i < times; i++) table.observed(at(1 + (i % 2), 1), seen(A), from + i * 100);
  }

  test("a host that moves too often returns to its former place, and is reported", () => {
    const table = tableOf();
    flap(table, 6);
    expect(hosts(table)).toEqual({ fa0000000001: "s2/1" });
    flap(table, 20, 600);
    expect(hosts(table)).toEqual({ fa0000000001: "s1/1" });
    expect(notices(table)).toEqual(["flapping fa0000000001 begun"]);
  });

  test("it is free, and at that port, after the quiet time at one port only", () => {
    const table = tableOf();
    flap(table, 20);
    due(table, 20_000);
    expect(hosts(table)).toEqual({ fa0000000001: "s1/1" });
    table.observed(at(2, 1), seen(A), 20_000);
    due(table, 31_900);
    expect(hosts(table)).toEqual({ fa0000000001: "s2/1" });
    expect(notices(table)).toEqual(["flapping fa0000000001 begun", "flapping fa0000000001 ended"]);
  });

  test("one last frame from elsewhere does not move it", () => {
    const table = tableOf();
    flap(table, 19);
    table.observed(at(3, 1), seen(A), 2000);
    due(table, 32_000);
    expect(hosts(table)).toEqual({ fa0000000001: "s1/1" });
    table.observed(at(3, 1), seen(A), 32_001);
    expect(hosts(table)).toEqual({ fa0000000001: "s3/1" });
  });

  test("a host that moves rarely is never held", () => {
    const table = tableOf();
    for (let i = 0; i < 50; i++) table.observed(at(1 + (i % 2), 1), seen(A), i * 3000);
    expect(notices(table)).toEqual([]);
    expect(hosts(table)).toEqual({ fa0000000001: "s2/1" });
  });
});

describe("expiry", () => {
  const expiryMs = 900_000;

  test("a silent host is probed three times for each address, then forgotten", () => {
    const table = tableOf({ expiryMs });
    table.observed(at(1, 1), seen(A, ["uses 10.0.0.1"], 7), 0);
    expect(due(table, 809_999)).toEqual([]);
    const probe = { at: at(1, 1), mac: A, ip: ip("10.0.0.1"), vlan: 7 };
    expect(due(table, 810_000)).toEqual([probe]);
    expect(due(table, 820_000)).toEqual([]);
    expect(due(table, 840_000)).toEqual([probe]);
    expect(due(table, 870_000)).toEqual([probe]);
    expect(due(table, 899_999)).toEqual([]);
    expect(hosts(table)).not.toEqual({});
    due(table, 900_000);
    expect(hosts(table)).toEqual({});
    expect(table.isIdle).toBe(true);
  });

  test("an answer keeps it, and an unused address is forgotten alone", () => {
    const table = tableOf({ expiryMs });
    table.observed(at(1, 1), seen(A, ["uses 10.0.0.1", "uses 10.0.0.2"]), 0);
    for (let time = 810_000; time <= 900_000; time += 30_000) {
      due(table, time);
      table.observed(at(1, 1), seen(A, ["uses 10.0.0.1"]), time);
    }
    expect(hosts(table)).toEqual({ fa0000000001: "s1/1 10.0.0.1" });
  });

  test("without probes it is forgotten when it expires", () => {
    const table = tableOf({ expiryMs, probes: false });
    table.observed(at(1, 1), seen(A, ["uses 10.0.0.1"]), 0);
    due(table, 899_999);
    expect(table.size).toBe(1);
    expect(due(table, 900_000)).toEqual([]);
    expect(table.size).toBe(0);
  });

  test("hosts of a disconnected switch do not expire, and get a grace period when it is back", () => {
    const table = tableOf({ expiryMs, probes: false });
    table.observed(at(1, 1), seen(A, ["uses 10.0.0.1"]), 0);
    table.switchDown(at(1, 1).dpid);
    due(table, 5_000_000);
    table.switchUp(at(1, 1).dpid, 5_000_000);
    due(table, 5_089_999);
    expect(table.size).toBe(1);
    due(table, 5_090_000);
    expect(table.size).toBe(0);
  });

  test("hosts stored before a restart are known again until they expire", () => {
    const table = new HostTable({ expiryMs, probes: false });
    const remembered = { mac: A, ...at(1, 1), ips: [ip("10.0.0.1")], vlans: [5], lastSeen: -1e9 };
    table.restore([remembered, { ...remembered, mac: 0 }], 0);
    expect(hosts(table)).toEqual({ fa0000000001: "s1/1 10.0.0.1 vlan 5" });
    due(table, 1e9);
    table.switchUp(at(1, 1).dpid, 1e9);
    due(table, 1e9 + 80_000);
    expect(table.size).toBe(1);
    due(table, 1e9 + 100_000);
    expect(table.size).toBe(0);
  });
});

describe("forgers", () => {
  const limits = { hostsPerPort: 50, hosts: 120, newHostsBurst: 1000, newHostsPerSecond: 1000 };
  const forged = (n: number) => 0xfc0000000000 + n;

  test("evict no real host, neither at their port nor at others", () => {
    const table = tableOf(limits);
    for (const [mac, port] of [
      [A, 1],
      [B, 2],
    ] as const) {
      table.observed(at(1, port), seen(mac), 0);
      table.observed(at(1, port), seen(mac), 2000);
    }
    for (let i = 0; i < 900; i++) table.observed(at(1, 1), seen(forged(i)), 2000 + i);
    expect(table.size).toBe(51);
    expect(hosts(table)).toMatchObject({ fa0000000001: "s1/1", fa0000000002: "s1/2" });
    // The whole table is full, from many ports: a new host at another port still finds room.
    for (let i = 1000; i < 1400; i++) table.observed(at(2, 1 + (i % 5)), seen(forged(i)), 5000);
    expect(table.size).toBe(120);
    table.observed(at(3, 9), seen(0xfa0000000009), 6000);
    expect(table.size).toBe(120);
    expect(hosts(table)).toMatchObject({
      fa0000000001: "s1/1",
      fa0000000002: "s1/2",
      fa0000000009: "s3/9",
    });
  });

  test("change the network at a limited rate", () => {
    const table = tableOf({ hostsPerPort: 100, newHostsBurst: 20, newHostsPerSecond: 10 });
    for (let i = 0; i < 10_000; i++) table.observed(at(1, 1), seen(forged(i)), i / 10);
    // Twenty at once, ten in the second that it took.
    expect(table.size).toBeGreaterThanOrEqual(29);
    expect(table.size).toBeLessThanOrEqual(30);
    expect(table.refused).toBe(10_000 - table.size);
    // Moving known hosts does not bypass the limit.
    for (let i = 0; i < 100; i++) table.observed(at(2, i), seen(forged(20_000 + i)), 1000);
    for (let i = 0; i < 100; i++) table.observed(at(1, 1), seen(forged(20_000 + i)), 1001);
    const atFirst = Object.values(hosts(table)).filter((place) => place === "s1/1");
    expect(atFirst.length).toBeLessThanOrEqual(31);
  });
});

describe("laws", () => {
  const macs = [A, B, 0xfa0000000003, 0xfa0000000004, 0x0e7a00000001, 0x01005e000001];
  const place = fc.tuple(fc.nat({ max: 2 }), fc.nat({ max: 2 })).map(([s, p]) => at(s + 1, p + 1));
  const claim = fc.record({
    kind: fc.constantFrom<IpClaim["kind"]>("uses", "uses", "probes", "leaves"),
    ip: fc.constantFrom("10.0.0.1", "10.0.0.2", "fd00::1").map(ip),
  });
  const observation = fc.record({
    mac: fc.constantFrom(...macs),
    to: fc.constantFrom(0xffffffffffff, PROBE_SOURCE),
    vlan: fc.option(fc.constantFrom(1, 2, 3), { nil: undefined }),
    claims: fc.array(claim, { maxLength: 2 }),
  });
  const step = fc.oneof(
    {
      weight: 12,
      arbitrary: fc.record({ type: fc.constant("observed" as const), place, observation }),
    },
    fc.record({ type: fc.constant("due" as const) }),
    fc.record({ type: fc.constant("named" as const), place, on: fc.boolean() }),
    fc.record({ type: fc.constant("forget" as const), mac: fc.constantFrom(...macs) }),
    fc.record({ type: fc.constant("edges" as const), port: fc.nat({ max: 3 }) }),
    fc.record({ type: fc.constant("away" as const), place, on: fc.boolean() }),
  );
  type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;
  const limits: Partial<HostLimits> = {
    hostsPerPort: 2,
    hosts: 3,
    addressesPerHost: 2,
    expiryMs: 20_000,
    newHostsBurst: 3,
    newHostsPerSecond: 1,
    moves: 2,
    quietMs: 5000,
    conflictMs: 10_000,
  };

  test("after any events in any order the bounds hold and every host is where it was observed", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(step, fc.nat({ max: 4000 })), { maxLength: 60 }), (steps) => {
        const table = tableOf(limits);
        const seenAt = new Map<number, Set<string>>();
        let namedMac: number | undefined;
        const take = (each: Step, now: number): void => {
          switch (each.type) {
            case "observed": {
              const { place, observation } = each;
              table.observed(place, observation, now);
              const places = seenAt.get(observation.mac) ?? new Set<string>();
              seenAt.set(observation.mac, places.add(`${place.dpid}/${place.port}`));
              return;
            }
            case "due":
              expect(due(table, now).length).toBeLessThanOrEqual(9);
              return;
            case "named":
              namedMac = each.on ? A : undefined;
              table.setNamed(A, each.on ? named(A, each.place, "10.0.0.1") : undefined);
              return;
            case "forget":
              table.forget(each.mac);
              return;
            case "edges":
              table.keepOnly(({ port }) => port !== each.port);
              expect([...table.hosts().values()].map(({ port }) => port)).not.toContain(each.port);
              return;
            case "away":
              if (each.on) table.switchUp(each.place.dpid, now);
              else table.switchDown(each.place.dpid);
          }
        };
        const expectBounds = (): void => {
          const all = [...table.hosts().values()];
          expect(all.length).toBeLessThanOrEqual(3);
          for (const host of all) {
            expect(host.mac).not.toBe(namedMac);
            expect(macs.slice(0, 4)).toContain(host.mac);
            expect(seenAt.get(host.mac)).toContain(`${host.dpid}/${host.port}`);
            expect(host.ips.length).toBeLessThanOrEqual(2);
            const key = host.ips.map(formatIpAddress);
            expect(new Set(key).size).toBe(key.length);
            if (namedMac !== undefined) expect(key).not.toContain("10.0.0.1");
            const there = all.filter((x) => x.dpid === host.dpid && x.port === host.port);
            expect(there.length).toBeLessThanOrEqual(2);
          }
        };
        let now = 0;
        for (const [each, passed] of steps) {
          now += passed;
          take(each, now);
          expectBounds();
        }
        // Long after, with every switch connected, the table is empty.
        for (const sw of [1, 2, 3]) table.switchUp(at(sw, 1).dpid, now);
        for (let i = 1; i <= 10; i++) due(table, now + i * 10_000);
        expect(table.isIdle).toBe(true);
        expect(table.conflicts().size).toBe(0);
      }),
      { numRuns: 500 },
    );
  });

  test("within the bounds, a host is where its last frame was", () => {
    const trail = fc.array(fc.tuple(fc.constantFrom(A, B), place), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(trail, (frames) => {
        const table = tableOf({ moves: 1000, newHostsBurst: 1000 });
        for (const [index, [mac, where]] of frames.entries())
          table.observed(where, seen(mac), index);
        for (const [mac, where] of frames) {
          const last = frames.findLast(([other]) => other === mac)?.[1] ?? where;
          expect(table.hosts().get(mac)).toMatchObject({ dpid: last.dpid, port: last.port });
        }
      }),
    );
  });
});
