import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { frameFields } from "../../src/packet/index.ts";
import { type PolicyDocument, TapCompiler } from "../../src/policy/index.ts";
import { monitorsOwed } from "../../src/policy/semantics.ts";
import type { FrameAt } from "../../src/simulation/index.ts";
import type { Dpid, Topology } from "../../src/topology/index.ts";
import { installTables, type LabLink, OvsLab } from "../lab/index.ts";
import { linkPortName } from "../lab/ovs-commands.ts";
import { type AimedPlan, aimedArb, enterAimed } from "./aimed-frames.ts";
import {
  mirrorArb,
  type Network,
  networkArb,
  policiesOf,
  policyArb,
  Scenario,
} from "./scenarios.ts";

/** A network, policies and frames, as the properties of the compiler make them up. */
interface Story {
  readonly network: Network;
  readonly documents: readonly PolicyDocument[];
  readonly frames: readonly AimedPlan[];
}

const storyArb: fc.Arbitrary<Story> = fc.record({
  network: networkArb
    .filter(({ hosts }) => hosts.length > 4)
    .map((network) => ({ ...network, connected: true })),
  documents: fc.oneof(
    fc.array(policyArb, { minLength: 1, maxLength: 5 }),
    fc.array(mirrorArb, { minLength: 2, maxLength: 6 }),
  ),
  frames: fc.array(aimedArb, { minLength: 6, maxLength: 10 }),
});

/** VLANs of the frames that are made up: a bridge learns for each by itself. */
const VLANS = [0, 7, 100, 103];
/** Spreads seeds, so that neighbours have nothing in common. */
const SEED_STEP = 0x9e3779b1;

/**
 * Tests that real switches do what policies mean, in one lab: one network per seed, from `first` to
 * `last`. Every frame that leaves any edge port is compared byte by byte.
 */
export function testOnSwitches(first: number, last: number): void {
  const runs = Array.from({ length: last - first + 1 }, (_, n) => new Run(first + n));
  let lab: OvsLab;
  beforeAll(async () => {
    lab = await OvsLab.start();
    await lab.build({
      switches: runs.flatMap((run) => run.switches),
      links: runs.flatMap((run) => run.links),
    });
  });
  afterAll(() => lab.stop());

  test("the frames of these networks owe copies enough to be worth it", () => {
    const copies = runs.flatMap((run) => run.entering.map((at) => run.monitors(at).length));
    expect(copies.filter((count) => count > 0).length).toBeGreaterThan(runs.length / 2);
  });

  test.each(runs.map((run) => [run.seed, run] as const))("seed %i", async (_, run) => {
    await run.install(lab);
    for (const at of run.entering) {
      lab.clear();
      await run.forgetStrangers(lab);
      await lab.inject(run.portName(at), at.bytes);
      const context = `seed ${run.seed}: ${fc.stringify(run.story)}`;
      expect(sortedValues(lab.received()), context).toEqual(sortedValues(run.owed(at)));
    }
  });
}

/** One story, and its part of the lab. */
class Run {
  readonly seed: number;
  readonly story: Story;
  readonly #scenario: Scenario;
  readonly #compiler: TapCompiler;

  constructor(seed: number) {
    this.seed = seed;
    const [story] = fc.sample(storyArb, { seed: Math.imul(seed, SEED_STEP), numRuns: 1 });
    if (story === undefined) throw new Error("no story");
    this.story = story;
    this.#scenario = new Scenario(story.network);
    this.#compiler = new TapCompiler(this.#scenario.environment);
    this.#compiler.update({ upsert: policiesOf(story.documents) });
  }

  get #topology(): Topology {
    return this.#scenario.topology;
  }

  #bridge(dpid: Dpid): string {
    return `n${this.seed}s${Number(dpid)}`;
  }

  portName({ dpid, port }: Pick<FrameAt, "dpid" | "port">): string {
    return `${this.#bridge(dpid)}-h${port}`;
  }

  get switches() {
    return [...this.#topology.switches.keys()].map((dpid) => ({
      name: this.#bridge(dpid),
      dpid: (this.seed * 16 + Number(dpid)).toString(16).padStart(16, "0"),
      hosts: this.#topology
        .edgePorts(dpid)
        .map((port) => ({ name: this.portName({ dpid, port }), port })),
    }));
  }

  get links(): LabLink[] {
    return this.#topology.links.map(({ a, b }) => [
      this.#bridge(a.dpid),
      Number(a.written),
      this.#bridge(b.dpid),
      Number(b.written),
    ]);
  }

  /**
   * A bridge drops what a stranger sends itself: it has just learned where he is. And it takes off
   * tags of VLAN 0, which say a priority only.
   */
  get entering(): FrameAt[] {
    const policies = policiesOf(this.story.documents);
    const frames = this.story.frames.map((plan) => enterAimed(plan, policies, this.#topology));
    return frames.filter(({ bytes }) => {
      const { ethSrc, ethDst, vlanVid } = frameFields(bytes) ?? {};
      return ethSrc !== ethDst && vlanVid !== 0x1000;
    });
  }

  /** What bridges have learned from frames; what they were taught stays. */
  async forgetStrangers(lab: OvsLab): Promise<void> {
    for (const dpid of this.#topology.switches.keys()) {
      await lab.appctl("fdb/flush", this.#bridge(dpid));
    }
  }

  async install(lab: OvsLab): Promise<void> {
    const tables = this.#scenario.tables(this.#compiler);
    for (const dpid of this.#topology.switches.keys()) {
      await installTables(lab, this.#bridge(dpid), tables(dpid));
      await this.#teach(lab, dpid);
    }
  }

  /** Has a bridge know where all hosts are, and never learn otherwise. */
  async #teach(lab: OvsLab, dpid: Dpid): Promise<void> {
    const topology = this.#topology;
    const bridge = this.#bridge(dpid);
    for (const host of topology.hosts.values()) {
      const port = host.dpid === dpid ? host.port : topology.nextHop(dpid, host.dpid);
      if (port === undefined) continue;
      const isLink = topology.isLinkPort(dpid, port);
      const name = isLink ? linkPortName(bridge, port) : this.portName({ dpid, port });
      const mac = host.mac.toString(16).replace(/..(?!$)/g, "$&:");
      for (const vlan of VLANS) await lab.appctl("fdb/add", bridge, name, String(vlan), mac);
    }
  }

  /** Who is owed a copy. */
  monitors(at: FrameAt): readonly Pick<FrameAt, "dpid" | "port">[] {
    const { visits } = this.#scenario.simulate().send(at);
    const policies = policiesOf(this.story.documents);
    const fields = frameFields(at.bytes) ?? {};
    const owed = monitorsOwed(policies, this.#topology, visits, fields);
    return [...owed.values()].map(({ monitor }) => monitor);
  }

  /** What each edge port owes its host, by the meaning of the policies alone. */
  owed(at: FrameAt): Record<string, string[]> {
    const { delivered } = this.#scenario.simulate().send(at);
    const owed: Record<string, string[]> = {};
    for (const each of [...delivered, ...this.monitors(at)]) {
      const name = this.portName(each);
      owed[name] = [...(owed[name] ?? []), Buffer.from(at.bytes).toString("hex")];
    }
    return owed;
  }
}

function sortedValues(frames: Record<string, string[]>): Record<string, string[]> {
  return Object.fromEntries(Object.entries(frames).map(([name, list]) => [name, [...list].sort()]));
}
