// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import type { PolicyColumns } from "../../../src/contract/observation/policy-rows.ts";
import { isEnabled, partyLabel, rowsOf } from "../../../src/page/data/policy-row.ts";

const COLUMNS: PolicyColumns = {
  ...{ id: ["a", "b"], name: ["A", ""], state: ["active", "disabled"] },
  sender: { host: ["h1", "*"], mac: ["fa:00:00:00:00:01", "*"], ip: ["10.0.0.1", "10.9.0.0/16"] },
  receiver: { host: ["*", "*"], mac: ["*", "fa:00:00:00:00:02"], ip: ["*", "10.0.0.2"] },
  ...{ direction: ["both", "forward"], monitors: [["ids"], ["ids", "recorder"]] },
  filters: {
    ...{ ipProto: ["tcp", "*"], vlan: ["*", "20"], srcPort: ["*", "*"] },
    ...{ dstPort: ["80,443", "*"], more: ["*", "mpls_label=10"] },
  },
  ...{ copiedPackets: [5, null], deliveredPackets: [4, null], lostPackets: [1, null] },
  ...{ delivery: ["auto", "tag"], origin: ["api", "file"], set: ["web", ""], file: ["", "a.json"] },
  ...{ project: ["", "p"], requester: ["alice", ""], updatedAt: ["t1", "t2"], revision: [1, 2] },
  reasons: [[], ["it is not enabled"]],
};

test("columns become rows: any is an empty text, and what is not known is no zero", () => {
  const [a, b] = rowsOf({ columns: COLUMNS });
  expect(a).toMatchObject({
    ...{ id: "a", state: "active", receiver: { host: "", mac: "", ip: "" }, owner: "web" },
    ...{ copied: 5, delivered: 4, lost: 1, filters: { ipProto: "tcp", dstPort: "80,443" } },
  });
  expect(b).toMatchObject({
    ...{ id: "b", copied: null, delivered: null, lost: null, owner: "a.json", project: "p" },
    ...{ monitors: ["ids", "recorder"], reasons: ["it is not enabled"], revision: 2 },
  });
  expect([a, b].map((row) => row && isEnabled(row))).toEqual([true, false]);
});

test("columns of different lengths are a defect", () => {
  expect(() => rowsOf({ columns: { ...COLUMNS, name: ["A"] } })).toThrow(/ends before b/);
});

test("a party is its host, else its addresses", () => {
  const [a, b] = rowsOf({ columns: COLUMNS });
  const labels = [a, b].flatMap((row) => (row ? [row.sender, row.receiver].map(partyLabel) : []));
  expect(labels).toEqual(["h1", "any", "10.9.0.0/16", "fa:00:00:00:00:02 10.0.0.2"]);
});
