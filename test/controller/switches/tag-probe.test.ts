// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { TagProbes } from "../../../src/controller/switches/tag-probe.ts";
import {
  BadActionCode,
  ErrorType,
  type Message,
  match,
  PacketInReason,
  Port,
} from "../../../src/openflow/index.ts";
import type { Session } from "../../../src/openflow-session/index.ts";
import type { MessageOf } from "../../../src/openflow-session/request-outcome.ts";
import type { Dpid } from "../../../src/topology/index.ts";

const DPID = "0000000000000001" as Dpid;
const ADDRESSES = 12;
const TAG = Buffer.from("88a80000", "hex");

/** A session that records the frame it is given, and whose request ends when `end` is called. */
function pretendSession() {
  let sent: Uint8Array = new Uint8Array();
  let end: (outcome: unknown) => void = () => undefined;
  const session = {
    dpid: DPID,
    request: (message: Message) => {
      if (message.type === "packetOut") sent = message.data;
      return new Promise((resolve) => {
        end = resolve;
      });
    },
  } as unknown as Session;
  return { session, sent: () => Buffer.from(sent), end: (outcome: unknown) => end(outcome) };
}

function packetIn(data: Uint8Array, inPort: number = Port.Controller): MessageOf<"packetIn"> {
  return {
    ...{ version: 5, type: "packetIn", xid: 0, bufferId: 0xffff_ffff, tableId: 0, cookie: 0n },
    ...{ totalLen: data.length, reason: PacketInReason.PacketOut },
    ...{ match: match({ inPort }), data },
  };
}

/** The frame with another tag, as a switch that parses one returns it. */
function withTag(frame: Buffer): Buffer {
  return Buffer.concat([frame.subarray(0, ADDRESSES), TAG, frame.subarray(ADDRESSES)]);
}

function asked() {
  const probes = new TagProbes();
  const pretend = pretendSession();
  const answers: (number | undefined)[] = [];
  probes.ask({ session: pretend.session, isPlain: false }, (tags) => answers.push(tags));
  return { probes, answers, ...pretend };
}

test("a frame that returns with three tags: one is parsed; with two, or refused: two are", async () => {
  const three = asked();
  expect(three.probes.received(DPID, packetIn(withTag(three.sent())))).toBe(true);
  expect(three.answers).toEqual([1]);
  const two = asked();
  expect(two.probes.received(DPID, packetIn(two.sent()))).toBe(true);
  expect(two.answers).toEqual([2]);
  const refused = asked();
  const error = { errorType: ErrorType.BadAction, errorCode: BadActionCode.BAD_TAG };
  refused.end({ type: "error", error });
  await new Promise((resolve) => setImmediate(resolve));
  expect(refused.answers).toEqual([2]);
});

test("a host cannot answer: neither from its port, nor with an earlier frame", () => {
  const { probes, answers, sent, session } = asked();
  const earlier = withTag(sent());
  expect(probes.received(DPID, packetIn(earlier, 1))).toBe(false);
  probes.ask({ session, isPlain: false }, (tags) => answers.push(tags));
  expect(probes.received(DPID, packetIn(earlier))).toBe(false);
  expect(answers).toEqual([]);
  expect(probes.received(DPID, packetIn(withTag(sent())))).toBe(true);
  expect(answers).toEqual([1]);
});

test("silence and any other answer are not known; a late answer counts", async () => {
  const { probes, answers, sent, end } = asked();
  expect(probes.received(DPID, packetIn(withTag(withTag(sent()))))).toBe(true);
  expect(answers).toEqual([undefined]);
  end({ type: "timeout" });
  await new Promise((resolve) => setImmediate(resolve));
  expect(answers).toEqual([undefined]);
  probes.received(DPID, packetIn(withTag(sent())));
  probes.received(DPID, packetIn(withTag(sent())));
  expect(answers).toEqual([undefined, 1]);
});
