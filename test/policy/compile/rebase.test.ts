// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type PolicyDocument, type PolicyPlan, TapCompiler } from "../../../src/policy/index.ts";
import {
  type HostConfig,
  type LearnedHost,
  type PortNo,
  parseIpAddress,
  type TopologyConfig,
  TopologyState,
} from "../../../src/topology/index.ts";
import { propertyRuns } from "../../properties.ts";
import { dpid, port } from "../../topology/networks.ts";
import { Follower, tables } from "../followed-tables.ts";
import {
  anyTreatedArb,
  configOf,
  environmentOf,
  mac,
  mirrorArb,
  type Network,
  networkArb,
  policiesOf,
  policyArb,
} from "../scenarios.ts";

const runs = propertyRuns(400);

const switchArb = fc.integer({ min: 1, max: 5 }).map(dpid);
/** Ports of hosts, free ones, and ports of links. */
const portArb = fc.oneof(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 51, max: 56 }));

/** A change of a network. */
const eventArb = fc.oneof(
  { weight: 4, arbitrary: fc.record({ type: fc.constant("host"), ...hostFields() }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("gone"), number: fc.nat(9) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant("moved"),
      number: fc.integer({ min: 1, max: 6 }),
      at: switchArb,
      no: portArb,
      left: fc.record({ dpid: switchArb, port: portArb.map((no) => no as PortNo) }),
      isUsed: fc.boolean(),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant("port"),
      at: switchArb,
      no: portArb,
      up: fc.constantFrom(true, false, undefined),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant("connect"),
      at: switchArb,
      ports: fc.subarray([1, 2, 3, 4, 5, 6, 51, 52, 53, 54], { minLength: 6 }),
    }),
  },
  fc.record({ type: fc.constant("disconnect"), at: switchArb }),
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant("link"),
      index: fc.nat(4),
      weight: fc.constantFrom(0, 1, 1, 2, 5),
    }),
  },
  fc.record({
    type: fc.constant("switch"),
    index: fc.nat(3),
    as: fc.constantFrom("paths", "normal", "gone", "there", "other name"),
  }),
);
type NetworkEvent = typeof eventArb extends fc.Arbitrary<infer T> ? T : never;

function hostFields() {
  return {
    number: fc.integer({ min: 1, max: 9 }),
    at: switchArb,
    no: portArb,
    ip: fc.constantFrom(1, 2, 5, 6),
    hasName: fc.boolean(),
    use: fc.constantFrom(
      ...[{}, {}, { role: "monitor" as const }, { sharedPort: true }],
      ...[{ project: "a" }, { project: "b" }],
    ),
  };
}

/** A network that changes: hosts move, links and switches come and go. */
class LivingNetwork {
  readonly #full: TopologyConfig;
  /** Weights of the links; 0: not there. */
  readonly #weights: number[];
  readonly #profiles: string[];
  #learned: ReadonlyMap<number, LearnedHost> = new Map();
  state: TopologyState;

  constructor(network: Network) {
    this.#full = configOf(network);
    this.#weights = this.#full.links.map(() => 1);
    this.#profiles = network.profiles.map(String);
    this.state = TopologyState.empty.withConfig(this.#config());
    for (const host of this.#full.hosts) this.#add(host);
  }

  apply(event: NetworkEvent): void {
    if ("left" in event) this.#move(event);
    else if ("number" in event && "at" in event) {
      const { number, at, no, ip, hasName, use } = event;
      const ips = [parseIpAddress(`10.0.0.${ip}`) ?? []].flat();
      const named = hasName ? { name: `h${number}` } : {};
      this.#add({ ...named, mac: mac(number), ips, dpid: at, port: no, ...use });
    } else if ("number" in event) {
      const removed = this.state.removeHost(mac(event.number));
      if (removed.ok) this.state = removed.state;
    } else if ("ports" in event) {
      const ports = event.ports.map((no) => port(no));
      this.state = this.state.apply({ type: "switchConnected", dpid: event.at, ports });
    } else if ("up" in event) {
      const { at, no, up } = event;
      const at_ = { dpid: at };
      this.state = this.state.apply(
        up === undefined
          ? { type: "portRemoved", ...at_, port: no as PortNo }
          : { type: "portChanged", ...at_, port: port(no, `p${no}`, up) },
      );
    } else if ("weight" in event) {
      if (event.index < this.#weights.length) this.#weights[event.index] = event.weight;
      this.state = this.state.withConfig(this.#config());
    } else if ("as" in event) {
      if (event.index < this.#profiles.length) this.#profiles[event.index] = event.as;
      this.state = this.state.withConfig(this.#config());
    } else {
      this.state = this.state.apply({ type: "switchDisconnected", dpid: event.at });
    }
  }

  /** A learned host is at a port, and has left another one. */
  #move({ number, at, no, left, isUsed }: Extract<NetworkEvent, { left: unknown }>): void {
    const removed = this.state.removeHost(mac(number));
    if (removed.ok) this.state = removed.state;
    const formerly = [{ ...left, isUsed, isWatched: !isUsed }];
    const ips = [parseIpAddress(`10.0.0.${number}`) ?? []].flat();
    const place = { dpid: at, port: no as PortNo, ips, vlans: [], formerly };
    this.#learned = new Map(this.#learned).set(mac(number), { mac: mac(number), ...place });
    this.state = this.state.withLearnedHosts(this.#learned);
  }

  #add(host: HostConfig): void {
    const added = this.state.addHost(host);
    if (added.ok) this.state = added.state;
  }

  #config(): TopologyConfig {
    const switches = this.#full.switches.flatMap((each, index) => {
      const as = this.#profiles[index];
      if (as === "gone") return [];
      if (as === "other name") return [{ ...each, name: `t${index + 1}` }];
      return [as === "normal" || as === "paths" ? ({ ...each, forwarding: as } as const) : each];
    });
    const there = new Set(switches.map((each) => each.dpid));
    const links = this.#full.links.flatMap((link, index) => {
      const weight = this.#weights[index] ?? 0;
      return weight > 0 && there.has(link.a.dpid) && there.has(link.b.dpid)
        ? [{ ...link, weight }]
        : [];
    });
    return { switches, links, hosts: [] };
  }
}

describe("a compile for a network that changes", () => {
  const ownedArb = fc
    .oneof(policyArb, mirrorArb)
    .map((policy): PolicyDocument => ({ ...policy, project: "a" }));
  const documents = fc.array(fc.oneof(policyArb, mirrorArb, anyTreatedArb, ownedArb), {
    minLength: 1,
    maxLength: 8,
  });
  const events = fc.array(eventArb, { minLength: 1, maxLength: 10 });

  test("equals a full compile after each change", { timeout: 300_000 }, () => {
    fc.assert(
      fc.property(networkArb, documents, events, (network, policyDocuments, happenings) => {
        const living = new LivingNetwork(network);
        const policies = policiesOf(policyDocuments);
        const compiler = new TapCompiler(environmentOf(living.state.topology));
        const follower = new Follower();
        const plans = new Map<string, PolicyPlan | undefined>();
        const follow = (delta: ReturnType<TapCompiler["update"]>) => {
          follower.follow(delta);
          for (const id of delta.changed) plans.set(id, compiler.plan(id));
        };
        follow(compiler.update({ upsert: policies }));
        for (const event of happenings) {
          living.apply(event);
          const environment = environmentOf(living.state.topology);
          follow(compiler.rebase(environment));
          const fresh = new TapCompiler(environment);
          fresh.update({ upsert: policies });
          // Tables of removed switches are empty, and so have no text.
          expect(tables(compiler, environment)).toEqual(tables(fresh, environment));
          expect(follower.tables()).toEqual(tables(fresh, environment));
          for (const { id } of policies) expect(plans.get(id)).toEqual(fresh.plan(id));
        }
      }),
      { numRuns: runs },
    );
  });
});

test("a caveat names the same policy, whatever the order in which policies are compiled", () => {
  const full = configOf({
    profiles: ["paths", "paths", "paths"],
    parents: [0, 0],
    extra: [],
    hosts: [0, 0, 0].map((at) => ({ at, shared: false })),
  });
  const networkWith = (forwarding: "normal" | "paths") => {
    const switches = full.switches.map((each, n) => (n === 0 ? { ...each, forwarding } : each));
    return environmentOf(TopologyState.empty.withConfig({ ...full, switches }).topology);
  };
  const monitor = { host: "h1" };
  const upsert = policiesOf([
    {
      sender: { ip: "10.0.0.0/30" },
      receiver: "any",
      monitors: [monitor],
      exclude: [{ tcp_dst: [80, "8000-8003"] }],
    },
    {
      sender: { ip: "10.0.0.0/30" },
      receiver: { port: { switch: "s2", port: 1 } },
      monitors: [{ balance: [monitor] }],
    },
    { sender: { port: { switch: "s3", port: 1 } }, receiver: "any", monitors: [monitor] },
  ]);
  const compiler = new TapCompiler(networkWith("normal"));
  compiler.update({ upsert });
  compiler.rebase(networkWith("paths"));
  const fresh = new TapCompiler(networkWith("paths"));
  fresh.update({ upsert });
  for (const { id } of upsert) expect(compiler.plan(id)).toEqual(fresh.plan(id));
  const caveats = compiler.plan(upsert[1]?.id as never)?.problems.map(({ what }) => what);
  expect(caveats).toContainEqual(expect.stringContaining("may be treated as policy p0 requests"));
});
