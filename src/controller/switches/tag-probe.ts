// SPDX-License-Identifier: Apache-2.0
import {
  BadActionCode,
  ErrorType,
  output,
  Port,
  packetOut,
  pushVlan,
} from "../../openflow/index.ts";
import type { Session } from "../../openflow-session/index.ts";
import type { MessageOf } from "../../openflow-session/request-outcome.ts";
import { EtherType, ethernet, rawPayload } from "../../packet/index.ts";
import type { OpenFlowError } from "../../reconcile/index.ts";
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
/** Most tags that Open vSwitch keeps of a frame. */
const MOST_TAGS = 2;

interface Question {
  done(tags: number | undefined): void;
}

const FRAME = ethernet(
  { dst: DESTINATION, src: PROBE_SOURCE, tags: INNER_TAGS },
  rawPayload(new Uint8Array(46), EtherType.experimental),
);

/**
 * Finds out how many VLAN tags a switch parses, which OpenFlow does not report: Open vSwitch has a setting
 * for it (`other_config:vlan-limit`). The switch is asked to push a tag onto a frame that has two, and to
 * return it. One that parses a single tag returns three. One that parses two keeps no third: it refuses
 * the action (in a flow entry it would drop the innermost tag), or returns two.
 */
export class TagProbes {
  readonly #waiting = new Map<Dpid, Question>();

  /** Asks a switch; calls back with the number of tags it parses, or undefined if it does not answer. */
  ask(session: Session, answered: (tags: number | undefined) => void): void {
    const { dpid } = session;
    const question: Question = {
      done: (tags) => {
        if (this.#waiting.get(dpid) !== question) return;
        this.#waiting.delete(dpid);
        answered(tags);
      },
    };
    this.#waiting.set(dpid, question);
    const actions = [pushVlan(EtherType.serviceVlan), output(Port.Controller, MAX_LEN)];
    const message = packetOut({ actions, data: FRAME });
    // Nothing but an error has the number of the request: a packet-in comes by itself.
    void session.request(message, "error", { timeoutMs: AWAITED_MS }).then((outcome) => {
      question.done(outcome.type === "error" && isNoRoom(outcome.error) ? MOST_TAGS : undefined);
    });
  }

  /** Whether a packet-in is an answer. */
  received(dpid: Dpid, { data }: MessageOf<"packetIn">): boolean {
    if (data.length < FRAME.length || !hasProbeAddresses(data)) return false;
    const isWhole = data.length >= FRAME.length + TAG_BYTES;
    this.#waiting.get(dpid)?.done(isWhole ? 1 : MOST_TAGS);
    return true;
  }
}

function hasProbeAddresses(data: Uint8Array): boolean {
  return FRAME.subarray(0, 12).every((byte, index) => data[index] === byte);
}

function isNoRoom({ errorType, errorCode }: OpenFlowError): boolean {
  return errorType === ErrorType.BadAction && errorCode === BadActionCode.BAD_TAG;
}
