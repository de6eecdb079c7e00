// SPDX-License-Identifier: Apache-2.0
import type { PolicyDryRun } from "../../contract/dry-run.ts";
import { EXIT, reportErrors } from "../dependencies.ts";
import { placedLines, readItems } from "./apply.ts";
import type { Client } from "./client-command.ts";

/** `vtap apply --dry-run FILE…`: what each policy of the files would do, without writing it. */
export async function dryRunFiles(client: Client, paths: readonly string[]): Promise<number> {
  const { dependencies, json, rest } = client;
  const items = readItems(client, paths);
  if ("errors" in items) return reportErrors(dependencies, items.errors, EXIT.usage);
  const dryRuns: PolicyDryRun[] = [];
  let code: number = EXIT.ok;
  for (const item of items.items) {
    const answer = await rest.request("POST", "/policies:validate", item.document);
    if (answer.ok) dryRuns.push(answer.body as PolicyDryRun);
    else code = reportErrors(dependencies, placedLines(answer.problem, item), EXIT.failed);
  }
  const text = json
    ? `${JSON.stringify({ items: dryRuns }, null, 2)}\n`
    : dryRuns.map(dryRunText).join("\n");
  dependencies.stdout.write(text);
  return code;
}

function dryRunText({
  id,
  state,
  reasons,
  tapPoints,
  switches,
  overlaps,
  unseen,
}: PolicyDryRun): string {
  const lines = [
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
  return `${lines.join("\n")}\n`;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
