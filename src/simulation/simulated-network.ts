// SPDX-License-Identifier: Apache-2.0

import type { FlowSpec } from "../flow-model/index.ts";
import { complete, type Steps } from "../lang/steps.ts";
import type { Dpid, PortNo, Topology } from "../topology/index.ts";
import { SimulatedSwitch } from "./simulated-switch.ts";
import { readingOf } from "./switch-reading.ts";
import type { Delivery, FrameAt, FrameRole, Outcome, Visit } from "./trace.ts";

/** The components of a simulated network. */
export interface NetworkParts {
  readonly topology: Topology;
  /** All flow entries of a switch; requested once, when a frame first arrives there. */
  readonly tables: (dpid: Dpid) => readonly FlowSpec[];
  /** The ports to which action NORMAL sends a frame that entered by a port. */
  readonly bridge: (dpid: Dpid, inPort: PortNo, bytes: Uint8Array) => readonly PortNo[];
  /** See `SwitchBehaviour`. */
  readonly accessVlan?: (dpid: Dpid, port: PortNo) => number | undefined;
  /** See `SwitchBehaviour`; default: always 0. */
  readonly hash?: (bytes: Uint8Array, below: number, seed: number) => number;
}

/** More visits than one frame and its copies ever make: there is a loop. */
const MAX_VISITS = 5000;

interface Moving {
  readonly at: FrameAt;
  readonly role: FrameRole;
  readonly mayDrop: boolean;
  readonly from: number | undefined;
}

/**
 * Runs flow tables on every switch of a topology: takes a frame at a port and returns the frames that
 * leave the network, with a trace. Throws on a loop, and when `SimulatedSwitch` throws.
 */
export class SimulatedNetwork {
  readonly #parts: NetworkParts;
  readonly #switches = new Map<Dpid, SimulatedSwitch>();

  constructor(parts: NetworkParts) {
    this.#parts = parts;
  }

  /** Sends a frame into the network by a port. */
  send(at: FrameAt): Outcome {
    return complete(this.sending(at));
  }

  /** As `send`, a visit of a switch per step. */
  *sending(at: FrameAt): Steps<Outcome> {
    const visits: Visit[] = [];
    const delivered: Delivery[] = [];
    const moving: Moving[] = [{ at, role: "original", mayDrop: false, from: undefined }];
    for (let next = moving.shift(); next !== undefined; next = moving.shift()) {
      if (visits.length > MAX_VISITS) throw new Error("the frame loops");
      const visit = yield* this.#visit(next);
      const index = visits.push(visit) - 1;
      for (const out of visit.sent) {
        if (out.to !== "port") continue;
        const { port, bytes, role, mayDrop } = out;
        const { dpid } = visit;
        const peer = this.#parts.topology.peer(dpid, port);
        if (peer !== undefined) {
          moving.push({ at: { ...peer, bytes }, role, mayDrop, from: index });
        } else if (!this.#parts.topology.isLinkPort(dpid, port)) {
          delivered.push({ dpid, port, bytes, role, mayDrop, from: index });
        }
      }
    }
    return { visits, delivered };
  }

  *#visit({ at: { dpid, port, bytes }, role, mayDrop, from }: Moving): Steps<Visit> {
    const entering = { inPort: port, bytes, role, mayDrop };
    const visited = this.#switch(dpid);
    // Taking over the tables of a switch and looking rules up there each take as long as there are entries.
    yield;
    const { fired, sent } = visited.receive(entering);
    yield;
    return { dpid, ...entering, from, fired, sent };
  }

  #switch(dpid: Dpid): SimulatedSwitch {
    let found = this.#switches.get(dpid);
    if (found === undefined) {
      const { tables, bridge, accessVlan, hash = () => 0 } = this.#parts;
      found = new SimulatedSwitch(tables(dpid), {
        bridge: (inPort, bytes) => bridge(dpid, inPort, bytes),
        ...(accessVlan && { accessVlan: (port: PortNo) => accessVlan(dpid, port) }),
        hash,
        reading: readingOf(this.#parts.topology, dpid),
      });
      this.#switches.set(dpid, found);
    }
    return found;
  }
}
