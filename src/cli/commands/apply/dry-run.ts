// SPDX-License-Identifier: Apache-2.0
import type { PolicyForecast, PolicySetPlan } from "../../../contract/policy-sets.ts";
import { EXIT, reportErrors } from "../../dependencies.ts";
import { writeJson, writeLines } from "../../output/output.ts";
import type { Client } from "../client-command.ts";
import { type ApplyFlags, reportRejectedSet, setFlags } from "./apply.ts";
import { effectLines } from "./effect-lines.ts";
import { readFileSet, setBody } from "./file-set.ts";

/** `vtap apply --dry-run FILE…`: what the files would do as one change, without applying it. */
export async function dryRunFiles(
  client: Client,
  paths: readonly string[],
  { set: name, prune }: ApplyFlags,
): Promise<number> {
  const { dependencies, json, rest } = client;
  const set = await readFileSet(client, paths);
  if ("errors" in set) return reportErrors(dependencies, set.errors, EXIT.usage);
  const body = { ...setBody(set), ...setFlags({ set: name, prune }) };
  const answer = await rest.request("POST", "/policies:validate", body);
  if (!answer.ok) {
    reportRejectedSet(client, answer.problem, set);
    return EXIT.failed;
  }
  const plan = answer.body as PolicySetPlan;
  const { policies: items, groups, effects, unlistedEffects } = plan;
  const named = groups.length > 0 ? { groups } : {};
  if (json) writeJson(dependencies.stdout, { items, ...named, effects, unlistedEffects });
  else writeLines(dependencies.stdout, planLines(plan));
  return EXIT.ok;
}

const VERBS = {
  created: "create",
  updated: "update",
  unchanged: "keep",
  deleted: "delete",
} as const;

function planLines(plan: PolicySetPlan): string[] {
  const groups = plan.groups.map(({ id, result }) => `${VERBS[result]} @${id}`);
  const policies = plan.policies.flatMap((each) => [
    "",
    ...(each.result === "deleted"
      ? [`${VERBS.deleted} ${each.id}`]
      : [`${VERBS[each.result]} ${each.id}: would be ${each.state}`, ...forecastLines(each)]),
  ]);
  const lines = [...groups, ...policies, ...effectLines(plan), "", summary(plan)];
  return lines[0] === "" ? lines.slice(1) : lines;
}

function forecastLines({
  reasons,
  tapPoints,
  switches,
  overlaps,
  unseen,
}: PolicyForecast): string[] {
  return [
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

/** "1 to create, 0 to update, …": policies and groups together. */
function summary({ policies, groups, effects, unlistedEffects }: PolicySetPlan): string {
  const all = [...policies, ...groups];
  const counts = (["created", "updated", "unchanged", "deleted"] as const).map((result) => {
    const count = all.filter((each) => each.result === result).length;
    return `${count} to ${VERBS[result]}`;
  });
  const others = effects.length + unlistedEffects;
  const affected = `${others} other ${others === 1 ? "policy" : "policies"} affected`;
  return [...counts, affected].join(", ");
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
