// SPDX-License-Identifier: Apache-2.0
import type { PolicyDryRun } from "../../contract/policy-sets.ts";
import { EXIT, reportErrors } from "../dependencies.ts";
import { writeJson, writeLines } from "../output/output.ts";
import { placedLines, readItems } from "./apply.ts";
import type { Client } from "./client-command.ts";

/** `vtap apply --dry-run FILE…`: what each policy of the files would do, without writing it. */
export async function dryRunFiles(client: Client, paths: readonly string[]): Promise<number> {
  const { dependencies, json, rest } = client;
  const items = await readItems(client, paths);
  if ("errors" in items) return reportErrors(dependencies, items.errors, EXIT.usage);
  const dryRuns: PolicyDryRun[] = [];
  let code: number = EXIT.ok;
  for (const item of items.items) {
    const answer = await rest.request("POST", "/policies:validate", item.document);
    if (answer.ok) dryRuns.push(answer.body as PolicyDryRun);
    else code = reportErrors(dependencies, placedLines(answer.problem, item), EXIT.failed);
  }
  if (json) writeJson(dependencies.stdout, { items: dryRuns });
  else {
    const lines = dryRuns.flatMap((each, index) => [
      ...(index > 0 ? [""] : []),
      ...dryRunLines(each),
    ]);
    writeLines(dependencies.stdout, lines);
  }
  return code;
}

function dryRunLines({
  id,
  state,
  reasons,
  tapPoints,
  switches,
  overlaps,
  unseen,
}: PolicyDryRun): string[] {
  return [
    `${id ?? "(no id)"}: would be ${state}`,
    ...reasons.map((reason) => `  because ${reason}`),
    ...tapPoints.map((point) => `  tapped at ${point}`),
    ...switches.flatMap((each) => [
      `  ${each.switch}: ${counted(each.rules.length, "rule")}, ${counted(each.groups.length, "group")}`,
      ...each.effects.map((effect) => `    ${effect}`),
    ]),
    ...overlaps.map(({ policy, what }) => `  shares frames with ${policy}: ${what}`),
    ...unseen.map((each) => `  not seen: ${each}`),
  ];
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
