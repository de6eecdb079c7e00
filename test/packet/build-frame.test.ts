// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  buildFrame,
  type FrameFields,
  frameFields,
  poppedVlan,
  pushedVlan,
  withFrameField,
} from "../../src/packet/index.ts";
import { wellFormedFrame } from "./frames.ts";

/** Protocols whose packets contain more than the fields: extension headers and fragments. */
const CHAINED = [0, 43, 44, 51, 60];

function isPlain({ ethType, ipProto = 255, arpOp }: FrameFields): boolean {
  return ethType !== 0x05ff && !CHAINED.includes(ipProto) && arpOp !== 0;
}

test("a frame built from a frame's fields has the same fields", () => {
  fc.assert(
    fc.property(wellFormedFrame, (frame) => {
      const fields = frameFields(frame);
      fc.pre(fields !== undefined && isPlain(fields));
      expect(frameFields(buildFrame(fields))).toEqual(fields);
    }),
    { numRuns: 2000 },
  );
});

test.each<[string, Partial<FrameFields>, Partial<FrameFields>]>([
  ["a TCP port", { tcpDst: 80 }, { ethType: 0x0800, ipProto: 6, tcpSrc: 0, tcpDst: 80 }],
  ["a port and an IPv6 address", { udpDst: 53, ipv6Dst: 1n }, { ethType: 0x86dd, ipProto: 17 }],
  ["an ARP address", { arpTpa: 1 }, { ethType: 0x0806, arpOp: 1 }],
  ["a DSCP", { ipDscp: 46 }, { ethType: 0x0800, ipDscp: 46, ipProto: 253 }],
  ["an ND target", { ipv6NdTarget: 1n }, { ethType: 0x86dd, icmpv6Type: 135 }],
  ["a target's address", { ipv6NdTll: 1 }, { icmpv6Type: 136, ipv6NdTll: 1 }],
  ["a label", { mplsLabel: 5 }, { ethType: 0x8847, mplsBos: 1 }],
  ["a priority", { vlanPcp: 3 }, { vlanVid: 0x1000, vlanPcp: 3 }],
  ["addresses alone", { ethDst: 1 }, { ethType: 0x88b5, vlanVid: 0 }],
])("%s implies what it presupposes", (_, fields, implied) => {
  expect(frameFields(buildFrame(fields))).toMatchObject({ ...fields, ...implied });
});

test("pushing, marking and popping a tag restores the frame", () => {
  fc.assert(
    fc.property(wellFormedFrame, (frame) => {
      const tagged = withFrameField(pushedVlan(frame, 0x88a8), "vlanVid", 0x1fd0);
      expect(Buffer.from(tagged.subarray(12, 16)).toString("hex")).toBe("88a80fd0");
      expect(poppedVlan(tagged)).toEqual(frame);
    }),
  );
});

test("setting the VLAN id of an untagged frame throws", () => {
  expect(() => withFrameField(buildFrame({}), "vlanVid", 0x1001)).toThrow(RangeError);
  expect(poppedVlan(buildFrame({}))).toEqual(buildFrame({}));
});
