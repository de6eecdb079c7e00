import type { Dpid, PortNo, PortRole } from "../../topology/index.ts";
import type { PuntedFrame } from "./packet-ins.ts";

/** Frames kept of one port: what a VM says when its port comes up is not much. */
const FRAMES_PER_PORT = 64;

/**
 * Frames from ports of which it is not known yet whether a switch is behind them. A VM speaks of itself
 * the moment its port is there, and then maybe not for a long time: its words are kept until the port
 * turns out to be an edge.
 */
export class WaitingFrames {
  readonly #frames = new Map<Dpid, Map<PortNo, PuntedFrame[]>>();

  keep(frame: PuntedFrame): void {
    const ports = this.#frames.get(frame.dpid) ?? new Map<PortNo, PuntedFrame[]>();
    this.#frames.set(frame.dpid, ports);
    const frames = ports.get(frame.port) ?? [];
    ports.set(frame.port, frames);
    // The bytes are an alias of a buffer that is used again.
    if (frames.length < FRAMES_PER_PORT) frames.push({ ...frame, bytes: frame.bytes.slice() });
  }

  /** Hands out the frames of ports that are edges now, and forgets those of links and of ports gone. */
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
