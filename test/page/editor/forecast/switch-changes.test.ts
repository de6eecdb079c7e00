// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import type { PolicyDryRun } from "../../../../src/contract/policy-sets.ts";
import { switchChanges } from "../../../../src/page/editor/forecast/switch-changes.ts";

const rule = (match: string) => ({
  ...{ table: 0, priority: 9, cookie: "0x1", category: "copy", policies: ["p"] },
  ...{ match, actions: "output:1" },
});
const text = (match: string) => `table=0,priority=9,${match} actions=output:1`;

type Diff = NonNullable<PolicyDryRun["diff"]>;

function dryRun(
  switches: Readonly<Record<string, readonly string[]>>,
  changes?: Readonly<Record<string, readonly [readonly string[], readonly string[]]>>,
): PolicyDryRun {
  const diff: Diff | undefined = changes && {
    ...{ revision: 1, members: [] },
    changes: Object.entries(changes).map(([name, [before, after]]) => ({
      ...{ what: "rules", switch: name, before, after },
    })),
  };
  return {
    ...{ state: "active", reasons: [], tapPoints: [], overlaps: [], unseen: [] },
    ...{ plan: { tapPoints: [], ways: [], original: [] }, effects: [], unlistedEffects: 0 },
    switches: Object.entries(switches).map(([name, matches]) => ({
      ...{ switch: name, dpid: "0000000000000001", groups: [], effects: [] },
      rules: matches.map(rule),
    })),
    ...(diff && { diff }),
  };
}

const marks = (each: PolicyDryRun) =>
  switchChanges(each).map(({ name, rules }) => [
    name,
    ...rules.map((found) => `${found.change} ${found.text}`),
  ]);

test("every rule of a new policy is added", () => {
  const planned = dryRun({ s1: ["ip", "arp"] });
  expect(marks(planned)).toEqual([["s1", `added ${text("ip")}`, `added ${text("arp")}`]]);
  expect(switchChanges(planned)).toMatchObject([{ added: 2, removed: 0 }]);
});

test("rules of a policy that is there are removed, added or kept, also on a switch that it leaves", () => {
  const planned = dryRun(
    { s1: ["ip", "arp"], s2: ["udp"] },
    { s1: [[text("tcp")], [text("ip")]], s3: [[text("icmp")], []] },
  );
  expect(marks(planned)).toEqual([
    ["s1", `removed ${text("tcp")}`, `added ${text("ip")}`, `kept ${text("arp")}`],
    ["s2", `kept ${text("udp")}`],
    ["s3", `removed ${text("icmp")}`],
  ]);
  expect(switchChanges(planned)).toMatchObject([
    ...[
      { added: 1, removed: 1 },
      { added: 0, removed: 0 },
    ],
    { added: 0, removed: 1 },
  ]);
});

test("of a long list the further rules are counted, and none is called kept", () => {
  const planned = dryRun({ s1: ["ip", "arp", "udp"] }, { s1: [[], [text("ip"), "… and 2 more"]] });
  expect(switchChanges(planned)).toMatchObject([{ added: 3, removed: 0 }]);
  expect(marks(planned)).toEqual([["s1", `added ${text("ip")}`, "added … and 2 more"]]);
});
