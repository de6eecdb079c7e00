// SPDX-License-Identifier: Apache-2.0
import type { GroupView } from "../../contract/groups.ts";
import type { PolicyView } from "../../contract/policies.ts";
import { EXIT, reportErrors } from "../dependencies.ts";
import { writeJson, writeLines } from "../output/output.ts";
import { type Client, problemLines } from "./client-command.ts";

/** What commands of policies and of groups share. */

/** Where a policy or group comes from: its file, or `api`. */
export function originText({ origin }: Pick<PolicyView | GroupView, "origin">): string {
  return origin.kind === "file" ? origin.file : origin.kind;
}

/** The query of a change with its reason, after others. */
export function reasonQuery(reason: string | undefined, query: string): string {
  return reason === undefined ? "" : `${query}reason=${encodeURIComponent(reason)}`;
}

/** Deletes each of some resources of a list; goes on after one that is rejected. */
export async function deleteEach(
  { dependencies, json, rest }: Client,
  list: "/policies" | "/groups",
  ids: readonly string[],
  reason?: string,
): Promise<number> {
  let code: number = EXIT.ok;
  const why = reasonQuery(reason, "?");
  const results: { id: string; result: string }[] = [];
  for (const id of ids) {
    const answer = await rest.request("DELETE", `${list}/${encodeURIComponent(id)}${why}`);
    results.push({ id, result: answer.ok ? "deleted" : "failed" });
    if (!answer.ok) code = reportErrors(dependencies, problemLines(answer.problem), EXIT.failed);
    else if (!json) writeLines(dependencies.stdout, [`${id} deleted`]);
  }
  if (json) writeJson(dependencies.stdout, { items: results });
  return code;
}
