// SPDX-License-Identifier: Apache-2.0
import type { PolicyView } from "../../contract/policies.ts";
import { EXIT, reportErrors } from "../dependencies.ts";
import { jsonLines, writeJson, writeLines } from "../output/output.ts";
import { pairLines, tableLines } from "../output/table.ts";
import { type Client, printAnswer, problemLines } from "./client-command.ts";

/** `vtap policies`: all of them, or those in one state. */
export async function listPolicies(client: Client, state: string | undefined): Promise<number> {
  const answer = await client.rest.list("/policies", state === undefined ? {} : { state });
  return printAnswer<{ items: PolicyView[] }>(client, answer, ({ items }) => {
    if (items.length === 0) return ["no policies"];
    const rows = items.map((policy) => [
      policy.id,
      policy.status.state,
      originText(policy),
      policy.status.reasons.join("; "),
    ]);
    return tableLines(["ID", "STATE", "ORIGIN", "REASONS"], rows);
  });
}

/** `vtap policies ID`. */
export async function showPolicy(client: Client, id: string): Promise<number> {
  const answer = await client.rest.request("GET", `/policies/${encodeURIComponent(id)}`);
  return printAnswer<PolicyView>(client, answer, (policy) => {
    const { origin: _, revision, createdAt, updatedAt, status, ...document } = policy;
    const reasons = status.reasons.map((reason) => ["", reason] as const);
    const pairs = pairLines([
      ["state", status.state],
      ...reasons,
      ["origin", originText(policy)],
      ["revision", String(revision)],
      ["created", createdAt],
      ["updated", updatedAt],
    ]);
    return [...pairs, "", ...jsonLines(document)];
  });
}

/** `vtap delete ID…`. */
export async function deletePolicies(client: Client, ids: readonly string[]): Promise<number> {
  const { dependencies, json, rest } = client;
  let code: number = EXIT.ok;
  const results: { id: string; result: string }[] = [];
  for (const id of ids) {
    const answer = await rest.request("DELETE", `/policies/${encodeURIComponent(id)}`);
    results.push({ id, result: answer.ok ? "deleted" : "failed" });
    if (!answer.ok) code = reportErrors(dependencies, problemLines(answer.problem), EXIT.failed);
    else if (!json) writeLines(dependencies.stdout, [`${id} deleted`]);
  }
  if (json) writeJson(dependencies.stdout, { items: results });
  return code;
}

function originText({ origin }: PolicyView): string {
  return origin.kind === "file" ? origin.file : origin.kind;
}
