// SPDX-License-Identifier: Apache-2.0
import { output, Port, packetOut, pushVlan } from "../../openflow/index.ts";
import type { Session } from "../../openflow-session/index.ts";
import type { MessageOf } from "../../openflow-session/request-outcome.ts";
import { EtherType, ethernet, rawPayload } from "../../packet/index.ts";
import type { CancelTimer, Clock } from "../../runtime/clock.ts";
import { type Dpid, PROBE_SOURCE } from "../../topology/index.ts";

/** How long the answer of a switch is awaited, in milliseconds. */
const AWAITED_MS = 500;

/** No host has it: a locally administered address beside that of the probes. */
const DESTINATION = PROBE_SOURCE + 1;
const INNER_TAGS = [
  { vid: 1, pcp: 0 },
  { vid: 2, pcp: 0 },
] as const;
const TAG_BYTES = 4;
const MAX_LEN = 0xffff;

const FRAME = ethernet(
  { dst: DESTINATION, src: PROBE_SOURCE, tags: INNER_TAGS },
  rawPayload(new Uint8Array(46), EtherType.experimental),
);

/**
 * Finds out how many VLAN tags a switch parses, which OpenFlow does not report: Open vSwitch has a setting
 * for it (`other_config:vlan-limit`). The switch is asked to push a tag onto a frame that has two, and to
 * return it. One that parses a single tag returns three. One that parses two keeps no third: the
 * innermost tag is gone.
 */
export class TagProbes {
  readonly #clock: Clock;
  readonly #waiting = new Map<Dpid, { done(tags: number | undefined): void }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Asks a switch; calls back with the number of tags it parses, or undefined if it does not answer. */
  ask(session: Session, answered: (tags: number | undefined) => void): void {
    const { dpid } = session;
    let cancel: CancelTimer = () => undefined;
    const question = {
      done: (tags: number | undefined) => {
        cancel();
        if (this.#waiting.get(dpid) === question) this.#waiting.delete(dpid);
        answered(tags);
      },
    };
    this.#waiting.set(dpid, question);
    cancel = this.#clock.after(AWAITED_MS, () => question.done(undefined));
    const actions = [pushVlan(EtherType.serviceVlan), output(Port.Controller, MAX_LEN)];
    session.send(packetOut({ actions, data: FRAME }));
  }

  /** Whether a packet-in is an answer. */
  received(dpid: Dpid, { data }: MessageOf<"packetIn">): boolean {
    if (data.length < FRAME.length || !hasProbeAddresses(data)) return false;
    const isWhole = data.length >= FRAME.length + TAG_BYTES;
    this.#waiting.get(dpid)?.done(isWhole ? 1 : INNER_TAGS.length);
    return true;
  }
}

function hasProbeAddresses(data: Uint8Array): boolean {
  return FRAME.subarray(0, 12).every((byte, index) => data[index] === byte);
}
