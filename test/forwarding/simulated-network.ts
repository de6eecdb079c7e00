import type { OxmField } from "../../src/openflow/index.ts";
import type { ActionSpec, FlowSpec } from "../../src/pipeline/index.ts";
import type { Dpid, PortNo, Topology } from "../../src/topology/index.ts";

/** The little of a frame that base forwarding looks at. */
export interface SimulatedFrame {
  readonly ethDst: number;
  readonly ethSrc: number;
}

/** Where a frame left the network. */
export interface Delivery {
  readonly dpid: Dpid;
  readonly port: PortNo;
}

const NORMAL = 0xfffffffa;
/** More hops than any frame takes in the networks tested: there is a loop. */
const MAX_HOPS = 5000;

/**
 * Runs compiled tables on every switch of a topology: frames in at edge ports, deliveries out.
 * Action NORMAL is a learning bridge whose links are all open.
 */
export class SimulatedNetwork {
  readonly #topology: Topology;
  readonly #tables: ReadonlyMap<Dpid, readonly FlowSpec[]>;
  readonly #learned = new Map<Dpid, Map<number, PortNo>>();

  constructor(topology: Topology, tables: ReadonlyMap<Dpid, readonly FlowSpec[]>) {
    this.#topology = topology;
    this.#tables = tables;
  }

  /** Sends a frame in; returns where it came out, in no particular order. Throws on a loop. */
  send(at: Delivery, frame: SimulatedFrame): Delivery[] {
    const deliveries: Delivery[] = [];
    const moving: Delivery[] = [at];
    for (let hops = 0; ; hops++) {
      const next = moving.pop();
      if (!next) return deliveries;
      if (hops > MAX_HOPS) throw new Error("the frame loops");
      for (const port of this.#outputs(next, frame)) {
        const peer = this.#topology.peer(next.dpid, port);
        if (peer) moving.push(peer);
        else if (!this.#topology.isLinkPort(next.dpid, port))
          deliveries.push({ dpid: next.dpid, port });
      }
    }
  }

  #outputs({ dpid, port: inPort }: Delivery, frame: SimulatedFrame): PortNo[] {
    const values: Record<string, number> = { inPort, ...frame };
    const fits = (field: OxmField) => {
      const value = values[field.field] ?? 0;
      const mask = "mask" in field && field.mask !== undefined ? BigInt(field.mask as number) : -1n;
      return "value" in field && (BigInt(value) & mask) === BigInt(field.value as number);
    };
    const flows = (this.#tables.get(dpid) ?? []).filter(({ match }) => match.every(fits));
    const best = flows.toSorted((x, y) => y.priority - x.priority)[0];
    const ports = (best?.actions ?? []).flatMap((action) => this.#run(action, dpid, inPort, frame));
    return ports.filter((port) => port !== inPort);
  }

  #run(action: ActionSpec, dpid: Dpid, inPort: PortNo, frame: SimulatedFrame): PortNo[] {
    if (action.type === "useGroup") {
      const actions = action.group.buckets.flatMap((bucket) => bucket.actions);
      return actions.flatMap((each) => this.#run(each, dpid, inPort, frame));
    }
    if (action.type !== "output") throw new Error(`action ${action.type} is not simulated`);
    return action.port === NORMAL ? this.#bridge(dpid, inPort, frame) : [action.port as PortNo];
  }

  #bridge(dpid: Dpid, inPort: PortNo, { ethSrc, ethDst }: SimulatedFrame): PortNo[] {
    const learned = this.#learned.get(dpid) ?? new Map<number, PortNo>();
    this.#learned.set(dpid, learned.set(ethSrc, inPort));
    const known = learned.get(ethDst);
    if (known !== undefined) return [known];
    const links = this.#topology.linkPorts(dpid).map(([port]) => port);
    return [...this.#topology.edgePorts(dpid), ...links];
  }
}
