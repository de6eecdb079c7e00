// SPDX-License-Identifier: Apache-2.0
import { type MessageOf, output, Port, packetOut } from "../../openflow/index.ts";
import type { Session } from "../../openflow-session/index.ts";
import { type ProbeTunnel, tunnelActions } from "../../policy/index.ts";
import type { Clock } from "../../runtime/clock.ts";
import type { Dpid, PortNo } from "../../topology/index.ts";

/** Maximum rate at which a switch is asked to send frames. */
interface PacketOutRate {
  readonly perSecond: number;
  /** Number of frames in one burst. */
  readonly burst: number;
}

const DEFAULT_RATE: PacketOutRate = { perSecond: 1_000, burst: 250 };

interface Bucket {
  tokens: number;
  /** When the tokens were counted, on the clock. */
  at: number;
}

/**
 * Sends frames through switches. Never waits: a frame that exceeds the rate of the switch, or that would
 * queue behind much else, is not sent, and the caller tries again.
 */
export class PacketOuts {
  readonly #session: (dpid: Dpid) => Session | undefined;
  readonly #clock: Clock;
  readonly #rate: PacketOutRate;
  readonly #buckets = new WeakMap<Session, Bucket>();

  /** `session`: the open session of a switch. */
  constructor(
    session: (dpid: Dpid) => Session | undefined,
    clock: Clock,
    rate: PacketOutRate = DEFAULT_RATE,
  ) {
    this.#session = session;
    this.#clock = clock;
    this.#rate = rate;
  }

  /** Sends a frame out of a port, into a tunnel there if it is given; false when it was not sent. */
  send(dpid: Dpid, port: PortNo, frame: Uint8Array, tunnel?: ProbeTunnel): boolean {
    const actions = [...(tunnel ? tunnelActions(tunnel) : []), output(port)];
    return this.#request(dpid, packetOut({ actions, data: frame }));
  }

  /** Has a switch handle a frame as if it had entered by a port; false when it was not sent. */
  handle(dpid: Dpid, inPort: PortNo, frame: Uint8Array): boolean {
    const actions = [output(Port.Table)];
    return this.#request(dpid, packetOut({ inPort, actions, data: frame }));
  }

  #request(dpid: Dpid, message: MessageOf<"packetOut">): boolean {
    const session = this.#session(dpid);
    if (!session || !this.#take(session)) return false;
    return session.send(message);
  }

  #take(session: Session): boolean {
    const { perSecond, burst } = this.#rate;
    const now = this.#clock.now();
    const bucket = this.#buckets.get(session) ?? { tokens: burst, at: now };
    this.#buckets.set(session, bucket);
    bucket.tokens = Math.min(burst, bucket.tokens + ((now - bucket.at) * perSecond) / 1000);
    bucket.at = now;
    if (bucket.tokens < 1) return false;
    bucket.tokens--;
    return true;
  }
}
