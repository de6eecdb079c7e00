// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Band, type FlowIdentity } from "../../../src/flow-model/index.ts";
import { type Instruction, parseFlow } from "../../../src/openflow/index.ts";
import { dividedMatch } from "../../../src/policy/match-region/from-match.ts";
import {
  constraint,
  type FrameFields,
  holds,
  region,
} from "../../../src/policy/match-region/region.ts";
import { toMatch } from "../../../src/policy/match-region/to-match.ts";
import {
  type ForeignEntry,
  PrecedingEntries,
} from "../../../src/policy/precedence/preceding-entries.ts";

/** An entry in the syntax of `ovs-ofctl`. */
function entry(text: string): ForeignEntry {
  const { tableId: table, priority, match, instructions } = parseFlow(text);
  return { table, priority, match, instructions };
}

/** The priorities of the entries that take frames before a rule. */
function before(rule: string, ...entries: string[]): number[] {
  const preceding = new PrecedingEntries<ForeignEntry>();
  for (const each of entries) preceding.add(entry(each));
  return preceding.before(entry(`${rule} actions=drop`)).map(({ priority }) => priority);
}

const RULE = "priority=20096,in_port=1,dl_dst=fa:00:00:00:00:02";

describe("an entry takes frames before a rule", () => {
  test.each([
    ["priority=65000,ip,in_port=1 actions=NORMAL", "with frames in common"],
    ["priority=65000 actions=drop", "that matches everything"],
    ["priority=20096,in_port=1,dl_vlan=7 actions=drop", "of the same priority"],
    ["priority=65000,in_port=1 actions=resubmit(,5)", "that leads to another table"],
    ["priority=65000,in_port=1 actions=resubmit(7,)", "that changes the ingress port"],
    ["priority=65000,reg1=0,in_port=1 actions=drop", "for a register that is zero"],
    ["priority=65000,reg0=1,in_port=1 actions=drop", "for the register that discovery sets"],
    ["priority=65000,tun_id=5 actions=drop", "for a tunnel, of which nothing is known"],
    ["priority=65000,conj_id=5,ip actions=drop", "for a conjunction"],
    ["priority=65000,dl_vlan=4094 actions=drop", "that drops a VLAN"],
    ["priority=65000,dl_vlan=4095 actions=output:7", "that forwards the last VLAN"],
  ])("%s: %s", (text) => {
    expect(before(RULE, text)).toHaveLength(1);
  });
});

describe("an entry takes no frames before a rule", () => {
  test.each([
    ["priority=20095,in_port=1 actions=drop", "of lower priority"],
    ["table=1,priority=65000,in_port=1 actions=drop", "of another table"],
    ["priority=65000,in_port=2 actions=drop", "of another port"],
    [`${RULE} actions=drop`, "in the very place of the rule"],
    ["priority=65000,in_port=1 actions=load:1->NXM_NX_REG1[],resubmit(,0)", "that returns"],
    ["priority=65000,in_port=1 actions=conjunction(5,1/2)", "that is a part of a conjunction"],
    ["priority=65000,reg1=5,in_port=1 actions=drop", "for a register that is not zero"],
    ["priority=65000,ct_state=+trk,ip actions=drop", "for tracked connections"],
    ["priority=65000,dl_vlan=4095 actions=drop", "that drops the VLAN that no frame has"],
    ["priority=65000,metadata=1 actions=drop", "for metadata that only resubmitted frames have"],
  ])("%s: %s", (text) => {
    expect(before(RULE, text)).toEqual([]);
  });
});

test("copies in a treatment hop have metadata", () => {
  const rule = "priority=64000,metadata=0x8000000000000000/0xf000000000000000";
  const all = ["65000,ip", "65001,metadata=0x8000000000000001", "65002,metadata=0x1"];
  const found = before(rule, ...all.map((each) => `priority=${each} actions=drop`));
  expect(found.sort()).toEqual([65000, 65001]);
});

const ipv6 = (n: number) => (BigInt(n >> 1) << 100n) | BigInt(n & 1);
const mac = (n: number) => (n >> 1) * 2 ** 40 + (n & 1);

/** Small universes, so that matches have frames in common: two bits at both ends of each field. */
const matchArb = fc
  .array(
    fc.record({
      value: fc.nat(3),
      mask: fc.integer({ min: 1, max: 3 }),
      field: fc.constantFrom(
        "ethDst" as const,
        "ethSrc" as const,
        "inPort" as const,
        "ipv6Src" as const,
      ),
    }),
    { maxLength: 4 },
  )
  .map((items) =>
    region(
      items.map(({ value, mask, field }) => {
        if (field === "inPort") return constraint(field, value);
        if (field === "ipv6Src") return constraint(field, ipv6(value), ipv6(mask));
        return constraint(field, mac(value), mac(mask));
      }),
    ),
  )
  .filter((found) => found !== undefined);

const FRAMES: readonly FrameFields[] = [0, 1, 2, 3].flatMap((dst) =>
  [0, 1, 2, 3].flatMap((src) =>
    [0, 1, 2, 3].flatMap((inPort) =>
      [undefined, 0, 1, 2, 3].map((ip) => ({
        ...{ ethDst: mac(dst), ethSrc: mac(src), inPort },
        ...(ip === undefined ? {} : { ipv6Src: ipv6(ip) }),
      })),
    ),
  ),
);

const priorityArb = fc.integer({ min: Band.rewriting, max: Band.rewriting + 3 });
const NORMAL: readonly Instruction[] = [];

test("law: exactly the entries of no lower priority that match a frame of the rule", () => {
  const locatedArb = fc.record({ found: matchArb, priority: priorityArb });
  fc.assert(
    fc.property(fc.array(locatedArb, { maxLength: 40 }), locatedArb, (others, rule) => {
      const preceding = new PrecedingEntries<ForeignEntry & { readonly place: number }>();
      others.forEach(({ found, priority }, place) => {
        const match = toMatch(found);
        preceding.add({ table: 0, priority, match, instructions: NORMAL, place });
      });
      const expected = others.flatMap(({ found, priority }, place) => {
        const isSame = priority === rule.priority && found.key === rule.found.key;
        const isMet = FRAMES.some((frame) => holds(found, frame) && holds(rule.found, frame));
        return priority >= rule.priority && isMet && !isSame ? [place] : [];
      });
      const asked: FlowIdentity = {
        ...{ table: 0, priority: rule.priority },
        match: toMatch(rule.found),
      };
      const got = preceding.before(asked).map(({ place }) => place);
      expect(got.sort((a, b) => a - b)).toEqual(expected);
    }),
    { numRuns: 300 },
  );
});

test("law: a region is divided from its match", () => {
  fc.assert(
    fc.property(matchArb, (found) => {
      const divided = dividedMatch(toMatch(found));
      expect(divided?.region.key).toBe(found.key);
      expect(divided?.others).toEqual([]);
    }),
  );
});
