// SPDX-License-Identifier: Apache-2.0
import type { ProjectView } from "../../contract/projects/project-view.ts";
import { tableLines } from "../output/table.ts";
import { type Client, printAnswer } from "./client-command.ts";

/** `vtap projects`. */
export async function listProjects(client: Client): Promise<number> {
  const answer = await client.rest.list("/projects");
  return printAnswer<{ items: ProjectView[] }>(client, answer, ({ items }) => {
    if (items.length === 0) return ["no projects"];
    const rows = items.map(({ project, policies, monitors, rules, kbps, held }) => [
      project,
      ofText(policies.used, policies.limit),
      ofText(monitors.used, monitors.limit),
      rules ? ofText(rules.used, rules.limit) : "",
      ofText(kbps.measured === null ? "?" : Math.round(kbps.measured), kbps.limit),
      String(held),
    ]);
    return tableLines(["PROJECT", "POLICIES", "MONITORS", "RULES", "KBPS", "HELD"], rows);
  });
}

function ofText(used: number | string, limit: number | undefined): string {
  return limit === undefined ? `${used}` : `${used} of ${limit}`;
}
