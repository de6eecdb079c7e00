// SPDX-License-Identifier: Apache-2.0
import type { PolicyView } from "../../contract/policies.ts";
import { jsonLines } from "../output/output.ts";
import { pairLines, tableLines } from "../output/table.ts";
import { type Client, printAnswer } from "./client-command.ts";
import { deleteEach, originText } from "./documents.ts";

/** `vtap policies`: all of them, or those in one state. */
export async function listPolicies(client: Client, state: string | undefined): Promise<number> {
  const answer = await client.rest.list("/policies", state === undefined ? {} : { state });
  return printAnswer<{ items: PolicyView[] }>(client, answer, ({ items }) => {
    if (items.length === 0) return ["no policies"];
    const rows = items.map((policy) => [
      policy.id,
      policy.status.state,
      policy.health.state,
      originText(policy),
      policy.status.reasons.join("; "),
    ]);
    return tableLines(["ID", "STATE", "HEALTH", "ORIGIN", "REASONS"], rows);
  });
}

/** `vtap policies ID`. */
export async function showPolicy(client: Client, id: string): Promise<number> {
  const answer = await client.rest.request("GET", `/policies/${encodeURIComponent(id)}`);
  return printAnswer<PolicyView>(client, answer, (policy) => {
    const { origin: _, revision, createdAt, updatedAt, requester, ...rest } = policy;
    const { status, health, ...document } = rest;
    const reasons = status.reasons.map((reason) => ["", reason] as const);
    const causes = health.because.map((cause) => ["", cause] as const);
    const pairs = pairLines([
      ["state", status.state],
      ...reasons,
      ["health", health.state],
      ...causes,
      ["origin", originText(policy)],
      ["revision", String(revision)],
      ["created", createdAt],
      ["updated", updatedAt],
      ...(requester === undefined ? [] : [["requester", requester] as const]),
    ]);
    return [...pairs, "", ...jsonLines(document)];
  });
}

/** `vtap delete ID…`. */
export function deletePolicies(
  client: Client,
  ids: readonly string[],
  reason: string | undefined,
): Promise<number> {
  return deleteEach(client, "/policies", ids, reason);
}
