// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { expect, test } from "vitest";
import { compileForwarding } from "../../../src/forwarding/index.ts";
import * as packet from "../../../src/packet/index.ts";
import { type Policy, type PolicyDocument, TapCompiler } from "../../../src/policy/index.ts";
import {
  type Delivery,
  type FrameAt,
  learnedBridge,
  SimulatedNetwork,
} from "../../../src/simulation/index.ts";
import type { Dpid, PortNo, Topology } from "../../../src/topology/index.ts";
import { isTakenByGuards, pick, targetsOf, without } from "../../policy/attacks.ts";
import { environmentOf, mac, policiesOf } from "../../policy/scenarios.ts";
import { propertyRuns } from "../../properties.ts";
import { Bench, port, S1, S2 } from "./learning-bench.ts";

const numRuns = propertyRuns(50);
const timeout = 3_600_000;

/*
 * Senders 1 and 2 at ports 1 and 2 of the first switch, and the monitor, 3, at port 3 of the second one, or, after a
 * migration, at port 4 there. Attackers at port 5 of the first and port 6 of the second one.
 */
const MONITOR = 3;
const MONITOR_PORTS = [3, 4];
const HOME: Readonly<Record<number, readonly [Dpid, number]>> = { 1: [S1, 1], 2: [S1, 2] };
const ATTACKERS: readonly (readonly [Dpid, number])[] = [
  [S1, 5],
  [S2, 6],
];

const DOCUMENTS: PolicyDocument[] = [
  { sender: macOf(1), receiver: macOf(2), monitors: [macOf(MONITOR)] },
  { sender: macOf(2), receiver: "any", monitors: [macOf(MONITOR)] },
  { sender: "any", receiver: macOf(1), monitors: [{ ip: ipOf(MONITOR) }] },
];

function macOf(host: number) {
  return { mac: `fa:00:00:00:00:0${host}` };
}

function ipOf(host: number): string {
  return `10.0.0.${host}`;
}

/** What a host says of itself, or an attacker of anybody. */
const announcements = ["arp", "rarp", "advertisement", "dhcp"] as const;
type Announcement = (typeof announcements)[number];

function announcement(kind: Announcement, src: number, host: number): Uint8Array {
  const header = { src, dst: 0xffff_ffff_ffff };
  const [ip, ip6] = [ipOf(host), `fd00::${host}`];
  switch (kind) {
    case "arp":
      return packet.ethernet(header, packet.arp({ sha: src, spa: ip, tpa: ip }));
    case "rarp":
      return packet.ethernet(header, packet.rarp(src));
    case "advertisement": {
      const message = packet.neighbourAdvertisement(ip6, src);
      return packet.ethernet(
        header,
        packet.ipv6({ src: ip6, dst: "ff02::1", hopLimit: 255 }, message),
      );
    }
    case "dhcp": {
      const request = packet.dhcp4({ type: 3, chaddr: src, ciaddr: ip });
      const datagram = packet.ipv4({ src: ip, dst: "255.255.255.255" }, request);
      return packet.ethernet(header, datagram);
    }
    default:
      return kind satisfies never;
  }
}

const number = fc.nat(1000);
const hostArb = fc.constantFrom(1, 2, MONITOR, 9);

const stepArb = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant("forged announcement" as const),
      from: number,
      kind: fc.constantFrom(...announcements),
      as: hostArb,
      of: hostArb,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant("forged frame" as const),
      from: number,
      src: number,
      dst: number,
      vlan: fc.option(number, { nil: undefined, freq: 2 }),
      ethType: fc.constantFrom(0x0800, 0x88cc),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant("frame" as const),
      from: fc.constantFrom(1, 2, MONITOR),
      to: hostArb,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant("announcement" as const),
      from: fc.constantFrom(1, 2, MONITOR),
      kind: fc.constantFrom(...announcements),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("migration" as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant("pass" as const),
      ms: fc.constantFrom(30, 1000, 5000),
    }),
  },
);
type Step = typeof stepArb extends fc.Arbitrary<infer T> ? T : never;

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const lineOf = ({ dpid, port, bytes }: Delivery) => `${dpid} ${port} ${hex(bytes)}`;

/** What becomes of frames without policies and with them, and what attackers know of it. */
interface Simulated {
  readonly before: SimulatedNetwork;
  readonly after: SimulatedNetwork;
  readonly targets: ReturnType<typeof targetsOf>;
}

/** Learned hosts, policies and attackers, with the tables that follow from what is learned. */
class Attacked {
  readonly #bench = new Bench(undefined, { newHostsBurst: 1000, newHostsPerSecond: 1000 });
  readonly #policies: readonly Policy[] = policiesOf(DOCUMENTS);
  readonly #compiler: TapCompiler;
  #topology: Topology;
  #now: Simulated;
  #monitorPort = 3;
  /** Frames sent, and copies of them. */
  frames = 0;
  copies = 0;

  constructor() {
    const bench = this.#bench;
    for (const policy of this.#policies) bench.monitors.replace(undefined, policy);
    bench.connect(S1, port(1), port(2), port(5));
    bench.connect(S2, port(3), port(4), port(6));
    this.#topology = bench.network.topology;
    this.#compiler = new TapCompiler(environmentOf(this.#topology));
    this.#compiler.update({ upsert: this.#policies });
    this.#now = this.#simulated(this.#topology);
    for (const host of [1, 2, MONITOR]) this.#send(host, announcement("arp", mac(host), host));
  }

  take(step: Step): void {
    switch (step.type) {
      case "forged announcement":
        this.#enters(pick(ATTACKERS, step.from), announcement(step.kind, mac(step.as), step.of));
        break;
      case "forged frame":
        this.#enters(pick(ATTACKERS, step.from), this.#forgedFrame(step));
        break;
      case "announcement":
        this.#send(step.from, announcement(step.kind, mac(step.from), step.from));
        break;
      case "frame":
        this.#send(step.from, frame({ ethSrc: mac(step.from), ethDst: mac(step.to) }));
        break;
      case "migration":
        this.#migrate();
        break;
      case "pass":
        this.#pass(step.ms);
        break;
      default:
        step satisfies never;
    }
  }

  /** The hypervisor announces the monitor at its next port, before it takes down the old one. */
  #migrate(): void {
    const bench = this.#bench;
    const old = this.#monitorPort;
    this.#monitorPort = old === 3 ? 4 : 3;
    bench.apply({ type: "portChanged", dpid: S2, port: port(this.#monitorPort) });
    this.#send(
      MONITOR,
      packet.ethernet({ src: mac(MONITOR), dst: 0xffff_ffff_ffff }, packet.rarp(mac(MONITOR))),
    );
    bench.apply({ type: "portChanged", dpid: S2, port: { ...port(old), up: false } });
    this.#pass(30);
  }

  #pass(ms: number): void {
    this.#bench.clock.advance(ms);
    const { topology } = this.#bench.network;
    if (topology === this.#topology) return;
    this.#topology = topology;
    this.#compiler.rebase(environmentOf(topology));
    this.#now = this.#simulated(topology);
  }

  #send(host: number, bytes: Uint8Array): void {
    this.#enters(HOME[host] ?? [S2, this.#monitorPort], bytes);
  }

  /** A frame enters: what is to be true of it is so, and switches hand it over. */
  #enters([dpid, at]: readonly [Dpid, number], bytes: Uint8Array): void {
    this.#check({ dpid, port: at as PortNo, bytes });
    this.#bench.enters(dpid, at, bytes);
    this.#pass(30);
  }

  #check(sent: FrameAt): void {
    const [before, after] = [this.#now.before.send(sent), this.#now.after.send(sent)];
    const copies = after.delivered.filter(({ role }) => role === "copy");
    const elsewhere = copies.filter(
      ({ dpid, port }) => dpid !== S2 || !MONITOR_PORTS.includes(port),
    );
    expect(elsewhere).toEqual([]);
    expect(copies.filter(({ bytes }) => hex(bytes) !== hex(sent.bytes))).toEqual([]);
    expect(copies.length).toBeLessThanOrEqual(1);
    const others = after.delivered.filter(({ role }) => role !== "copy");
    const [old, now] = [before.delivered.map(lineOf), others.map(lineOf)];
    expect(without(now, old)).toEqual([]);
    if (!isTakenByGuards(sent.bytes, this.#now.targets)) expect(without(old, now)).toEqual([]);
    this.frames++;
    this.copies += copies.length;
  }

  /** The tables that follow from a snapshot of the network. */
  #simulated(topology: Topology): Simulated {
    const base = compileForwarding(topology);
    const bridge = learnedBridge(topology);
    const tapped = (at: Dpid) => [...(base.get(at) ?? []), ...this.#compiler.desired(at)];
    return {
      before: new SimulatedNetwork({ topology, bridge, tables: (at) => base.get(at) ?? [] }),
      after: new SimulatedNetwork({ topology, bridge, tables: tapped }),
      targets: targetsOf([S1, S2].flatMap((dpid) => this.#compiler.desired(dpid))),
    };
  }

  #forgedFrame({ src, dst, vlan, ethType }: Extract<Step, { type: "forged frame" }>): Uint8Array {
    const { addresses, vlans } = this.#now.targets;
    const tag = vlan === undefined || vlans.length === 0 ? {} : { vlanVid: pick(vlans, vlan) };
    return frame({ ethSrc: pick(addresses, src), ethDst: pick(addresses, dst), ...tag, ethType });
  }
}

function frame(fields: Partial<packet.FrameFields>): Uint8Array {
  return packet.buildFrame({ ethType: 0x0800, ipProto: 17, udpDst: 53, ...fields });
}

test("attackers get no copy, and no monitor one that is forged, whatever they announce and send", {
  timeout,
}, () => {
  const counts = { frames: 0, copies: 0 };
  fc.assert(
    fc.property(fc.array(stepArb, { minLength: 20, maxLength: 40 }), (steps) => {
      const attacked = new Attacked();
      for (const step of steps) attacked.take(step);
      counts.frames += attacked.frames;
      counts.copies += attacked.copies;
    }),
    { numRuns },
  );
  expect(counts.copies).toBeGreaterThan(counts.frames / 10);
});
