// SPDX-License-Identifier: Apache-2.0
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  encodeMessage,
  type FlowEntry,
  flowMod,
  formatFlow,
  formatFlowEntry,
  formatGroup,
  formatMeter,
  GroupId,
  groupMod,
  MeterFlags,
  matchKey,
  meterMod,
  Port,
  parseFlow,
  parseGroup,
  parseMeter,
} from "../../../src/openflow/index.ts";
import { OvsLab } from "../../lab/index.ts";
import { ACTION_TEXTS, MATCH_TEXTS } from "./flow-texts.ts";
import { GROUP_TEXTS, METER_TEXTS, REMARK_TEXT } from "./group-texts.ts";
import { readBack, sentBy } from "./ofctl-peer.ts";

/** Every flow with its own cookie and priority, so that none replaces another. */
const FLOWS = [...MATCH_TEXTS, ...ACTION_TEXTS].map(
  (text, index) => `cookie=${index + 1},priority=${index + 1},${text}`,
);

const ALL_FLOWS = {
  type: "flow",
  tableId: 255,
  outPort: Port.Any,
  outGroup: GroupId.Any,
  cookie: 0n,
  cookieMask: 0n,
  match: [],
} as const;

let lab: OvsLab;

function file(name: string, lines: readonly string[]): string {
  const path = join(lab.directory, name);
  writeFileSync(path, `${lines.join("\n")}\n`);
  return path;
}

function dumpLines(text: string): string[] {
  return text
    .split("\n")
    .filter((line) => line.startsWith(" "))
    .map((line) => line.trim());
}

beforeAll(async () => {
  lab = await OvsLab.start();
  await lab.build({ switches: [{ name: "s1" }] });
  for (const meter of METER_TEXTS) await lab.ofctl("add-meter", "s1", meter);
  await lab.ofctl("add-meter", "s1", "meter=5,kbps,band=type=drop,rate=5");
  await lab.ofctl("add-groups", "s1", file("groups", GROUP_TEXTS));
  await lab.ofctl("--bundle", "add-flows", "s1", file("flows", FLOWS));
});
afterAll(() => lab.stop());

describe("flows", () => {
  test("are printed as dump-flows prints what the switch holds", async () => {
    const dump = await lab.ofctl("--no-stats", "--no-names", "dump-flows", "s1");
    const parts = await readBack(lab, "s1", ALL_FLOWS);
    const entries = parts.flatMap((part): readonly FlowEntry[] => part.entries);
    expect(entries).toHaveLength(FLOWS.length);
    expect(entries.map(formatFlow)).toEqual(dumpLines(dump));
    expect(new Set(entries.map((each) => formatFlow(parseFlow(formatFlow(each)))))).toEqual(
      new Set(dumpLines(dump)),
    );
  });

  test("are printed with their counters as dump-flows prints them", async () => {
    const dump = await lab.ofctl("--no-names", "dump-flows", "s1", "table=0");
    const parts = await readBack(lab, "s1", { ...ALL_FLOWS, tableId: 0 });
    const own = parts.flatMap((part) => part.entries.map(formatFlowEntry));
    const ageless = (line: string) => line.replace(/duration=\d+(\.\d{1,9})?s, /, "");
    expect(own.map(ageless)).toEqual(dumpLines(dump).map(ageless));
    expect(own.every((line) => line !== ageless(line))).toBe(true);
  });

  test("are read as add-flow sends them", async () => {
    const path = file("flows", FLOWS);
    const sent = await sentBy("flowMod", (target) =>
      lab.ofctl("--no-names", "add-flows", target, path),
    );
    expect(sent).toHaveLength(FLOWS.length);
    for (const [index, text] of FLOWS.entries()) {
      const { match, ...own } = flowMod(parseFlow(text));
      const { match: theirMatch, ...expected } = sent[index] ?? flowMod({});
      expect(matchKey(match), text).toBe(matchKey(theirMatch));
      expect({ ...own, xid: 0 }, text).toEqual({ ...expected, xid: 0 });
      expect(encodeMessage({ match: theirMatch, ...own, xid: 7 }), text).toEqual(
        encodeMessage({ match: theirMatch, ...expected, xid: 7 }),
      );
    }
  });
});

describe("groups", () => {
  test("are printed as dump-groups prints what the switch holds", async () => {
    const dump = await lab.ofctl("dump-groups", "s1");
    const parts = await readBack(lab, "s1", { type: "groupDesc" });
    expect(parts.flatMap((part) => part.entries).map(formatGroup)).toEqual(dumpLines(dump));
  });

  test("are read as add-group sends them", async () => {
    const path = file("groups", GROUP_TEXTS);
    const sent = await sentBy("groupMod", (target) =>
      lab.ofctl("--no-names", "add-groups", target, path),
    );
    const own = GROUP_TEXTS.map((text) => groupMod(parseGroup(text)));
    expect(own).toEqual(sent.map((message) => ({ ...message, xid: 0 })));
  });
});

describe("meters", () => {
  test("are printed as dump-meters prints what the switch holds", async () => {
    const dump = await lab.ofctl("dump-meters", "s1");
    const parts = await readBack(lab, "s1", { type: "meterConfig", meterId: 0xffffffff });
    const printed = parts.flatMap((part) => part.entries).map(formatMeter);
    expect(printed.join("\n\n")).toBe(dump.slice(dump.indexOf("meter=")).trim());
  });

  test("are read as add-meter sends them", async () => {
    for (const text of [...METER_TEXTS, REMARK_TEXT]) {
      const [sent] = await sentBy("meterMod", (target) => lab.ofctl("add-meter", target, text));
      expect(meterMod(parseMeter(text)), text).toEqual({ ...sent, xid: 0 });
      expect(parseMeter(formatMeter(parseMeter(text)))).toEqual(parseMeter(text));
    }
    expect(parseMeter(REMARK_TEXT).flags).toBe(MeterFlags.Pktps | MeterFlags.Burst);
  });
});
