// SPDX-License-Identifier: Apache-2.0
import type { FlowSpec } from "../../src/flow-model/index.ts";
import { buildFrame, frameFields } from "../../src/packet/index.ts";
import { type FrameAt, SimulatedNetwork } from "../../src/simulation/index.ts";
import type { Dpid, PortNo, Topology } from "../../src/topology/index.ts";

/** The fields of a frame that base forwarding uses. */
export interface AddressedFrame {
  readonly ethDst: number;
  readonly ethSrc: number;
}

/** Where a frame enters or left the network. */
export type Delivery = Pick<FrameAt, "dpid" | "port">;

/** A network whose action NORMAL is a learning bridge with all links open. */
export class LearningNetwork {
  readonly #topology: Topology;
  readonly #network: SimulatedNetwork;
  readonly #learned = new Map<Dpid, Map<number, PortNo>>();

  constructor(topology: Topology, tables: ReadonlyMap<Dpid, readonly FlowSpec[]>) {
    this.#topology = topology;
    this.#network = new SimulatedNetwork({
      topology,
      tables: (dpid) => tables.get(dpid) ?? [],
      bridge: (dpid, inPort, bytes) => this.#bridge(dpid, inPort, bytes),
    });
  }

  /** Sends a frame in; returns where it came out, in no particular order. Throws on a loop. */
  send(at: Delivery, frame: AddressedFrame): readonly Delivery[] {
    return this.#network.send({ ...at, bytes: buildFrame(frame) }).delivered.map(place);
  }

  #bridge(dpid: Dpid, inPort: PortNo, bytes: Uint8Array): PortNo[] {
    const { ethSrc = 0, ethDst = 0 } = frameFields(bytes) ?? {};
    const learned = this.#learned.get(dpid) ?? new Map<number, PortNo>();
    this.#learned.set(dpid, learned.set(ethSrc, inPort));
    const known = learned.get(ethDst);
    if (known !== undefined) return [known];
    const links = this.#topology.linkPorts(dpid).map(([port]) => port);
    return [...this.#topology.edgePorts(dpid), ...links];
  }
}

function place({ dpid, port }: FrameAt): Delivery {
  return { dpid, port };
}
