// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import {
  type Action,
  bucket,
  encodeMessage,
  flowMod,
  formatActions,
  formatGroup,
  formatInstructions,
  formatMatch,
  GroupType,
  groupMod,
  type Instruction,
  type Message,
  match,
  output,
  Port,
} from "../../../src/openflow/index.ts";

/** The output of `ovs-ofctl ofp-print` for a message. */
function printed(message: Message): string {
  const hex = Buffer.from(encodeMessage(message)).toString("hex");
  return execFileSync("ovs-ofctl", ["ofp-print", hex], { encoding: "utf8" });
}

const reg = (index: number) => ({ field: `reg${index}` as "reg0", hasMask: false });

/** Forms of actions that ovs-ofctl reads and does not send itself over OpenFlow 1.4. */
const ACTIONS: readonly Action[] = [
  { type: "nxResubmit", inPort: 5, tableId: 0 },
  { type: "nxResubmitTable", inPort: 0xfff8, tableId: 7 },
  { type: "nxSetTunnel", tunnelId: 5 },
  { type: "nxSetTunnel64", tunnelId: 0x123456789n },
  { type: "nxRegLoad2", field: { field: "reg0", value: 5, mask: 7 } },
  { type: "nxOutputReg", range: { ofs: 3, nBits: 4 }, src: reg(2), maxLen: 100 },
  { type: "nxRegMove", nBits: 8, srcOfs: 0, dstOfs: 24, src: reg(3), dst: reg(4) },
  { type: "setField", field: { field: "ethDst", value: 0xfa0000000001 } },
  { type: "setField", field: { field: "nxmEthDst", value: 0xfa0000000001 } },
  { type: "setField", field: { field: "tunnelId", value: 0n } },
  { type: "output", port: 3, maxLen: 65509 },
  { type: "output", port: Port.Controller, maxLen: 0 },
  { type: "output", port: Port.Any - 1, maxLen: 0 },
];

test.each(ACTIONS.map((action) => [formatActions([action]), action] as const))(
  "ofp-print agrees on %s",
  (text, action) => {
    const instructions: Instruction[] = [{ type: "applyActions", actions: [action] }];
    const line = printed(flowMod({ instructions })).trim();
    expect(line.slice(line.indexOf("actions=") + "actions=".length)).toBe(text);
  },
);

const INSTRUCTIONS: readonly (readonly Instruction[])[] = [
  [],
  [{ type: "applyActions", actions: [] }],
  [
    { type: "gotoTable", tableId: 3 },
    { type: "applyActions", actions: [output(1)] },
  ],
  [
    { type: "writeMetadata", metadata: 0n, metadataMask: 0xffn },
    { type: "clearActions" },
    { type: "meter", meterId: 7 },
  ],
  [{ type: "writeActions", actions: [output(1), { type: "group", groupId: 2 }] }],
];

test.each(INSTRUCTIONS.map((each) => [formatInstructions(each), each] as const))(
  "ofp-print agrees on the instructions %s",
  (text, instructions) => {
    const line = printed(flowMod({ instructions })).trim();
    expect(line.slice(line.indexOf("actions=") + "actions=".length)).toBe(text);
  },
);

test.each(
  [
    match({ inPort: 1, ethDst: "fa:00:00:00:00:02", ethSrc: { value: 2, mask: 0x0e7a } }),
    match({ vlanVid: { value: 0x1005, mask: 0x1fff } }),
    match({ vlanVid: 0, ethType: 0x88cc }),
    match({ inPort: Port.Local, ethType: 0x0800, ipProto: 6, tcpDst: { value: 80, mask: 0xfff0 } }),
    match({ ethType: 0x0800, ipProto: 6, tcpFlags: { value: 0x02, mask: 0x12 } }),
    match({ ethType: 0x86dd, ipProto: 6, tcpFlags: 0x12 }),
    match({ ethType: 0x0800, ipProto: 6, tcpFlags: { value: 0x201, mask: 0xe01 } }),
    match({ ethType: 0x0800, ipTtl: 1 }),
    match({ ethType: 0x86dd, ipProto: 58, ipTtl: 255 }),
    match({ metadata: { value: 1n, mask: 3n }, ethType: 0x86dd, ipv6Src: "2001:db8::/32" }),
  ].map((each) => [formatMatch(each), each] as const),
)("ofp-print agrees on %s", (text, fields) => {
  const line = printed(flowMod({ match: fields }));
  expect(/ADD (\S*) actions=/.exec(line)?.[1]).toBe(text);
});

test("ofp-print agrees on groups that other controllers send", () => {
  const buckets = [bucket([output(1)], { weight: 1 }), bucket([]), bucket([output(2)])];
  const group = { groupId: 7, groupType: GroupType.Select, buckets };
  expect(printed(groupMod(group)).trim().split("ADD ")[1]).toBe(formatGroup(group));
});
