// SPDX-License-Identifier: Apache-2.0

import { Compilation } from "../../src/controller/desired/compilation.ts";
import { type ActionSpec, categoryOf, type FlowSpec } from "../../src/flow-model/index.ts";
import type { Action } from "../../src/openflow/index.ts";
import { buildFrame } from "../../src/packet/index.ts";
import { type Policy, type PolicyDocument, parsePolicy } from "../../src/policy/index.ts";
import { Reconciler, type SwitchChannel } from "../../src/reconcile/index.ts";
import { silentLogger } from "../../src/runtime/logger.ts";
import { SimulatedNetwork } from "../../src/simulation/index.ts";
import {
  type Dpid,
  type Link,
  type PortNo,
  parseIpAddress,
  Topology,
  TopologyState,
} from "../../src/topology/index.ts";
import { unslicedQueue } from "../reconcile/at-once.ts";
import { closedAfterTest } from "../reconcile/closed-after-test.ts";
import { FakeSwitch } from "../reconcile/fake-switch.ts";
import { dpid, hostMac } from "../topology/networks.ts";

export const SIZE = 5;
/** Pairs of switches with a link: a ring with chords. */
const PAIRS = [
  [1, 2],
  [2, 3],
  [3, 4],
  [4, 5],
  [5, 1],
  [2, 4],
  [3, 5],
] as const;
export const LINKS = PAIRS.map(([a, b], n) => [a, 10 + 2 * n, b, 11 + 2 * n] as const);
/** One host on each switch, at port 1; then two monitors. */
const HOSTS = [
  ...Array.from({ length: SIZE }, (_, n) => [n + 1, 1] as const),
  [2, 2],
  [4, 2],
] as const;

const host = (n: number) => ({ host: `h${n}` });
const udp = { ip_proto: "udp" };

/** Every form of policy that decides where frames are tapped and how they are matched there. */
export const POLICIES: readonly PolicyDocument[] = [
  { sender: host(1), receiver: host(3), direction: "both", monitors: [host(6)] },
  { sender: "any", receiver: host(3), direction: "both", monitors: [host(7)], filters: udp },
  { sender: "any", receiver: host(4), direction: "forward", monitors: [host(6), host(7)] },
  { sender: host(5), receiver: "any", direction: "forward", monitors: [host(7)], filters: udp },
  { sender: { ip: "10.0.0.0/29" }, receiver: host(2), direction: "both", monitors: [host(7)] },
  {
    sender: { port: { switch: "s1", port: 1 } },
    receiver: "any",
    direction: "both",
    monitors: [host(6)],
  },
  {
    sender: "any",
    receiver: { port: { switch: "s5", port: 1 } },
    direction: "forward",
    monitors: [host(6)],
    exclude: [{ udp_dst: 53 }],
  },
].map((each, n) => ({ id: `p${n}`, ...each }) as PolicyDocument);

function policy(n: number, enabled: boolean): Policy {
  const parsed = parsePolicy({ ...POLICIES[n], enabled });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.value.policy;
}

/** Where a frame arrived. */
export interface Arrivals {
  /** Switches at whose first port it left unchanged, bit for bit; in ascending order. */
  readonly hosts: readonly number[];
  /** As `hosts`, for the monitors' ports. */
  readonly monitors: readonly number[];
  /** Number of frames that left by the port of a host or monitor but were altered. */
  readonly altered: number;
}

/** A network with taps whose controller compiles and reconciles as the real one does; switches are in memory. */
export class TappedNetwork {
  readonly switches = new Map<Dpid, FakeSwitch>();
  readonly #channels = new Map<Dpid, SwitchChannel>();
  readonly #compilation = new Compilation({ tapVlans: { first: 4000, last: 4010 } });
  readonly #reconciler: Reconciler;
  readonly #plan: Topology;
  #weights: readonly number[] = LINKS.map(() => 1);
  /** Links that are cut, whatever the controller knows. */
  readonly down = new Set<number>();
  #topology = Topology.empty;

  constructor() {
    this.#plan = TopologyState.empty.withConfig({
      switches: Array.from({ length: SIZE }, (_, n) => ({
        dpid: dpid(n + 1),
        name: `s${n + 1}`,
        forwarding: "paths" as const,
      })),
      links: LINKS.map(([a, aPort, b, bPort]) => ({
        a: { dpid: dpid(a), port: aPort },
        b: { dpid: dpid(b), port: bPort },
        weight: 1,
      })),
      hosts: HOSTS.map(([at, port], n) => ({
        name: `h${n + 1}`,
        mac: hostMac(n + 1),
        ips: [parsedIp(`10.0.0.${n + 1}`)],
        dpid: dpid(at),
        port,
      })),
    }).topology;
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
    for (let n = 1; n <= SIZE; n++) this.come(n);
  }

  async settle(): Promise<void> {
    for (const fake of this.switches.values()) fake.delay = () => 0;
    for (let n = 1; n <= SIZE; n++) this.come(n);
    await this.#reconciler.settled();
  }

  get pending(): number[] {
    return [...this.switches.keys()].map((each) => this.#reconciler.progress(each)?.pending ?? -1);
  }

  weigh(weights: readonly number[]): void {
    this.#weights = weights;
    this.#compile();
  }

  cut(link: number): void {
    this.down.add(link);
    this.#compile();
  }

  mend(): void {
    this.down.clear();
    this.#compile();
  }

  tap(n: number, enabled: boolean): void {
    const { switches } = this.#compilation.edit({ upsert: [policy(n, enabled)] });
    for (const [each, edit] of switches) this.#reconciler.edit(each, edit);
  }

  /** Sets how long a switch takes for a change from now on, in turns of the event loop. */
  delay(n: number, turns: number): void {
    const fake = this.switches.get(dpid(n));
    if (fake) fake.delay = () => turns;
  }

  leave(n: number): void {
    this.#channels.get(dpid(n))?.close("leaves");
    this.#channels.delete(dpid(n));
  }

  come(n: number): void {
    if (this.#channels.has(dpid(n))) return;
    const channel = this.switches.get(dpid(n))?.connect();
    if (!channel) throw new Error(`no switch ${n}`);
    this.#channels.set(dpid(n), channel);
    this.#reconciler.connect(dpid(n), channel);
  }

  /** The present tables, to send frames through. */
  snapshot(): (from: number, to: number) => Arrivals {
    const network = new SimulatedNetwork({
      topology: this.#topology,
      tables: (each) => specsOf(this.switches.get(each)),
      bridge: () => [],
    });
    return (from, to) => {
      const bytes = FRAMES.get(`${from} ${to}`);
      if (!bytes) throw new Error(`no frame from h${from} to h${to}`);
      const { delivered } = network.send({ dpid: dpid(from), port: 1 as PortNo, bytes });
      const whole = delivered.filter((each) => Buffer.from(each.bytes).equals(bytes));
      const at = (port: number) =>
        whole.flatMap((each) => (each.port === port ? [Number(each.dpid)] : [])).sort();
      return { hosts: at(1), monitors: at(2), altered: delivered.length - whole.length };
    };
  }

  #compile(): void {
    const links = this.#plan.links.map((link, n): Link => {
      return { ...link, weight: this.#weights[n] ?? 1, up: !this.down.has(n) };
    });
    const { switches, hosts } = this.#plan;
    this.#topology = new Topology({ switches, links, hosts }, this.#topology);
    const { switches: edits } = this.#compilation.setTopology(this.#topology);
    for (const [each, edit] of edits) this.#reconciler.edit(each, edit);
  }
}

/** One frame from each host to each other. */
const FRAMES = new Map(
  Array.from({ length: SIZE * SIZE }, (_, n) => {
    const [from, to] = [1 + (n % SIZE), 1 + Math.floor(n / SIZE)];
    const bytes = buildFrame({
      ethSrc: hostMac(from),
      ethDst: hostMac(to),
      ethType: 0x0800,
      vlanVid: 0,
      ipProto: 17,
      ipv4Src: 0x0a000000 + from,
      ipv4Dst: 0x0a000000 + to,
      udpSrc: 1000,
      udpDst: 2000,
    });
    return [`${from} ${to}`, bytes] as const;
  }),
);

function parsedIp(text: string) {
  const ip = parseIpAddress(text);
  if (!ip) throw new Error(text);
  return ip;
}

/** The entries of a switch as the simulation reads them, with groups in place. */
function specsOf(fake: FakeSwitch | undefined): FlowSpec[] {
  if (!fake) return [];
  const { flows, groups } = fake.tables;
  const used = (actions: readonly Action[]): ActionSpec[] =>
    actions.map((action): ActionSpec => {
      if (action.type !== "group") return action;
      const buckets = (groups.get(action.groupId)?.buckets ?? []).map((bucket) => ({
        role: "original" as const,
        actions: used(bucket.actions),
      }));
      return { type: "useGroup", group: { buckets } };
    });
  return [...flows.values()].map(({ table, priority, match, cookie, instructions }) => ({
    table,
    priority,
    match,
    category: categoryOf(cookie) ?? "forwarding",
    actions: instructions.flatMap((each) => ("actions" in each ? used(each.actions) : [])),
  }));
}
