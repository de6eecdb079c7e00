// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { installTables, OvsLab } from "../../lab/index.ts";
import { DELIVERY_FORMS, type DeliveryForm, FAR, NEAR, tap } from "./delivery-forms.ts";
import {
  actionNames,
  countTables,
  type DatapathEntry,
  maskOf,
  traceEntry,
} from "./switch-counts.ts";
import { segment, TappedRow } from "./tapped-row.ts";

const FRAME_SIZE = 100;

interface CountedForm extends DeliveryForm {
  /** Which flows are copied depends on a hash of the switch's own: only the tables are counted. */
  readonly byHash?: boolean;
}

/** Beside the forms of the benchmark: what more a policy may request. */
const MORE: readonly CountedForm[] = [
  { name: "both directions", policies: [tap(FAR, { direction: "both" })] },
  { name: "two monitors", policies: [{ ...tap(NEAR), monitors: [NEAR, FAR] }] },
  { name: "one TCP port", policies: [tap(FAR, { filters: { tcp_dst: 80 } })] },
  { name: "TCP ports 1 to 1000", policies: [tap(FAR, { filters: { tcp_dst: "1-1000" } })] },
  { name: "excluded TCP port", policies: [tap(FAR, { exclude: [{ tcp_dst: 443 }] })] },
  { name: "prefixes", policies: [tap(FAR, { sender: { ip: "10.0.0.0/30" }, receiver: "any" })] },
  { name: "overlap", policies: [tap(NEAR), tap(FAR, { filters: { tcp_dst: 80 } })] },
  { name: "truncated", policies: [tap(FAR, { copy: { truncate: 64 } })] },
  { name: "rate limit", policies: [tap(FAR, { copy: { rateLimit: { pps: 1000 } } })] },
  { name: "sample", policies: [tap(FAR, { copy: { sample: 0.5 } })], byHash: true },
  { name: "balanced", policies: [tap({ balance: [NEAR, FAR] })], byHash: true },
];

/** Columns with the width that each needs. */
const COLUMNS = [
  ["form", 24],
  ["switch", 6],
  ["flows", 5],
  ["groups", 6],
  ["buckets", 7],
  ["meters", 6],
  ["subtables", 9],
  ["masks", 5],
  ["actions", 0],
] as const;

const row = new TappedRow(3);
let lab: OvsLab;

beforeAll(async () => {
  lab = await OvsLab.start();
  // The ends of links are hosts' ports: each switch handles a frame by itself, as over a cable.
  const ends = (name: string) => row.links.flat().filter((each) => each.switch === name);
  await lab.build({
    switches: row.switches.map(({ name, hosts }) => ({ name, hosts: [...hosts, ...ends(name)] })),
  });
});

afterAll(() => lab?.stop());

/** What becomes of a frame and its copies on their way. */
interface Journey {
  /** By switch: what its datapath does. */
  readonly entries: ReadonlyMap<string, readonly DatapathEntry[]>;
  /** Each frame that left a port: `h2 100 bytes`. */
  readonly left: readonly string[];
}

/** A line for each switch, then the bytes of a frame and its copies on each wire. */
async function costOf(form: CountedForm): Promise<string[]> {
  for (const [name, flows] of row.tables(form)) await installTables(lab, name, flows);
  await lab.vsctl(...row.mirrorCommand(form));
  const journeys = form.byHash
    ? []
    : [
        await follow("h1", segment(1, 2, FRAME_SIZE)),
        await follow("h2", segment(2, 1, FRAME_SIZE)),
      ];
  const lines: string[] = [];
  for (const { name } of row.switches) {
    const { flows, groups, buckets, meters, subtables } = await countTables(lab, name);
    const met = journeys.map(({ entries }) => entries.get(name) ?? []);
    const masks = new Set(met.flat().map(({ mask }) => mask)).size;
    const first = lines.length === 0 ? form.name : "";
    const counts = [flows, groups, buckets, meters, subtables, masks];
    lines.push(inColumns([first, name, ...counts.map(String), met.map(actionsOf).join(" | ")]));
  }
  const wires = journeys.map(({ left }) => left.join(", "));
  return form.byHash ? lines : [...lines, `  bytes: ${wires.join(" | ")}`];
}

function actionsOf(entries: readonly DatapathEntry[]): string {
  if (entries.length === 0) return "-";
  const actions = entries.flatMap((each) => each.actions);
  return `${actions.length}: ${actions.join(" ")}`;
}

function inColumns(cells: readonly string[]): string {
  return cells
    .map((cell, at) => cell.padEnd(COLUMNS[at]?.[1] ?? 0))
    .join("  ")
    .trimEnd();
}

/** Sends a frame from a host and, hop by hop, what leaves by links. */
async function follow(host: string, frame: Uint8Array): Promise<Journey> {
  const at = row.switches.flatMap(({ hosts }) => hosts).find(({ name }) => name === host);
  if (at === undefined) throw new Error(`no host ${host}`);
  const entries = new Map<string, DatapathEntry[]>();
  const left: string[] = [];
  const moving = [{ at, frame }];
  for (let next = moving.shift(); next !== undefined; next = moving.shift()) {
    const { name, switch: switchName } = next.at;
    const entry = await traceEntry(lab, next.at, next.frame);
    entries.set(switchName, [...(entries.get(switchName) ?? []), entry]);
    lab.clear();
    await lab.inject(name, next.frame);
    for (const [port, frames] of Object.entries(lab.received())) {
      const peer = row.peerOf(port);
      for (const frame of frames.map((hex) => Buffer.from(hex, "hex"))) {
        left.push(`${port} ${frame.length}`);
        if (peer) moving.push({ at: peer, frame });
      }
    }
  }
  return { entries, left };
}

/**
 * Exact counts on a real Open vSwitch, so a change of the data plane is a difference in this table. Where
 * it is intended: `npx vitest run test/policy/on-ovs/data-plane-counts.test.ts -u`.
 *
 * Of each switch: `subtables` of the OpenFlow tables, `masks` of the datapath's entries that two frames
 * make, and its actions for a frame from h1 to h2 | from h2 to h1.
 */
test("what each form of copy costs the switches", async () => {
  const lines = [inColumns(COLUMNS.map(([name]) => name))];
  for (const form of [...DELIVERY_FORMS, ...MORE]) lines.push(...(await costOf(form)));
  expect(lines.join("\n")).toMatchInlineSnapshot(`
    "form                      switch  flows  groups  buckets  meters  subtables  masks  actions
    no tap                    s1      6      1       5        0       3          1      1: output | 1: output
                              s2      6      1       3        0       3          0      - | -
                              s3      6      1       3        0       3          0      - | -
      bytes: h2 100 | h1 100
    mirror, same switch       s1      6      1       5        0       3          1      2: output output | 1: output
                              s2      6      1       3        0       3          0      - | -
                              s3      6      1       3        0       3          0      - | -
      bytes: h2 100, h3 100 | h1 100
    copy, same switch         s1      7      2       7        0       4          2      2: output output | 1: output
                              s2      6      1       3        0       3          0      - | -
                              s3      6      1       3        0       3          0      - | -
      bytes: h2 100, h3 100 | h1 100
    mirror, across links      s1      6      1       5        0       3          1      2: output output | 1: output
                              s2      7      1       3        0       4          1      1: output | -
                              s3      7      1       3        0       4          1      1: output | -
      bytes: h2 100, s1-p51 100, s2-p52 100, h4 100 | h1 100
    rewrite                   s1      8      2       7        0       5          2      3: output set(eth) output | 1: output
                              s2      8      1       3        0       5          1      1: output | -
                              s3      10     1       3        1       7          1      2: set(eth) output | -
      bytes: h2 100, s1-p51 100, s2-p52 100, h4 100 | h1 100
    rewrite with IP           s1      12     4       11       0       9          2      4: output set(eth) set(ipv4) output | 1: output
                              s2      8      1       3        0       5          1      1: output | -
                              s3      12     1       3        1       8          1      3: set(eth) set(ipv4) output | -
      bytes: h2 100, s1-p51 100, s2-p52 100, h4 100 | h1 100
    one-sided mark            s1      9      2       7        0       6          2      3: output set(eth) output | 1: output
                              s2      9      1       3        0       6          1      1: output | -
                              s3      11     1       3        1       8          1      2: set(eth) output | -
      bytes: h2 100, s1-p51 100, s2-p52 100, h4 100 | h1 100
    tag                       s1      8      2       7        0       5          2      3: output push_vlan output | 1: output
                              s2      8      1       3        0       5          1      1: output | -
                              s3      8      1       3        1       5          1      2: pop_vlan output | -
      bytes: h2 100, s1-p51 104, s2-p52 104, h4 100 | h1 100
    tag, beside               s1      8      1       2        0       5          2      4: clone push_vlan output output | 1: output
                              s2      6      0       0        0       3          1      1: output | -
                              s3      7      0       0        1       4          1      2: pop_vlan output | -
      bytes: h2 100, s1-p51 104, s2-p52 104, h4 100 | h1 100
    rewrite with IP, beside   s1      13     3       6        0       9          2      5: clone set(eth) set(ipv4) output output | 1: output
                              s2      6      0       0        0       3          1      1: output | -
                              s3      11     0       0        1       7          1      3: set(eth) set(ipv4) output | -
      bytes: h2 100, s1-p51 100, s2-p52 100, h4 100 | h1 100
    both directions           s1      9      3       9        0       5          1      3: output set(eth) output | 3: output set(eth) output
                              s2      8      1       3        0       5          1      1: output | 1: output
                              s3      11     1       3        1       7          1      2: set(eth) output | 2: set(eth) output
      bytes: h2 100, s1-p51 100, s2-p52 100, h4 100 | h1 100, s1-p51 100, s2-p52 100, h4 100
    two monitors              s1      8      2       8        0       5          2      4: output output set(eth) output | 1: output
                              s2      8      1       3        0       5          1      1: output | -
                              s3      10     1       3        1       7          1      2: set(eth) output | -
      bytes: h2 100, h3 100, s1-p51 100, s2-p52 100, h4 100 | h1 100
    one TCP port              s1      9      2       7        0       5          2      3: output set(eth) output | 1: output
                              s2      8      1       3        0       5          1      1: output | -
                              s3      10     1       3        1       7          1      2: set(eth) output | -
      bytes: h2 100, s1-p51 100, s2-p52 100, h4 100 | h1 100
    TCP ports 1 to 1000       s1      37     2       7        0       13         2      3: output set(eth) output | 1: output
                              s2      8      1       3        0       5          1      1: output | -
                              s3      10     1       3        1       7          1      2: set(eth) output | -
      bytes: h2 100, s1-p51 100, s2-p52 100, h4 100 | h1 100
    excluded TCP port         s1      15     2       7        0       9          2      3: output set(eth) output | 1: output
                              s2      8      1       3        0       5          1      1: output | -
                              s3      10     1       3        1       7          1      2: set(eth) output | -
      bytes: h2 100, s1-p51 100, s2-p52 100, h4 100 | h1 100
    prefixes                  s1      45     17      37       0       12         1      3: output set(eth) output | 3: output set(eth) output
                              s2      11     1       3        0       8          1      1: output | 1: output
                              s3      15     1       3        1       10         1      2: set(eth) output | 2: set(eth) output
      bytes: h2 100, s1-p51 100, s2-p52 100, h4 100 | h1 100, s1-p51 100, s2-p52 100, h4 100
    overlap                   s1      10     3       10       0       6          2      4: output output set(eth) output | 1: output
                              s2      8      1       3        0       5          1      1: output | -
                              s3      10     1       3        1       7          1      2: set(eth) output | -
      bytes: h2 100, h3 100, s1-p51 100, s2-p52 100, h4 100 | h1 100
    truncated                 s1      8      2       7        0       5          2      3: output set(eth) output | 1: output
                              s2      8      1       3        0       5          1      1: output | -
                              s3      10     1       3        1       7          1      3: set(eth) trunc output | -
      bytes: h2 100, s1-p51 100, s2-p52 100, h4 64 | h1 100
    rate limit                s1      11     2       7        1       7          2      4: output meter set(eth) output | 1: output
                              s2      8      1       3        0       5          1      1: output | -
                              s3      10     1       3        1       7          1      2: set(eth) output | -
      bytes: h2 100, s1-p51 100, s2-p52 100, h4 100 | h1 100
    sample                    s1      18     2       7        0       13         0
                              s2      8      1       3        0       5          0
                              s3      10     1       3        1       7          0
    balanced                  s1      20     2       8        0       13         0
                              s2      8      1       3        0       5          0
                              s3      10     1       3        1       7          0"
  `);
});

describe("the counts are read from what Open vSwitch prints:", () => {
  test.each([
    ["priority=1,tcp,in_port=1 actions=output:2", "dl_type,in_port,nw_proto"],
    ["cookie=0x1, table=2, send_flow_rem priority=1,ip actions=drop", "dl_type,table=2"],
    ["priority=2,dl_dst=01:00:00:00:00:00/01:00:00:00:00:00", "dl_dst/01:00:00:00:00:00"],
    ["recirc_id=0,eth,in_port=3,vlan_tci=0x0000/0x1fff", "in_port,vlan_tci/0x1fff"],
    ["priority=0 actions=set_field:1->reg0,output:1", ""],
  ])("the mask of %s", (entry, mask) => {
    expect(maskOf(entry)).toBe(mask);
  });

  test.each([
    ["drop", []],
    ["1,set(eth(src=02:00:00:00:00:01,dst=fa:00:00:00:00:04)),2", ["output", "set(eth)", "output"]],
    ["push_vlan(tpid=0x88a8,vid=3839,pcp=0),4,pop_vlan", ["push_vlan", "output", "pop_vlan"]],
    ["clone(trunc(64),2),meter(0),3", ["clone", "trunc", "output", "meter", "output"]],
  ])("the actions of %s", (text, names) => {
    expect(actionNames(text)).toEqual(names);
  });
});
