// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { parseFlow, parseGroup } from "../../../src/openflow/index.ts";
import { MarkUsers } from "../../../src/policy/spare-bits/mark-obstacle.ts";

/** The obstacle of an entry without the entry's text; undefined: none. */
function ofEntry(text: string, mark = "reg10[27]"): string | undefined {
  const { tableId, priority, cookie, match, instructions } = parseFlow(text);
  const found = new MarkUsers(mark).ofEntry({ tableId, priority, cookie, match, instructions });
  return found?.replace(/ \(.*\)$/, "");
}

const READS = "another application reads reg10[27]";
const SETS = "another application may set metadata[63], which distinguishes copies";
const UNKNOWN =
  "another application has an action that OpenVTAP does not know, and that may read reg10[27]";

test.each([
  ["a match", "table=8,reg10=0x8000000/0x8000000,actions=drop"],
  ["a match on all of it", "table=8,reg10=0,actions=drop"],
  ["a match on the wider register", "table=8,xreg5=0/0x0800000000000000,actions=drop"],
  ["a match on the widest register", "table=8,xxreg2=0/0x0800000000000000,actions=drop"],
  ["a move", "table=8,actions=move:NXM_NX_REG10[20..30]->NXM_NX_REG1[0..10]"],
  ["a move of the wider register", "table=8,actions=move:OXM_OF_PKT_REG5[59]->NXM_NX_REG1[0]"],
  ["a push", "table=8,actions=push:NXM_NX_REG10[]"],
  ["an output", "table=8,actions=output:NXM_NX_REG10[]"],
  ["a zone", "table=8,actions=ct(table=9,zone=NXM_NX_REG10[16..31])"],
  ["a move into a label", "actions=ct(commit,exec(move:NXM_NX_REG10[27]->NXM_NX_CT_MARK[0]))"],
  ["a learned load", "actions=learn(table=1,load:NXM_NX_REG10[27]->NXM_NX_REG1[0])"],
  ["a learned match", "actions=learn(table=1,NXM_NX_REG10[27])"],
  ["a clone", "actions=clone(move:NXM_NX_REG10[27]->NXM_NX_REG1[0])"],
  ["an action set", "actions=write_actions(output:NXM_NX_REG10[])"],
])("%s reads the mark", (_, text) => {
  expect(ofEntry(text)).toBe(READS);
});

test.each([
  ["the bits beside it", "reg10=0/0xf7ffffff,actions=move:NXM_NX_REG10[0..26]->NXM_NX_REG1[0..26]"],
  ["another register", "reg9=1,reg11=1,xreg4=1,xxreg1=1,actions=push:NXM_NX_REG9[]"],
  ["a load", "actions=load:0->NXM_NX_REG10[],set_field:0->xxreg2,pop:NXM_NX_REG10[]"],
  ["a learned load of a constant", "actions=learn(table=1,load:1->NXM_NX_REG10[27])"],
  ["a zone beside it", "actions=ct(table=9,zone=NXM_NX_REG10[0..15],nat)"],
  ["metadata below the highest bit", "metadata=5,actions=load:7->OXM_OF_METADATA[],resubmit(,8)"],
  ["metadata that leaves it", "actions=write_metadata:0xffffffffffffffff/0x7fffffffffffffff"],
])("%s is spare", (_, text) => {
  expect(ofEntry(text)).toBeUndefined();
});

test("each register has its own mark", () => {
  const moving = "actions=move:OXM_OF_PKT_REG0[0]->NXM_NX_REG5[0]";
  expect(ofEntry(moving, "reg1[0]")).toBe("another application reads reg1[0]");
  expect(ofEntry(moving, "reg0[0]")).toBeUndefined();
  expect(ofEntry(moving, "reg1[1]")).toBeUndefined();
});

test.each([
  "actions=load:1->OXM_OF_METADATA[63]",
  "actions=write_metadata:0x8000000000000000",
  "actions=move:NXM_NX_REG1[]->OXM_OF_METADATA[32..63]",
  "actions=pop:OXM_OF_METADATA[]",
])("the bit of copies in metadata may be set: %s", (text) => {
  expect(ofEntry(text)).toBe(SETS);
});

test("an action that is not known may read it, unless it is one that reads no register", () => {
  const users = new MarkUsers("reg10[27]");
  const acting = (data: number[]) =>
    users.ofGroup({
      ...{ groupId: 7, groupType: 0 },
      buckets: [
        {
          ...{ weight: 0, watchPort: 0xffffffff, watchGroup: 0xffffffff },
          actions: [{ type: "experimenter", experimenter: 0x2320, data: Uint8Array.from(data) }],
        },
      ],
    });
  expect(acting([0, 99, 0, 0, 0, 0])).toContain(UNKNOWN);
  // check_pkt_larger
  expect(acting([0, 49, 0, 0, 0, 0])).toBeUndefined();
});

test("the entry and the group are named", () => {
  const users = new MarkUsers("reg10[27]");
  const entry = parseFlow("cookie=0x99,table=44,priority=3,reg10=0x8000000/0x8000000,actions=drop");
  expect(users.ofEntry(entry)).toBe(
    `${READS} (cookie=0x99, table=44,priority=3,reg10=0x8000000/0x8000000 actions=drop)`,
  );
  const group = parseGroup("group_id=7,type=select,bucket=actions=output:NXM_NX_REG10[]");
  expect(users.ofGroup(group)).toBe(
    `${READS} (group_id=7,type=select,bucket=actions=output:NXM_NX_REG10[])`,
  );
});
