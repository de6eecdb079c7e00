// SPDX-License-Identifier: Apache-2.0

import fc from "fast-check";
import { expect, test } from "vitest";
import { Compilation } from "../../src/controller/desired/compilation.ts";
import { type Action, Port } from "../../src/openflow/index.ts";
import { Reconciler, type SwitchChannel } from "../../src/reconcile/index.ts";
import { silentLogger } from "../../src/runtime/logger.ts";
import { type Dpid, type Link, Topology } from "../../src/topology/index.ts";
import { unslicedQueue } from "../reconcile/at-once.ts";
import { closedAfterTest } from "../reconcile/closed-after-test.ts";
import { FakeSwitch } from "../reconcile/fake-switch.ts";
import { dpid, hostMac, stateOf } from "../topology/networks.ts";

const SIZE = 5;
const BROADCAST = 0xffffffffffff;
/** Upper bound of the number of links in a generated network. */
const MAX_LINKS = 12;
type Links = readonly (readonly [number, number, number, number])[];

/** Connected networks: a tree, and links across it, including parallel ones. */
const networks: fc.Arbitrary<Links> = fc
  .tuple(
    fc.tuple(...[1, 2, 3, 4].map((max) => fc.integer({ min: 1, max }))),
    fc.array(fc.tuple(fc.integer({ min: 1, max: SIZE }), fc.integer({ min: 1, max: SIZE - 1 })), {
      minLength: 1,
      maxLength: MAX_LINKS - SIZE,
    }),
  )
  .map(([parents, across]) => {
    const tree = parents.map((parent, n) => [parent, n + 2] as const);
    const more = across.map(([a, step]) => [a, ((a - 1 + step) % SIZE) + 1] as const);
    return [...tree, ...more].map(([a, b], n) => [a, 10 + 2 * n, b, 11 + 2 * n] as const);
  });
/** One host on each switch, at port 1. */
const HOSTS = Array.from({ length: SIZE }, (_, n) => [n + 1, 1] as const);

type Event =
  | { type: "weights"; weights: readonly number[] }
  | { type: "cut" | "mend"; link: number }
  | { type: "delay"; switch: number; turns: number }
  | { type: "leave" | "come"; switch: number }
  | { type: "wait"; turns: number };

const at = fc.integer({ min: 1, max: SIZE });
const steady: fc.Arbitrary<Event>[] = [
  fc.record({
    type: fc.constant("weights" as const),
    weights: fc.array(fc.integer({ min: 1, max: 9 }), {
      minLength: MAX_LINKS,
      maxLength: MAX_LINKS,
    }),
  }),
  fc.record({ type: fc.constant("delay" as const), switch: at, turns: fc.nat(9) }),
  fc.record({ type: fc.constant("wait" as const), turns: fc.integer({ min: 1, max: 15 }) }),
  fc.record({ type: fc.constantFrom("leave" as const, "come" as const), switch: at }),
];
const rough: fc.Arbitrary<Event>[] = [
  ...steady,
  fc.record({
    type: fc.constantFrom("cut" as const, "mend" as const),
    link: fc.nat(MAX_LINKS - 1),
  }),
];

type Kind = "paths" | "normal";

/** A network whose controller compiles and reconciles as the real one does; switches are in memory. */
class World {
  readonly switches = new Map<Dpid, FakeSwitch>();
  readonly #kinds: readonly Kind[];
  readonly #channels = new Map<Dpid, SwitchChannel>();
  readonly #compilation = new Compilation();
  readonly #reconciler: Reconciler;
  readonly #plan: Topology;
  readonly #links: Links;
  #weights: readonly number[] = [];
  readonly down = new Set<number>();
  topology = Topology.empty;

  constructor(network: Links, kinds: readonly Kind[]) {
    this.#links = network;
    this.#kinds = kinds;
    const links = network.map((link) => [...link] as [number, number, number, number]);
    this.#plan = stateOf({ profiles: kinds, links, hosts: HOSTS }).topology;
    this.#reconciler = closedAfterTest(
      new Reconciler({
        queue: unslicedQueue(),
        logger: silentLogger,
        events: { changed: () => undefined },
        order: () => this.#compilation.order,
        auditIntervalMs: 0,
      }),
    );
    this.#reconciler.allowSweep();
    for (let n = 1; n <= SIZE; n++) {
      const fake = new FakeSwitch();
      fake.onDrop = (channel) => this.#reconciler.disconnect(dpid(n), channel);
      this.switches.set(dpid(n), fake);
    }
    this.#compile();
    for (let n = 1; n <= SIZE; n++) this.#come(n);
  }

  get isMixed(): boolean {
    return this.#kinds.includes("normal");
  }

  async settle(): Promise<void> {
    for (let n = 1; n <= SIZE; n++) this.#come(n);
    await this.#reconciler.settled();
  }

  get pending(): number[] {
    return [...this.switches.keys()].map((each) => this.#reconciler.progress(each)?.pending ?? -1);
  }

  async apply(event: Event): Promise<void> {
    switch (event.type) {
      case "weights":
        this.#weights = event.weights;
        this.#compile();
        return;
      case "cut":
        this.down.add(event.link);
        this.#compile();
        return;
      case "mend":
        this.down.delete(event.link);
        this.#compile();
        return;
      case "delay": {
        const fake = this.switches.get(dpid(event.switch));
        if (fake) fake.delay = () => event.turns;
        return;
      }
      case "leave":
        this.#channels.get(dpid(event.switch))?.close("leaves");
        this.#channels.delete(dpid(event.switch));
        return;
      case "come":
        this.#come(event.switch);
        return;
      case "wait":
        for (let turn = 0; turn < event.turns; turn++) await new Promise(setImmediate);
        return;
      default:
        event satisfies never;
    }
  }

  /**
   * Sends a frame into a switch's host port, through the present tables. Returns the switches whose host
   * received it, in ascending order; throws if it loops.
   */
  send(from: number, ethDst: number): number[] {
    const got: number[] = [];
    const moving = [{ at: dpid(from), inPort: 1, path: "" }];
    for (let next = moving.pop(); next; next = moving.pop()) {
      const mark = `${next.at}/${next.inPort} `;
      if (next.path.includes(mark)) throw new Error(`a frame from s${from} loops: ${next.path}`);
      for (const port of this.#outputs(next.at, next.inPort, ethDst)) {
        if (port === 1) got.push(Number(next.at));
        const far = this.#far(next.at, port);
        if (far) moving.push({ at: far.at, inPort: far.port, path: next.path + mark });
      }
    }
    return got.sort();
  }

  #come(n: number): void {
    if (this.#channels.has(dpid(n))) return;
    const channel = this.switches.get(dpid(n))?.connect();
    if (!channel) throw new Error(`no switch ${n}`);
    this.#channels.set(dpid(n), channel);
    this.#reconciler.connect(dpid(n), channel);
  }

  #compile(): void {
    const links = this.#plan.links.map((link, n): Link => {
      return { ...link, weight: this.#weights[n] ?? 1, up: !this.down.has(n) };
    });
    const { switches, hosts } = this.#plan;
    this.topology = new Topology({ switches, links, hosts }, this.topology);
    const { switches: edits } = this.#compilation.setTopology(this.topology);
    for (const [each, edit] of edits) this.#reconciler.edit(each, edit);
  }

  #far(from: Dpid, port: number): { at: Dpid; port: number } | undefined {
    for (const [n, [a, aPort, b, bPort]] of this.#links.entries()) {
      if (this.down.has(n)) continue;
      if (dpid(a) === from && aPort === port) return { at: dpid(b), port: bPort };
      if (dpid(b) === from && bPort === port) return { at: dpid(a), port: aPort };
    }
    return undefined;
  }

  #outputs(at: Dpid, inPort: number, ethDst: number): number[] {
    const fake = this.switches.get(at);
    if (!fake) return [];
    const values: Record<string, number> = { inPort, ethDst };
    const flows = [...fake.tables.flows.values()].filter(({ match }) =>
      match.every((field) => {
        if (!("value" in field)) throw new Error("not simulated");
        const mask = "mask" in field && field.mask !== undefined ? BigInt(field.mask) : -1n;
        return (BigInt(values[field.field] ?? -1) & mask) === BigInt(field.value);
      }),
    );
    const best = flows.sort((x, y) => y.priority - x.priority)[0];
    const actions = best?.instructions.flatMap((each) => ("actions" in each ? each.actions : []));
    const ports = (actions ?? []).flatMap((action) => this.#ports(fake, at, action));
    return ports.filter((port) => port !== inPort);
  }

  #ports(fake: FakeSwitch, at: Dpid, action: Action): number[] {
    if (action.type === "group") {
      const buckets = fake.tables.groups.get(action.groupId)?.buckets ?? [];
      return buckets.flatMap(({ actions }) => actions.flatMap((a) => this.#ports(fake, at, a)));
    }
    if (action.type !== "output") throw new Error(`${action.type} is not simulated`);
    if (action.port !== Port.Normal) return [action.port];
    return [
      1,
      ...this.#links.flatMap(([a, aPort, b, bPort]) => [
        ...(dpid(a) === at ? [aPort] : []),
        ...(dpid(b) === at ? [bPort] : []),
      ]),
    ];
  }
}

const allHosts = Array.from({ length: SIZE }, (_, n) => n + 1);

/** Broadcasts from allHosts, and where all switches are ours unicast from allHosts to allHosts. */
function probe(world: World, check: (from: number, to: number, got: number[]) => void): void {
  for (const from of allHosts) {
    check(from, 0, world.send(from, BROADCAST));
    for (const to of world.isMixed ? [] : allHosts) {
      if (to !== from) check(from, to, world.send(from, hostMac(to)));
    }
  }
}

async function run(
  events: readonly Event[],
  network: Links,
  kinds: readonly Kind[],
  check: (from: number, to: number, got: number[]) => void,
): Promise<World> {
  const world = new World(network, kinds);
  await world.settle();
  const wrong: string[] = [];
  const look = () => {
    try {
      probe(world, check);
    } catch (error) {
      wrong.push(String(error));
    }
  };
  for (const fake of world.switches.values()) fake.onChange = look;
  for (const event of events) await world.apply(event);
  for (const fake of world.switches.values()) fake.delay = () => 0;
  await world.settle();
  expect(wrong).toEqual([]);
  return world;
}

const all = (from: number) => allHosts.filter((each) => each !== from);

test("ways change and no frame is lost, doubled, or sent round; floods double and loop nowhere", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof(...steady), { maxLength: 25 }),
      networks,
      async (...made) => {
        const kinds = allHosts.map((): Kind => "paths");
        const world = await run(...made, kinds, (from, to, got) => {
          if (to > 0) expect(got, `from s${from} to s${to}`).toEqual([to]);
          else expect(new Set(got).size, `flood from s${from}: ${got}`).toBe(got.length);
        });
        expect(world.pending).toEqual(allHosts.map(() => 0));
        probe(world, (from, to, got) => expect(got).toEqual(to > 0 ? [to] : all(from)));
      },
    ),
    { numRuns: 60 },
  );
});

test("links come and go, and nothing goes round: beside a bridge that learns, no broadcast", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof(...rough), { maxLength: 30 }),
      networks,
      fc.constantFrom(
        allHosts.map((): Kind => "paths"),
        ["paths", "paths", "normal", "paths", "paths"] as const,
      ),
      async (events, network, kinds) => {
        const world = await run(events, network, kinds, (from, _, got) => {
          expect(new Set(got).size, `from s${from}: ${got}`).toBe(got.length);
        });
        expect(world.pending).toEqual(allHosts.map(() => 0));
      },
    ),
    { numRuns: 60 },
  );
});
