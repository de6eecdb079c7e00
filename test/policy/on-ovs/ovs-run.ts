// SPDX-License-Identifier: Apache-2.0
import type { FlowSpec } from "../../../src/flow-model/index.ts";
import { frameFields } from "../../../src/packet/index.ts";
import { type Policy, type PolicyDocument, TapCompiler } from "../../../src/policy/index.ts";
import {
  type FlowHash,
  monitorsOwed,
  type OwedCopy,
} from "../../../src/policy/semantics/semantics.ts";
import type { FrameAt, Outcome } from "../../../src/simulation/index.ts";
import { type Dpid, formatIpAddress, type Topology } from "../../../src/topology/index.ts";
import {
  addTunnelPort,
  BY_FLOW,
  installTables,
  type LabLink,
  type OvsLab,
  tunnelEnd,
} from "../../lab/index.ts";
import { linkPortName } from "../../lab/ovs-commands.ts";
import { type AimedPlan, answerTo, enterAimed } from "../aimed-frames.ts";
import { fieldsOf } from "../deliveries.ts";
import { type Network, policiesOf, Scenario, TUNNEL_PORT } from "../scenarios.ts";

/** A generated network with policies and frames. */
export interface OvsCase {
  readonly network: Network;
  readonly documents: readonly PolicyDocument[];
  readonly frames: readonly AimedPlan[];
  /** Each frame is followed by its answer. */
  readonly hasAnswers?: boolean;
  /**
   * Links are cables, not patch ports: Open vSwitch translates two switches joined by a patch port as
   * one pipeline, while over a cable the next switch receives the frame as it was sent.
   */
  readonly hasCables?: boolean;
}

/** Frames as hex, by the port's name or tunnel's end where they left. */
export type Arrivals = Record<string, string[]>;

/** VLANs of the generated frames: a bridge learns separately for each. */
const VLANS = [0, 7, 100, 103];
const VID_MASK = 0xfff;

/** One case, and its part of the lab. */
export class Run {
  readonly seed: number;
  readonly testCase: OvsCase;
  readonly #scenario: Scenario;
  readonly #policies: readonly Policy[];
  readonly #compiler: TapCompiler;

  constructor(seed: number, testCase: OvsCase) {
    this.seed = seed;
    this.testCase = testCase;
    this.#scenario = new Scenario(testCase.network);
    this.#policies = policiesOf(testCase.documents);
    this.#compiler = new TapCompiler(this.#scenario.environment);
    this.#compiler.update({ upsert: this.#policies });
  }

  get topology(): Topology {
    return this.#scenario.topology;
  }

  /** The entries of all switches for the policies. */
  get flows(): FlowSpec[] {
    return [...this.topology.switches.keys()].flatMap((dpid) => this.#compiler.desired(dpid));
  }

  #bridge(dpid: Dpid): string {
    return `n${this.seed}s${Number(dpid)}`;
  }

  portName({ dpid, port }: Pick<FrameAt, "dpid" | "port">): string {
    return `${this.#bridge(dpid)}-h${port}`;
  }

  get switches() {
    return [...this.topology.switches.keys()].map((dpid) => ({
      name: this.#bridge(dpid),
      dpid: (this.seed * 16 + Number(dpid)).toString(16).padStart(16, "0"),
      hosts: [
        ...[...this.topology.edgePorts(dpid), ...this.topology.tapPorts(dpid)]
          .filter((port) => port !== TUNNEL_PORT)
          .map((port) => ({ name: this.portName({ dpid, port }), port })),
        ...this.#cables
          .filter(([at]) => at === this.#bridge(dpid))
          .map(([at, port]) => ({ name: linkPortName(at, port), port })),
      ],
    }));
  }

  get links(): LabLink[] {
    return this.testCase.hasCables ? [] : this.#links;
  }

  get #links(): LabLink[] {
    return this.topology.links.map(({ a, b }) => [
      this.#bridge(a.dpid),
      Number(a.written),
      this.#bridge(b.dpid),
      Number(b.written),
    ]);
  }

  /** Cables, each from either end. */
  get #cables(): LabLink[] {
    if (!this.testCase.hasCables) return [];
    return this.#links.flatMap(([a, aPort, b, bPort]): LabLink[] => [
      [a, aPort, b, bPort],
      [b, bPort, a, aPort],
    ]);
  }

  /**
   * The frames to send, without those that a bridge does not forward unchanged: it drops frames that an
   * unknown host sends to itself, and strips tags of VLAN 0, which have only a priority.
   */
  get entering(): FrameAt[] {
    const frames = this.testCase.frames.map((plan) => this.entered(plan));
    const answered = (at: FrameAt) => [at, ...answerTo(at, this.topology)];
    return (this.testCase.hasAnswers ? frames.flatMap(answered) : frames).filter(isFit);
  }

  /** A frame at the port by which it enters. */
  entered(plan: AimedPlan): FrameAt {
    return enterAimed(plan, this.#policies, this.topology);
  }

  /** Sends a frame. `received`: the frames that left since the last `OvsLab.clear`. */
  async send(lab: OvsLab, at: FrameAt, received: () => Arrivals): Promise<Arrivals> {
    const peers = new Map(
      this.#cables.map(([a, aPort, b, bPort]) => [linkPortName(a, aPort), linkPortName(b, bPort)]),
    );
    const arrived: Arrivals = {};
    await this.#flushLearned(lab);
    const moving = [{ port: this.portName(at), frame: Buffer.from(at.bytes).toString("hex") }];
    for (let next = moving.shift(); next !== undefined; next = moving.shift()) {
      lab.clear();
      await lab.inject(next.port, next.frame);
      for (const [where, frames] of Object.entries(received())) {
        const port = peers.get(where);
        if (port === undefined) arrived[where] = [...(arrived[where] ?? []), ...frames];
        else moving.push(...frames.map((frame) => ({ port, frame })));
      }
    }
    return sortedLists(arrived);
  }

  /** Flushes what bridges learned from frames; static entries stay. */
  async #flushLearned(lab: OvsLab): Promise<void> {
    for (const dpid of this.topology.switches.keys()) {
      await lab.appctl("fdb/flush", this.#bridge(dpid));
    }
  }

  async install(lab: OvsLab): Promise<void> {
    const tables = this.#scenario.tables(this.#compiler);
    for (const dpid of this.topology.switches.keys()) {
      if (this.testCase.network.hasTunnels) await this.#addTunnelPort(lab, dpid);
      await installTables(lab, this.#bridge(dpid), tables(dpid));
      await this.#addStaticEntries(lab, dpid);
    }
  }

  /** All bridges of a lab share one datapath, where each tunnel port needs its own UDP port. */
  #addTunnelPort(lab: OvsLab, dpid: Dpid): Promise<void> {
    const name = this.portName({ dpid, port: TUNNEL_PORT as FrameAt["port"] });
    const udpPort = 20_000 + this.seed * 16 + Number(dpid);
    return addTunnelPort(
      lab,
      { switch: this.#bridge(dpid), name },
      { kind: "vxlan", ...BY_FLOW },
      `options:dst_port=${udpPort}`,
      `ofport_request=${TUNNEL_PORT}`,
    );
  }

  /** Those of generated frames and of copies. */
  get #vlans(): Set<number> {
    const ofCopies = this.flows.flatMap(({ match }) =>
      match.flatMap((item) => (item.field === "vlanVid" ? [item.value & VID_MASK] : [])),
    );
    return new Set([...VLANS, ...ofCopies]);
  }

  /** Adds static entries to a bridge, for all hosts that it can have learned. */
  async #addStaticEntries(lab: OvsLab, dpid: Dpid): Promise<void> {
    const { topology } = this;
    const bridge = this.#bridge(dpid);
    for (const host of topology.hosts.values()) {
      // No frame that enters by a tap port is learned from.
      if (host.port !== undefined && topology.isTapPort(host.dpid, host.port)) continue;
      const port = host.dpid === dpid ? host.port : topology.nextHop(dpid, host.dpid);
      if (port === undefined) continue;
      const isLink = topology.isLinkPort(dpid, port);
      const name = isLink ? linkPortName(bridge, port) : this.portName({ dpid, port });
      const mac = host.mac.toString(16).replace(/..(?!$)/g, "$&:");
      for (const vlan of this.#vlans) await lab.appctl("fdb/add", bridge, name, String(vlan), mac);
    }
  }

  /** The result of a frame without policies. */
  untapped(at: FrameAt): Outcome {
    return this.#scenario.simulate().send(at);
  }

  /** The copies that are owed of a frame. */
  copies(at: FrameAt, hash?: FlowHash, { visits } = this.untapped(at)): OwedCopy[] {
    const fields = fieldsOf(at.bytes, this.topology);
    const { hasTags } = this.#scenario;
    const options = hash === undefined ? { hasTags } : { hash, hasTags };
    return [...monitorsOwed(this.#policies, this.topology, visits, fields, options).values()];
  }

  /** The expected arrivals by the reference semantics, if this is the hash of the frame's flow. */
  owed(at: FrameAt, hash?: FlowHash, outcome = this.untapped(at)): Arrivals {
    const owed: Arrivals = {};
    const add = (where: string, bytes: Uint8Array) => {
      owed[where] = [...(owed[where] ?? []), Buffer.from(bytes).toString("hex")];
    };
    for (const each of outcome.delivered) {
      // An original is lost at a tunnel port whose remote is set by flow.
      if (each.port !== TUNNEL_PORT) add(this.portName(each), at.bytes);
    }
    for (const { monitor, treatment } of this.copies(at, hash, outcome)) {
      const { remote, key } = monitor.party.tunnel ?? {};
      const end = remote && tunnelEnd({ remote: formatIpAddress(remote), key });
      add(end ?? this.portName(monitor), at.bytes.slice(0, treatment.truncate));
    }
    return sortedLists(owed);
  }
}

/** Whether a bridge forwards a frame unchanged. */
export function isFit({ bytes, port }: FrameAt): boolean {
  const { ethSrc, ethDst, vlanVid } = frameFields(bytes) ?? {};
  return port !== TUNNEL_PORT && ethSrc !== ethDst && vlanVid !== 0x1000;
}

function sortedLists(arrivals: Arrivals): Arrivals {
  return Object.fromEntries(
    Object.entries(arrivals).map(([name, list]) => [name, [...list].sort()]),
  );
}
