// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { complete } from "../../../../src/lang/steps.ts";
import type { IpClaim, ObservedHost } from "../../../../src/packet/index.ts";
import {
  type Dpid,
  formatIpAddress,
  HOST_LIMITS,
  type HostLimits,
  HostTable,
  type IpAddress,
  type PortAt,
  type PortNo,
  PROBE_SOURCE,
  parseIpAddress,
} from "../../../../src/topology/index.ts";

/** The monitor, and another host. */
const M = 0xfa0000000003;
const X = 0xfa0000000009;
const BROADCAST = 0xffffffffffff;
const IP = parsed("10.0.0.3");
const { conflictMs, expiryMs, monitorMoveMs } = HOST_LIMITS;

function parsed(text: string): IpAddress {
  const found = parseIpAddress(text);
  if (!found) throw new Error(text);
  return found;
}

function at(sw: number, port: number): PortAt {
  return { dpid: sw.toString(16).padStart(16, "0") as Dpid, port: port as PortNo };
}

const OLD = at(1, 1);
const NEW = at(2, 1);
const THIRD = at(2, 2);
const key = ({ dpid, port }: PortAt) => `s${Number(`0x${dpid}`)}/${port}`;

/** A host table with the ports that are down. */
class Net {
  readonly down = new Set<string>();
  readonly table: HostTable;
  now = 0;

  constructor(limits: Partial<HostLimits> = {}) {
    this.table = new HostTable(limits, (place) => this.down.has(key(place)));
    for (const sw of [1, 2]) this.table.switchUp(at(sw, 1).dpid, 0);
  }

  says(mac: number, place: PortAt, { to = BROADCAST, uses = [] as IpAddress[] } = {}): void {
    const claims = uses.map((ip): IpClaim => ({ kind: "uses", ip }));
    const host: ObservedHost = { mac, to, vlan: undefined, claims };
    this.table.observed(place, host, this.now);
  }

  answers(place = OLD): void {
    this.says(M, place, { to: PROBE_SOURCE, uses: [IP] });
  }

  /** Time passes in steps of a second; every probe is sent for certain. `place` is where M answers. */
  pass(ms: number, place?: PortAt): number {
    let sent = 0;
    for (const end = this.now + ms; this.now < end; ) {
      this.now = Math.min(end, this.now + 1000);
      const probes = this.table.monitors.probes(this.now);
      for (const probe of probes) {
        sent++;
        this.table.monitors.probed(probe, this.now);
        if (place && key(probe.at) === key(place) && probe.mac === M) this.answers(place);
      }
      this.table.monitors.settle(this.now);
      if (this.now % 10_000 === 0) complete(this.table.checking(this.now));
    }
    return sent;
  }

  portDown(place: PortAt): void {
    this.down.add(key(place));
    this.table.monitors.settle(this.now);
  }

  place(mac = M): string | undefined {
    const host = this.table.hosts().get(mac);
    return host && key(host);
  }

  /** Where the users of the address are. */
  users(): string[] {
    const hosts = [...this.table.hosts().values()];
    const isUser = ({ ips }: { ips: readonly IpAddress[] }) =>
      ips.some((ip) => formatIpAddress(ip) === formatIpAddress(IP));
    return hosts.filter(isUser).map((host) => `${host.mac.toString(16)} ${key(host)}`);
  }

  conflicts(): string[] {
    return [...this.table.conflicts()].flatMap(([mac, records]) =>
      records.flatMap(({ conflict: each }) =>
        each.kind === "monitor" && each.mac === mac
          ? `${key(each.held)} not ${key(each.at)}${each.by ? ` ${each.by.mac.toString(16)}` : ""}`
          : [],
      ),
    );
  }
}

/** A monitor at `OLD`, named by its MAC address, that has not answered a probe. */
function named(limits: Partial<HostLimits> = {}): Net {
  const net = new Net(limits);
  net.table.monitors.nameMac(M, true);
  net.says(M, OLD, { uses: [IP] });
  return net;
}

/** The same, named by its IP address. */
function namedByIp(): Net {
  const net = new Net();
  net.table.monitors.nameIp(IP.value, true);
  net.says(M, OLD, { uses: [IP] });
  return net;
}

describe("a learned monitor", () => {
  test("stays where it is when its address is seen elsewhere, and the claim is reported", () => {
    const net = named();
    net.says(M, NEW);
    expect(net.place()).toBe("s1/1");
    expect(net.conflicts()).toEqual(["s1/1 not s2/1"]);
    expect(net.table.takeChanges().notices).toMatchObject([
      { state: "begun", conflict: { kind: "monitor", mac: M, held: OLD, at: NEW } },
    ]);
  });

  test("moves when it has ceased to be one, or policies may move as `any`", () => {
    const net = named();
    net.says(M, NEW);
    net.table.monitors.nameMac(M, false);
    expect(net.conflicts()).toEqual([]);
    net.says(M, NEW);
    expect(net.place()).toBe("s2/1");
    const any = named({ monitorMoves: "any" });
    any.says(M, NEW);
    expect(any.place()).toBe("s2/1");
  });

  test("is at the claimed place the moment its port goes, and the conflict has ended", () => {
    for (const ms of [0, 10_000]) {
      const net = named();
      net.says(M, NEW);
      net.pass(ms);
      net.portDown(OLD);
      expect(net.place()).toBe("s2/1");
      expect(net.conflicts()).toEqual([]);
    }
  });

  test("moves by its first frame when its port has gone before", () => {
    const net = named();
    net.portDown(OLD);
    expect(net.place()).toBe("s1/1");
    net.says(M, NEW);
    expect(net.place()).toBe("s2/1");
  });

  test("is at the claimed place when its port ceases to be an edge, or its switch goes", () => {
    const net = named();
    net.says(M, NEW);
    net.table.keepOnly(({ dpid }) => dpid !== OLD.dpid);
    expect(net.place()).toBe("s2/1");
    net.table.keepOnly(({ dpid }) => dpid !== NEW.dpid);
    expect(net.place()).toBeUndefined();
  });

  test("stays when several places claim it, and is at the one that is left", () => {
    const net = named();
    net.says(M, NEW);
    net.pass(10_000);
    net.says(M, THIRD);
    net.portDown(OLD);
    expect(net.place()).toBe("s1/1");
    expect(net.conflicts()).toEqual(["s1/1 not s2/1", "s1/1 not s2/2"]);
    net.portDown(NEW);
    expect(net.place()).toBe("s2/2");
  });

  test("does not yield to a place that is gone itself, or whose claim is old", () => {
    const net = named();
    net.says(M, NEW);
    net.down.add(key(NEW));
    net.portDown(OLD);
    expect(net.place()).toBe("s1/1");
    const later = named();
    later.says(M, NEW);
    later.pass(conflictMs + 10_000);
    expect(later.conflicts()).toEqual([]);
    later.portDown(OLD);
    expect(later.place()).toBe("s1/1");
  });

  test("does not yield to a claim that it has refuted, unless that is repeated", () => {
    const net = named();
    net.says(M, NEW);
    net.pass(5000, OLD);
    net.portDown(OLD);
    expect(net.place()).toBe("s1/1");
    net.says(M, NEW);
    expect(net.place()).toBe("s2/1");
  });

  test("moves when it has answered and no longer does, after the time for that", () => {
    const net = named();
    net.pass(5000, OLD);
    net.says(M, NEW);
    net.pass(monitorMoveMs - 1000);
    expect(net.place()).toBe("s1/1");
    net.pass(5000);
    expect(net.place()).toBe("s2/1");
  });

  test("that never answered stays, however long it is silent, and is not forgotten", () => {
    const net = named();
    net.says(M, NEW);
    net.pass(2 * expiryMs);
    net.says(M, NEW);
    net.pass(2 * monitorMoveMs);
    expect(net.place()).toBe("s1/1");
    net.portDown(OLD);
    expect(net.place()).toBe("s2/1");
  });

  test("that has answered and falls silent is forgotten after the expiry time", () => {
    const net = named();
    net.pass(5000, OLD);
    expect(net.pass(expiryMs - 10_000)).toBeLessThan(12);
    expect(net.place()).toBe("s1/1");
    net.pass(30_000);
    expect(net.place()).toBeUndefined();
  });

  test("does not move while its switch is away, and silence before does not count", () => {
    const net = named();
    net.pass(5000, OLD);
    net.says(M, NEW);
    net.pass(monitorMoveMs - 5000);
    net.table.switchDown(OLD.dpid);
    net.pass(10 * monitorMoveMs);
    net.table.switchUp(OLD.dpid, net.now);
    net.says(M, NEW);
    net.pass(5000);
    expect(net.place()).toBe("s1/1");
    net.pass(monitorMoveMs);
    expect(net.place()).toBe("s2/1");
  });

  test("has not fallen silent when it leaves unanswered what it never answered", () => {
    const net = named();
    const stale = parsed("10.0.0.33");
    net.table.monitors.nameIp(stale.value, true);
    net.says(M, OLD, { uses: [stale] });
    net.pass(5000, OLD);
    net.pass(200_000);
    net.says(M, NEW);
    expect(net.place()).toBe("s1/1");
  });

  test("has not fallen silent when probes are confirmed after it has answered", () => {
    const net = named();
    net.pass(5000, OLD);
    net.says(M, NEW);
    const sent: [number, ReturnType<typeof net.table.monitors.probes>][] = [];
    for (let n = 0; n < 40; n++) {
      net.now += 1000;
      sent.push([net.now, net.table.monitors.probes(net.now)]);
    }
    net.says(M, OLD);
    for (const [at, probes] of sent) {
      for (const probe of probes) net.table.monitors.probed(probe, at);
    }
    net.table.monitors.settle(net.now);
    expect(net.place()).toBe("s1/1");
  });

  test("is not moved by any frame with `never`, nor forgotten", () => {
    const net = named({ monitorMoves: "never" });
    net.pass(5000, OLD);
    net.says(M, NEW);
    net.pass(2 * expiryMs);
    net.portDown(OLD);
    net.says(M, NEW);
    expect(net.place()).toBe("s1/1");
    expect(net.conflicts()).toEqual(["s1/1 not s2/1"]);
  });

  test("that was held for flapping is not moved when it becomes free", () => {
    const net = new Net();
    for (let n = 0; n < 8; n++) net.says(M, n % 2 === 0 ? OLD : NEW);
    expect(net.place()).toBe("s1/1");
    net.says(M, NEW);
    net.table.monitors.nameMac(M, true);
    net.pass(60_000);
    expect(net.place()).toBe("s1/1");
  });

  test("is not evicted by a forger who fills the table", () => {
    const net = named({ hosts: 4 });
    for (let n = 0; n < 50; n++) net.says(0xfa0000001000 + n, NEW);
    expect(net.place()).toBe("s1/1");
  });
});

describe("a learned monitor named by its IP address", () => {
  test("stays alone with it when another host claims it", () => {
    const net = namedByIp();
    net.says(X, NEW, { uses: [IP] });
    expect(net.users()).toEqual(["fa0000000003 s1/1"]);
    expect(net.conflicts()).toEqual(["s1/1 not s2/1 fa0000000009"]);
    net.says(M, NEW);
    expect(net.place()).toBe("s1/1");
  });

  test("yields it the moment its port goes", () => {
    const net = namedByIp();
    net.says(X, NEW, { uses: [IP] });
    net.pass(10_000);
    net.portDown(OLD);
    expect(net.users()).toEqual(["fa0000000009 s2/1"]);
    expect(net.conflicts()).toEqual([]);
  });

  test("yields it when it has answered for it and no longer does", () => {
    const net = namedByIp();
    net.pass(5000, OLD);
    net.says(X, NEW, { uses: [IP] });
    net.pass(monitorMoveMs + 5000);
    expect(net.users()).toEqual(["fa0000000009 s2/1"]);
  });

  test("keeps it when it never answered", () => {
    const net = namedByIp();
    net.says(X, NEW, { uses: [IP] });
    net.pass(2 * expiryMs);
    expect(net.users()).toEqual(["fa0000000003 s1/1"]);
  });

  test("keeps one that it never answered for, though it fell silent for another one", () => {
    const net = namedByIp();
    const other = parsed("10.0.0.33");
    net.says(M, OLD, { uses: [other] });
    net.says(M, OLD, { to: PROBE_SOURCE, uses: [other] });
    net.pass(expiryMs - 20_000);
    net.says(X, NEW, { uses: [IP] });
    expect(net.users()).toEqual(["fa0000000003 s1/1"]);
  });

  test("a flood of claims is one conflict for each port, and a bounded number", () => {
    const net = namedByIp();
    for (let n = 0; n < 500; n++) net.says(0xfa0000001000 + n, NEW, { uses: [IP] });
    expect(net.conflicts()).toEqual(["s1/1 not s2/1 fa0000001000"]);
    for (let n = 2; n < 60; n++) net.says(X + n, at(2, n), { uses: [IP] });
    expect(net.conflicts()).toHaveLength(8);
    const begun = net.table
      .takeChanges()
      .notices.filter(({ conflict }) => conflict.kind === "monitor");
    expect(begun).toHaveLength(8);
  });
});

describe("in any order of frames, ports, probes and policies", () => {
  const places = [OLD, NEW, THIRD];
  const place = fc.constantFrom(...places);
  const step = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        type: fc.constant("frame" as const),
        mac: fc.constantFrom(M, X),
        place,
        withIp: fc.boolean(),
      }),
    },
    { weight: 2, arbitrary: fc.record({ type: fc.constant("answer" as const), place }) },
    {
      weight: 2,
      arbitrary: fc.record({ type: fc.constant("port" as const), place, up: fc.boolean() }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        type: fc.constant("pass" as const),
        ms: fc.constantFrom(1000, 5000, 40_000, 400_000),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        type: fc.constant("named" as const),
        by: fc.constantFrom("mac" as const, "ip" as const),
        on: fc.boolean(),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ type: fc.constant("switch" as const), place, up: fc.boolean() }),
    },
  );

  type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

  /** A network, and what is known of it without the table. */
  class Story {
    readonly net = new Net();
    readonly names = { mac: true, ip: true };
    /** The ports where M has answered a probe, and when it last spoke at each. */
    readonly #answered = new Set<string>();
    readonly #spoke = new Map<string, number>();

    constructor() {
      this.net.table.monitors.nameMac(M, true);
      this.net.table.monitors.nameIp(IP.value, true);
      this.net.says(M, OLD, { uses: [IP] });
    }

    /** Whether a monitor may leave a port. */
    mayLeave(left: string): boolean {
      if (this.net.down.has(left)) return true;
      const silentMs = this.net.now - (this.#spoke.get(left) ?? 0);
      return this.#answered.has(left) && silentMs >= monitorMoveMs;
    }

    take(each: Step): void {
      const { net } = this;
      switch (each.type) {
        case "frame":
        case "answer":
          if (!net.down.has(key(each.place))) this.#speak(each);
          return;
        case "port":
          if (each.up) net.down.delete(key(each.place));
          else net.portDown(each.place);
          return;
        case "pass":
          net.pass(each.ms);
          return;
        case "named":
          this.names[each.by] = each.on;
          if (each.by === "mac") net.table.monitors.nameMac(M, each.on);
          else net.table.monitors.nameIp(IP.value, each.on);
          return;
        case "switch":
          if (each.up) net.table.switchUp(each.place.dpid, net.now);
          else net.table.switchDown(each.place.dpid);
      }
    }

    #speak(each: Extract<Step, { type: "frame" | "answer" }>): void {
      const { net } = this;
      const isMonitor = each.type === "answer" || each.mac === M;
      if (isMonitor) this.#spoke.set(key(each.place), net.now);
      if (each.type === "answer") {
        this.#answered.add(key(each.place));
        net.answers(each.place);
      } else net.says(each.mac, each.place, { uses: each.withIp ? [IP] : [] });
    }
  }

  test("a monitor leaves a port that is up only if it had answered there and has been silent since", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const story = new Story();
        const { net, names } = story;
        for (const each of steps) {
          const [place, users] = [net.place(), net.users()];
          story.take(each);
          if (names.mac && place !== undefined && net.place() !== place) {
            expect(story.mayLeave(place), `${place} to ${net.place()}`).toBe(true);
          }
          const [user = ""] = users;
          const isOurs = users.length === 1 && user.startsWith(M.toString(16));
          if (names.ip && isOurs && net.users().join() !== user) {
            expect(story.mayLeave(user.split(" ")[1] ?? ""), user).toBe(true);
          }
          expect(net.conflicts().length).toBeLessThanOrEqual(8);
        }
      }),
      { numRuns: 400 },
    );
  });

  test("a monitor that answers is never where only others claim it", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const net = namedByIp();
        net.table.monitors.nameMac(M, true);
        for (const each of steps) {
          if (each.type === "frame" && each.place !== OLD) {
            net.says(each.mac, each.place, { uses: each.withIp ? [IP] : [] });
          } else if (each.type === "answer" && each.place !== OLD) net.answers(each.place);
          else if (each.type === "pass") net.pass(each.ms, OLD);
          expect(net.place()).toBe("s1/1");
          expect(net.users()).toEqual(["fa0000000003 s1/1"]);
        }
      }),
      { numRuns: 200 },
    );
  });
});
