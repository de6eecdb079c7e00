// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  parseActions,
  parseFlow,
  parseGroup,
  parseMatch,
  parseMeter,
  TextError,
} from "../../../src/openflow/index.ts";
import { ACTION_TEXTS, MATCH_TEXTS } from "./flow-texts.ts";
import { GROUP_TEXTS, METER_TEXTS } from "./group-texts.ts";

/** Invalid texts, with the part at the error's offset and its message. */
const REFUSED: readonly (readonly [
  parse: (text: string) => unknown,
  text: string,
  at: string,
  words: RegExp,
])[] = [
  [parseMatch, "tcp,tp_dts=80", "tp_dts", /no match field "tp_dts".*did you mean tp_dst\?/],
  [parseMatch, "inport=1", "inport", /did you mean in_port\?/],
  [parseMatch, "nw_src=10.0.0.1", "nw_src", /invalid without its prerequisites.*add ip or arp/],
  [parseMatch, "ip,tcp_dst=80", "tcp_dst", /add tcp or tcp6/],
  [parseMatch, "ip,nw_src=10.0.0.300", "10.0.0.300", /not an IPv4 address.*like 10\.0\.0\.1/],
  [parseMatch, "ip,nw_src=10.0.0.0/33", "33", /at most 32/],
  [parseMatch, "dl_dst=fa:00:00", "fa:00:00", /not an Ethernet address/],
  [parseMatch, "in_port=h1", "h1", /not a port.*number/],
  [parseMatch, "in_port=1,in_port=2", "in_port=2", /contradicts.*keep one/],
  [parseMatch, "tcp,udp", "udp", /contradicts tcp/],
  [parseMatch, "dl_vlan=5000", "5000", /end at 4095/],
  [parseMatch, "dl_vlan_pcp=9", "9", /more than 3 bits/],
  [parseMatch, "ct_state=+trx", "trx", /no flag "trx".*did you mean trk/],
  [parseActions, "ouput:1", "ouput", /did you mean output\?/],
  [parseActions, "output", "", /no argument.*output:1/],
  [parseActions, "output:1,drop", "drop", /drop is combined with other actions/],
  [parseActions, "set_field:1.2.3.4", "1.2.3.4", /no "->"/],
  [parseActions, "set_field:1.2.3.4->ip_dts", "ip_dts", /did you mean ip_dst\?/],
  [parseActions, "mod_tp_dst:80", "mod_tp_dst", /tcp_dst, udp_dst, sctp_dst/],
  [parseActions, "load:1->reg0[32]", "reg0[32]", /no bits 32.*0\.\.31/],
  [parseActions, "move:reg0[0..3]->reg1", "reg1", /4 bits wide, reg1 32/],
  [parseActions, "clone(output:1", "(output:1", /not closed/],
  [parseActions, `${"clone(".repeat(20)}1${")".repeat(20)}`, "clone(".repeat(11), /too deep/],
  [parseFlow, "in_port=1", "", /the flow has no actions.*actions=drop/],
  [parseFlow, "cookie=1/2,actions=drop", "1/2", /no mask/],
  [parseFlow, "prioity=1,actions=drop", "prioity", /did you mean priority\?/],
  [parseFlow, "priority=65536,actions=drop", "65536", /16 bits/],
  [parseFlow, "actions=goto_table:1,output:2", "output:2", /order: meter, actions/],
  [parseGroup, "type=all", "", /has no id/],
  [parseGroup, "group_id=1,type=any", "any", /no group type "any"/],
  [parseGroup, "group_id=1,type=all,bucket=", "", /the bucket has no actions/],
  [parseGroup, "group_id=1,type=select,selection_method=hash", "selection_method", /OpenFlow 1\.4/],
  [parseMeter, "meter=1,kbps", "", /the meter has no bands/],
  [parseMeter, "meter=1,bands=type=drop,rate=1", "", /add kbps or pktps/],
  [parseMeter, "meter=1,kbps,bands=type=drop", "drop", /the band has no rate/],
  [parseMeter, "meter=1,kbps,bands=type=drap,rate=1", "drap", /did you mean drop\?/],
];

test.each(REFUSED)("%o refuses %s", (parse, text, at, words) => {
  const error = caught(() => parse(text));
  expect(error?.message).toMatch(words);
  if (at === "") return;
  expect(text.slice(error?.offset).startsWith(at), `offset ${error?.offset}`).toBe(true);
});

/** The TextError of a call; any other error fails the test. */
function caught(call: () => unknown): TextError | undefined {
  try {
    call();
  } catch (error) {
    if (error instanceof TextError) return error;
    throw error;
  }
  return undefined;
}

/** A text with some characters replaced, removed or doubled. */
function mutated(texts: readonly string[]): fc.Arbitrary<string> {
  const edit = fc.tuple(
    fc.nat(200),
    fc.nat(4),
    fc.oneof(fc.constantFrom(..."(),=:/->[]+-|. 0x9,constructor"), fc.string({ maxLength: 3 })),
  );
  return fc
    .tuple(fc.constantFrom(...texts), fc.array(edit, { minLength: 1, maxLength: 4 }))
    .map(([text, edits]) =>
      edits.reduce((now, [at, length, by]) => {
        const start = at % (now.length + 1);
        return now.slice(0, start) + by + now.slice(start + length);
      }, text),
    );
}

test.each([
  ["flows", parseFlow, [...MATCH_TEXTS, ...ACTION_TEXTS]],
  ["groups", parseGroup, GROUP_TEXTS],
  ["meters", parseMeter, METER_TEXTS],
] as const)("mutated %s are read or refused with a place in the text", (_, parse, texts) => {
  const property = fc.property(mutated(texts), (text) => {
    const error = caught(() => parse(text));
    if (error === undefined) return;
    expect(error.offset).toBeGreaterThanOrEqual(0);
    expect(error.offset).toBeLessThanOrEqual(text.length);
    expect(error.remedy).not.toBe("");
  });
  fc.assert(property, { numRuns: 3000 });
});

test("long texts are refused quickly", () => {
  const long = 100_000;
  for (const text of ["(".repeat(long), `in_port=${"9".repeat(long)}`, "a,".repeat(long)]) {
    expect(caught(() => parseFlow(text))).toBeInstanceOf(TextError);
    expect(caught(() => parseFlow(`actions=${text}`))).toBeInstanceOf(TextError);
  }
  expect(parseActions("1,".repeat(long))).toHaveLength(long);
});
