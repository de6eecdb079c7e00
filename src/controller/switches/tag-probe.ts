// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from "node:crypto";
import { toOwnController } from "../../flow-model/index.ts";
import {
  BadActionCode,
  ErrorType,
  type Match,
  NO_TRUNCATION,
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

/** How long programming a switch waits for its answer, in milliseconds. */
const AWAITED_MS = 500;

/** No host has it: a locally administered address beside that of the probes. */
const DESTINATION = PROBE_SOURCE + 1;
const INNER_TAGS = [
  { vid: 1, pcp: 0 },
  { vid: 2, pcp: 0 },
] as const;
const ADDRESS_BYTES = 12;
const TAG_BYTES = 4;
const PAYLOAD_BYTES = 46;
/** Most tags that Open vSwitch keeps of a frame. */
export const MOST_TAGS = 2;

interface Question {
  readonly frame: Uint8Array;
  done(tags: number | undefined): void;
}

/**
 * Finds out how many VLAN tags a switch parses, which OpenFlow does not report: Open vSwitch has a setting
 * for it (`other_config:vlan-limit`). The switch is asked to push a tag onto a frame that has two, and to
 * return it. One that parses a single tag returns three. One that parses two keeps no third: it refuses
 * the action (in a flow entry it would drop the innermost tag), or returns two.
 *
 * The frame has random bytes, and the switch reports the controller as its origin: a host can neither
 * guess an answer nor send one.
 */
export class TagProbes {
  readonly #open = new Map<Dpid, Question>();

  /**
   * Asks a switch; calls back with the number of tags it parses, or undefined when it is not known: the
   * switch does not answer in time, or with something else. A late answer calls back once more.
   * `isPlain`: it is not Open vSwitch, and knows no controller ids.
   */
  ask(
    { session, isPlain }: { readonly session: Session; readonly isPlain: boolean },
    answered: (tags: number | undefined) => void,
  ): void {
    const { dpid } = session;
    let isAwaited = true;
    const question: Question = {
      frame: probeFrame(),
      done: (tags) => {
        if (this.#open.get(dpid) !== question) return;
        if (tags !== undefined) this.#open.delete(dpid);
        else if (!isAwaited) return;
        isAwaited = false;
        answered(tags);
      },
    };
    this.#open.set(dpid, question);
    const back = isPlain ? output(Port.Controller, NO_TRUNCATION) : toOwnController(NO_TRUNCATION);
    const actions = [pushVlan(EtherType.serviceVlan), back];
    const message = packetOut({ actions, data: question.frame });
    // Nothing but an error has the number of the request: a packet-in comes by itself.
    void session.request(message, "error", { timeoutMs: AWAITED_MS }).then((outcome) => {
      question.done(outcome.type === "error" && isNoRoom(outcome.error) ? MOST_TAGS : undefined);
    });
  }

  /** Whether a packet-in is an answer. */
  received(dpid: Dpid, { match, data }: MessageOf<"packetIn">): boolean {
    const question = this.#open.get(dpid);
    if (question === undefined || !isFromController(match)) return false;
    const added = addedTags(question.frame, data);
    if (added === undefined) return false;
    question.done(added === 1 ? 1 : added === 0 ? MOST_TAGS : undefined);
    return true;
  }
}

function probeFrame(): Uint8Array {
  const payload = rawPayload(randomBytes(PAYLOAD_BYTES), EtherType.experimental);
  return ethernet({ dst: DESTINATION, src: PROBE_SOURCE, tags: INNER_TAGS }, payload);
}

function isFromController(match: Match): boolean {
  return match.some(({ field, ...of }) => {
    return field === "inPort" && "value" in of && of.value === Port.Controller;
  });
}

/** How many tags a returned frame has more than the frame that was sent; undefined: it is another frame. */
function addedTags(sent: Uint8Array, returned: Uint8Array): number | undefined {
  const content = sent.subarray(ADDRESS_BYTES + INNER_TAGS.length * TAG_BYTES);
  const isOfProbe =
    Buffer.compare(sent.subarray(0, ADDRESS_BYTES), returned.subarray(0, ADDRESS_BYTES)) === 0 &&
    Buffer.compare(content, returned.subarray(-content.length)) === 0;
  return isOfProbe ? (returned.length - sent.length) / TAG_BYTES : undefined;
}

function isNoRoom({ errorType, errorCode }: OpenFlowError): boolean {
  return errorType === ErrorType.BadAction && errorCode === BadActionCode.BAD_TAG;
}
