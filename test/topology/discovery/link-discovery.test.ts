// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import {
  type Dpid,
  LinkDiscovery,
  type LossWatch,
  type PortNo,
  type Probe,
  type SilenceWatch,
} from "../../../src/topology/index.ts";

const EPOCH = 7n;
const INTERVAL = 5_000;
const dpid = (n: number) => n.toString(16).padStart(16, "0") as Dpid;
const at = (n: number, port: number) => ({ dpid: dpid(n), port: port as PortNo });
const place = ({ dpid: id, port }: { dpid: Dpid; port: PortNo }) => `${Number(`0x${id}`)}/${port}`;

/** Switches with cables without delay, and a clock that the test advances. */
class Wiring {
  readonly discovery = new LinkDiscovery({ intervalMs: INTERVAL, epoch: EPOCH });
  now = 0;
  /** Where the probes of a port arrive. */
  readonly cables = new Map<string, readonly (readonly [number, number])[]>();
  /** Switches that do not confirm. */
  readonly slow = new Set<number>();
  /** Unmanaged switches that prove that they hand over no probes. */
  readonly deaf = new Set<number>();
  readonly unconfirmed: SilenceWatch[] = [];
  sent: Probe[] = [];
  /** The ports of each switch. */
  readonly #known = new Map<number, readonly PortNo[]>();
  /** Handles loss watches; undefined: they are confirmed at once. */
  answerLosses: ((watch: LossWatch) => void) | undefined;

  ports(
    n: number,
    up: readonly number[],
    more: { down?: number[]; silent?: number[]; tunnels?: number[] } = {},
  ): this {
    const { down = [], tunnels = [], silent: named = [] } = more;
    const ports = [...up, ...down].map((no) => ({
      no: no as PortNo,
      up: !down.includes(no),
      silent: named.includes(no) || tunnels.includes(no),
      isNamed: named.includes(no),
    }));
    const gone = new Set(this.#known.get(n));
    for (const { no } of ports) gone.delete(no);
    this.#known.set(
      n,
      ports.map(({ no }) => no),
    );
    this.discovery.changePorts(dpid(n), { set: ports, gone }, this.now);
    return this;
  }

  ready(...numbers: number[]): this {
    for (const n of numbers) this.discovery.ready(dpid(n), this.now);
    return this;
  }

  cable(a: readonly [number, number], b: readonly [number, number]): this {
    this.oneWay(a, b);
    return this.oneWay(b, a);
  }

  oneWay(from: readonly [number, number], to: readonly [number, number]): this {
    const key = from.join("/");
    this.cables.set(key, [...(this.cables.get(key) ?? []), to]);
    return this;
  }

  cut(): this {
    this.cables.clear();
    return this;
  }

  /** Advances time in small steps. */
  pass(ms: number): this {
    for (const end = this.now + ms; this.now < end; this.now += 10) this.#step();
    return this;
  }

  links(): string[] {
    return this.discovery.discovered.links.map(
      ({ a, b, state }) => `${place(a)}-${place(b)} ${state}`,
    );
  }

  /** The doubtful links. */
  doubts(): string[] {
    return this.discovery.discovered.links.flatMap(({ a, b, isDoubtful }) =>
      isDoubtful ? [`${place(a)}-${place(b)}`] : [],
    );
  }

  probing(): string[] {
    return [...this.discovery.discovered.probing].flatMap(([id, ports]) =>
      [...ports].map((port) => place({ dpid: id, port })),
    );
  }

  #isMute(id: Dpid): boolean {
    return this.slow.has(Number(`0x${id}`));
  }

  #step(): void {
    const arrived: Probe[] = [];
    const { silences, losses } = this.discovery.tick(this.now, (probe) => {
      this.sent.push(probe);
      arrived.push(probe);
      return true;
    });
    for (const probe of arrived) {
      for (const [n, port] of this.cables.get(place(probe)) ?? []) {
        this.discovery.heard(at(n, port), probe, this.now);
      }
    }
    for (const watch of silences) {
      const isAnswered = [watch.dpid, ...watch.others].every((each) => !this.#isMute(each));
      const areDeaf = watch.unmanaged.every((each) => this.deaf.has(Number(`0x${each}`)));
      if (isAnswered && areDeaf) this.discovery.silent(watch, this.now);
      else this.unconfirmed.push(watch);
    }
    for (const watch of losses) {
      if (this.answerLosses) this.answerLosses(watch);
      else if (!this.#isMute(watch.from) && !this.#isMute(watch.to))
        this.discovery.lost(watch, this.now);
    }
  }
}

let net: Wiring;
beforeEach(() => {
  net = new Wiring();
});

describe("link discovery", () => {
  test("a port that comes up is probed at once, after 150 and 500 ms, and then becomes an edge", () => {
    net.ports(1, [1]).ready(1).pass(600);
    expect(net.sent).toHaveLength(3);
    expect(net.probing()).toEqual(["1/1"]);
    net.pass(500);
    expect(net.probing()).toEqual([]);
    expect(net.links()).toEqual([]);
  });

  test("a link is up when probes pass in both directions, long before its ports could be edges", () => {
    net.cable([1, 1], [2, 1]).ports(1, [1]).ports(2, [1]).ready(1, 2).pass(50);
    expect(net.links()).toEqual(["1/1-2/1 up"]);
    expect(net.probing()).toEqual([]);
  });

  test("no port becomes an edge before the switch confirms that it sent the probes", () => {
    net.slow.add(1);
    net.ports(1, [1]).ready(1).pass(2_500);
    expect(net.probing()).toEqual(["1/1"]);
    for (const watch of net.unconfirmed.splice(0)) net.discovery.silent(watch, net.now);
    net.pass(600);
    expect(net.probing()).toEqual([]);
  });

  test("a switch that never confirms is probed again", () => {
    net.slow.add(1);
    net.ports(1, [1]).ready(1).pass(10_000);
    expect(net.sent.length).toBeGreaterThan(5);
    net.slow.clear();
    net.pass(10_000);
    expect(net.probing()).toEqual([]);
  });

  test("a link with one direction is reported but not used until the other direction appears", () => {
    net.oneWay([1, 1], [2, 1]).ports(1, [1]).ports(2, [1]).ready(1, 2).pass(500);
    expect(net.probing()).toEqual(["1/1", "2/1"]);
    net.pass(1_500);
    expect(net.links()).toEqual(["1/1-2/1 unidirectional"]);
    net.oneWay([2, 1], [1, 1]).pass(INTERVAL);
    expect(net.links()).toEqual(["1/1-2/1 up"]);
  });

  test("a cable back to its own switch, and a plug back to its own port", () => {
    net.cable([1, 1], [1, 2]).oneWay([1, 3], [1, 3]).ports(1, [1, 2, 3]).ready(1).pass(100);
    expect(net.links()).toEqual(["1/1-1/2 selfLoop", "1/3-1/3 selfLoop"]);
  });

  test("three ports on one hub are shared", () => {
    net.cable([1, 1], [2, 1]).cable([2, 1], [3, 1]).cable([1, 1], [3, 1]);
    net.ports(1, [1]).ports(2, [1]).ports(3, [1]).ready(1, 2, 3).pass(100);
    expect(net.links()).toEqual(["1/1-2/1 shared", "1/1-3/1 shared", "2/1-3/1 shared"]);
  });

  test("a port that goes down takes its link down at once; when it is up again it is probed first", () => {
    net.cable([1, 1], [2, 1]).ports(1, [1]).ports(2, [1]).ready(1, 2).pass(100);
    net.ports(1, [], { down: [1] });
    expect(net.links()).toEqual(["1/1-2/1 down"]);
    net.ports(1, [1]);
    expect(net.links()).toEqual(["1/1-2/1 down"]);
    net.pass(30);
    expect(net.links()).toEqual(["1/1-2/1 up"]);
  });

  test("a link that went down is removed when the other end proves to be an edge", () => {
    net.cable([1, 1], [2, 1]).ports(1, [1]).ports(2, [1]).ready(1, 2).pass(100);
    net.ports(1, [], { down: [1] }).pass(1_200);
    expect(net.links()).toEqual([]);
    expect(net.probing()).toEqual(["1/1"]);
  });

  test("without port events, three probes must be lost", () => {
    net.cable([1, 1], [2, 1]).ports(1, [1]).ports(2, [1]).ready(1, 2).pass(6_000).cut();
    net.pass(2 * INTERVAL);
    expect(net.links()).toEqual(["1/1-2/1 up"]);
    net.pass(2 * INTERVAL);
    expect(net.links()).toEqual([]);
    net.pass(1_200);
    expect(net.probing()).toEqual([]);
  });

  test("silence proves nothing while a switch is disconnected", () => {
    net.cable([1, 1], [2, 1]).ports(1, [1]).ports(2, [1]).ready(1, 2).pass(100).cut();
    net.discovery.away(dpid(2));
    net.pass(10 * INTERVAL);
    expect(net.links()).toEqual(["1/1-2/1 up"]);
    net.ready(2).pass(4 * INTERVAL);
    expect(net.links()).toEqual([]);
  });

  test.each(["the sender", "the listener"])(
    "nothing is concluded while a switch answers nothing: %s",
    (side) => {
      net.cable([1, 1], [2, 1]).ports(1, [1]).ports(2, [1]).ready(1, 2).pass(6_000);
      const mute = side === "the sender" ? 1 : 2;
      // Its connection is dead, but not detected: no message passes in either direction.
      net.slow.add(mute);
      net.cut().pass(10 * INTERVAL);
      expect(net.links()).toEqual(["1/1-2/1 up"]);
      net.slow.delete(mute);
      net.cable([1, 1], [2, 1]).pass(2 * INTERVAL);
      expect(net.links()).toEqual(["1/1-2/1 up"]);
      net.cut().pass(5 * INTERVAL);
      expect(net.links()).toEqual([]);
    },
  );

  test("a direction is not lost when a probe arrives before the switches have confirmed", () => {
    net.cable([1, 1], [2, 1]).ports(1, [1]).ports(2, [1]).ready(1, 2).pass(6_000).cut();
    const losses: LossWatch[] = [];
    net.answerLosses = (watch) => losses.push(watch);
    net.pass(4 * INTERVAL);
    expect(losses.length).toBeGreaterThan(0);
    net.cable([1, 1], [2, 1]).pass(INTERVAL);
    for (const watch of losses) net.discovery.lost(watch, net.now);
    expect(net.links()).toEqual(["1/1-2/1 up"]);
  });

  test("a port is no edge while the switch that was behind it is disconnected: it floods as before", () => {
    net.cable([1, 1], [2, 1]).ports(1, [1]).ports(2, [1]).ready(1, 2).pass(100);
    net.discovery.away(dpid(2));
    net
      .ports(1, [], { down: [1] })
      .ports(1, [1])
      .cut()
      .pass(20_000);
    expect(net.links()).toEqual(["1/1-2/1 down"]);
    // It is connected again, and no longer behind the port.
    net.ready(2).pass(10_000);
    expect(net.links()).toEqual([]);
    expect(net.probing()).toEqual([]);
  });

  test("nor while that switch only seems to be connected", () => {
    net.cable([1, 1], [2, 1]).ports(1, [1]).ports(2, [1]).ready(1, 2).pass(100);
    net.slow.add(2);
    net
      .ports(1, [], { down: [1] })
      .ports(1, [1])
      .cut()
      .pass(20_000);
    expect(net.links()).toEqual(["1/1-2/1 down"]);
    net.discovery.remove(dpid(2), net.now);
    net.pass(10_000);
    expect(net.probing()).toEqual([]);
  });

  describe("a switch that is no longer managed and keeps its rules floods as before", () => {
    beforeEach(() => {
      net.cable([1, 1], [2, 1]).cable([2, 2], [3, 1]).ports(1, [1]).ports(2, [1, 2]).ports(3, [1]);
      net.ready(1, 2, 3).pass(2_000);
      expect(net.probing()).toEqual([]);
      net.discovery.remove(dpid(2), net.now, { keepsRules: true });
    });
    const ports = ["1/1", "3/1"];

    test("ports that lead to it are no edges, whether it still hands over probes or its connection is dead", () => {
      for (net.pass(100); net.now < 30_000; net.pass(500)) expect(net.probing()).toEqual(ports);
      net.cut();
      for (net.pass(100); net.now < 60_000; net.pass(500)) expect(net.probing()).toEqual(ports);
      expect(net.links()).toEqual([]);
    });

    test("until it proves that it has no rule for probes", () => {
      net.pass(10_000).cut().deaf.add(2);
      expect(net.pass(6_000).probing()).toEqual([]);
    });

    test("until the port goes down", () => {
      net
        .pass(10_000)
        .cut()
        .ports(1, [], { down: [1] })
        .ports(1, [1]);
      expect(net.pass(6_000).probing()).toEqual(["3/1"]);
    });

    test("until it is managed again, or removed for good after that", () => {
      net.pass(10_000).ports(2, [1, 2]).ready(2);
      expect(net.pass(2_000).links()).toEqual(["1/1-2/1 up", "2/2-3/1 up"]);
      net.cut().discovery.remove(dpid(2), net.now);
      expect(net.pass(6_000).probing()).toEqual([]);
    });
  });

  test("an edge port whose probes an unmanaged switch hands over is no longer an edge", () => {
    net.ports(1, [1]).ready(1).pass(2_000);
    expect(net.probing()).toEqual([]);
    net.cable([1, 1], [2, 1]).pass(INTERVAL);
    expect(net.probing()).toEqual(["1/1"]);
    expect(net.pass(20_000).probing()).toEqual(["1/1"]);
  });

  test("a link between two edge ports without port events is doubtful until one goes down", () => {
    net.ports(1, [1]).ports(2, [1]).ready(1, 2).pass(6_000).cable([1, 1], [2, 1]).pass(INTERVAL);
    expect(net.doubts()).toEqual(["1/1-2/1"]);
    const memories = net.discovery.takeMemories();
    expect(memories[0]?.links).toEqual([{ port: 1, peer: at(2, 1), isDoubtful: true }]);
    const later = new Wiring().cable([1, 1], [2, 1]);
    later.discovery.restore(memories);
    later.ports(1, [1]).ports(2, [1]).ready(1, 2).pass(INTERVAL);
    expect(later.doubts()).toEqual(["1/1-2/1"]);
    net
      .ports(1, [], { down: [1] })
      .ports(1, [1])
      .pass(100);
    expect([net.links(), net.doubts()]).toEqual([["1/1-2/1 up"], []]);
  });

  test("a link to a new switch is not doubtful; nor is one to a switch that was disconnected", () => {
    net.ports(1, [1]).ready(1).pass(6_000).cable([1, 1], [2, 1]).ports(2, [1]).ready(2).pass(100);
    expect([net.links(), net.doubts()]).toEqual([["1/1-2/1 up"], []]);
    net = new Wiring().ports(1, [1]).ports(2, [1]).ready(1, 2).pass(6_000);
    net.discovery.away(dpid(2));
    net.cable([1, 1], [2, 1]).ready(2).pass(100);
    expect([net.links(), net.doubts()]).toEqual([["1/1-2/1 up"], []]);
  });

  test("no probe leaves a silent port, but a probe that arrives there is heard", () => {
    net
      .cable([1, 1], [2, 1])
      .ports(1, [1], { silent: [1] })
      .ports(2, [1])
      .ready(1, 2)
      .pass(2_000);
    expect(net.sent.every((probe) => probe.dpid === dpid(2))).toBe(true);
    expect(net.links()).toEqual(["1/1-2/1 unidirectional"]);
  });

  test("a port whose named host is removed stays an edge while it is probed, unless it leads to a switch", () => {
    net
      .ports(1, [1, 2], { silent: [1, 2] })
      .ports(2, [1])
      .ready(1, 2)
      .pass(2_000);
    net.ports(1, [1, 2], { silent: [2] });
    for (let n = 0; n < 100; n++) expect(net.pass(20).probing()).toEqual(["1/2"]);
    net.cable([1, 2], [2, 1]).ports(1, [1, 2]).pass(50);
    expect(net.links()).toEqual(["1/2-2/1 up"]);
  });

  test("it stays an edge after a restart without the host", () => {
    net
      .ports(1, [1, 2], { silent: [1] })
      .cable([1, 2], [2, 1])
      .ports(2, [1])
      .ready(1, 2)
      .pass(500);
    const memories = net.discovery.takeMemories();
    expect(memories).toContainEqual(expect.objectContaining({ dpid: dpid(1), edges: [1] }));
    net = new Wiring();
    net.discovery.restore(memories);
    expect(net.ports(1, [1]).probing()).toEqual([]);
    for (net.ready(1); net.now < 3_000; net.pass(20)) expect(net.probing()).toEqual([]);
  });

  test("no probe leaves a tunnel, and that proves nothing: it is probed when no policy names it", () => {
    net
      .ports(1, [1], { tunnels: [1] })
      .ready(1)
      .pass(6_000);
    expect([net.sent, net.probing()]).toEqual([[], ["1/1"]]);
    expect(net.discovery.takeMemories()).toEqual([{ dpid: dpid(1), edges: [], links: [] }]);
    net.ports(1, [1]).pass(20);
    expect([net.sent.length, net.probing()]).toEqual([1, ["1/1"]]);
    net.pass(6_000).ports(1, [1], { tunnels: [1] });
    const { length } = net.sent;
    net.pass(20_000);
    // It forwards as without policies: what it leads to was established before.
    expect([net.sent.length, net.probing()]).toEqual([length, []]);
  });

  test("a probe of another process, a replayed one, and one never sent are stale", () => {
    net.ports(1, [1]).ports(2, [1]).ready(1, 2).pass(100);
    const [first] = net.sent;
    if (!first) throw new Error("no probe");
    const hear = (probe: Probe) => net.discovery.heard(at(2, 1), probe, net.now);
    expect(hear({ ...first, epoch: 1n })).toBe("stale");
    expect(hear({ ...first, sequence: 999 })).toBe("stale");
    expect(hear({ ...first, ...at(9, 9) })).toBe("stale");
    net.pass(3 * INTERVAL);
    expect(hear(first)).toBe("stale");
    expect(net.links()).toEqual([]);
  });

  test("restored links are used at once, and corrected", () => {
    net.discovery.restore([
      { dpid: dpid(1), edges: [2 as PortNo], links: [{ port: 1 as PortNo, peer: at(2, 1) }] },
      { dpid: dpid(2), edges: [], links: [{ port: 1 as PortNo, peer: at(1, 1) }] },
    ]);
    net.ports(1, [1, 2]).ports(2, [1]).ports(3, [1]);
    expect(net.links()).toEqual(["1/1-2/1 up"]);
    expect(net.probing()).toEqual(["3/1"]);
    // The cable has been moved meanwhile.
    net.cable([1, 1], [3, 1]).ready(1, 2, 3).pass(100);
    expect(net.links()).toEqual(["1/1-3/1 up"]);
    net.pass(1_200);
    expect(net.probing()).toEqual([]);
  });

  test("a switch that refuses the rule for probes has edge ports only", () => {
    net.ports(1, [1, 2]);
    net.discovery.unable(dpid(1));
    expect(net.probing()).toEqual([]);
  });

  test("two connected ports are never both edges, after any events in any order", () => {
    const event = fc.oneof(
      fc.record({
        type: fc.constantFrom(
          "ready" as const,
          "away" as const,
          "slow" as const,
          "confirm" as const,
        ),
        n: fc.integer({ min: 1, max: 2 }),
      }),
      fc.record({
        type: fc.constantFrom("up" as const, "down" as const),
        n: fc.integer({ min: 1, max: 2 }),
      }),
      fc.record({ type: fc.constant("pass" as const), n: fc.integer({ min: 1, max: 300 }) }),
    );
    const steps = {
      ready: (n: number) => net.ready(n),
      away: (n: number) => net.discovery.away(dpid(n)),
      slow: (n: number) => net.slow.add(n),
      up: (n: number) => net.ports(n, [1]),
      down: (n: number) => net.ports(n, [], { down: [1] }),
      pass: (n: number) => net.pass(n * 10),
      confirm: () => {
        for (const watch of net.unconfirmed.splice(0)) net.discovery.silent(watch, net.now);
      },
    };
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        net = new Wiring().cable([1, 1], [2, 1]).ports(1, [1]).ports(2, [1]);
        for (const { type, n } of events) {
          steps[type](n);
          const known = new Set([
            ...net.probing(),
            ...net.links().flatMap((link) => link.split(/[- ]/)),
          ]);
          const edges = ["1/1", "2/1"].filter((port) => !known.has(port));
          expect(edges).not.toEqual(["1/1", "2/1"]);
        }
        net.slow.clear();
        net.ports(1, [1]).ports(2, [1]).ready(1, 2).pass(12_000);
        expect(net.links()).toEqual(["1/1-2/1 up"]);
      }),
      { numRuns: 60 },
    );
  });
});
