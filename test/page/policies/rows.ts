// SPDX-License-Identifier: Apache-2.0
import type { PolicyRow } from "../../../src/page/data/policy-row.ts";

const ANY = { host: "", mac: "", ip: "" };

/** A row of the table. */
export function rowOf(id: string, members: Partial<PolicyRow> = {}): PolicyRow {
  return {
    ...{ id, name: "", state: "active", reasons: [] },
    ...{ sender: { ...ANY, host: "h1" }, receiver: { ...ANY, host: "h2" }, direction: "forward" },
    ...{ monitors: ["ids"], copied: 0, delivered: 0, lost: 0, delivery: "auto" },
    filters: { ipProto: "", vlan: "", srcPort: "", dstPort: "", more: "" },
    ...{ origin: "api", owner: "", project: "", requester: "" },
    ...{ updatedAt: "2026-01-01T00:00:00Z", revision: 1 },
    ...members,
  };
}
