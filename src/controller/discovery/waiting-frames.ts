// SPDX-License-Identifier: Apache-2.0
import type { Dpid, PortNo, PortRole } from "../../topology/index.ts";
import type { PuntedFrame } from "./packet-ins.ts";

/** Maximum number of frames kept per port: a VM sends few when its port comes up. */
const FRAMES_PER_PORT = 64;

/**
 * Frames from ports of which it is not known yet whether a switch is behind them. A VM announces itself
 * when its port comes up, and then perhaps not for a long time: its frames are kept until the port
 * turns out to be an edge.
 */
export class WaitingFrames {
  readonly #frames = new Map<Dpid, Map<PortNo, PuntedFrame[]>>();

  keep(frame: PuntedFrame): void {
    const ports = this.#frames.get(frame.dpid) ?? new Map<PortNo, PuntedFrame[]>();
    this.#frames.set(frame.dpid, ports);
    const frames = ports.get(frame.port) ?? [];
    ports.set(frame.port, frames);
    // The bytes are an alias of a buffer that is reused.
    if (frames.length < FRAMES_PER_PORT) frames.push({ ...frame, bytes: frame.bytes.slice() });
  }

  /** Returns the frames of ports that are edges now, and drops those of links and of removed ports. */
  *take(role: (dpid: Dpid, port: PortNo) => PortRole | undefined): Generator<PuntedFrame> {
    for (const [dpid, ports] of this.#frames) {
      for (const [port, frames] of ports) {
        const now = role(dpid, port);
        if (now === "probing") continue;
        ports.delete(port);
        if (now === "edge") yield* frames;
      }
      if (ports.size === 0) this.#frames.delete(dpid);
    }
  }
}
