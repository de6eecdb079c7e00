// SPDX-License-Identifier: Apache-2.0
import { type PolicyRow, policyRow } from "../../../src/page/data/policy-row.ts";

/** A row of the table; `terms` are members of the document, `row` of the row. */
export function rowOf(id: string, terms: object = {}, row: Partial<PolicyRow> = {}): PolicyRow {
  const made = policyRow({
    ...{ id, revision: 1, origin: { kind: "api" as const }, updatedAt: "2026-01-01T00:00:00Z" },
    ...{ sender: { host: "h1" }, receiver: { host: "h2" }, monitors: [{ host: "ids" }] },
    ...terms,
  });
  return { ...made, state: "active", ...row };
}
