// SPDX-License-Identifier: Apache-2.0
import type { AppliedPolicySet } from "../../../contract/policy-sets.ts";
import { EXIT, reportErrors } from "../../dependencies.ts";
import { writeJson, writeLines } from "../../output/output.ts";
import { tableLines } from "../../output/table.ts";
import type { RestProblem } from "../../rest-client.ts";
import { type Client, problemLines } from "../client-command.ts";
import { effectLines } from "./effect-lines.ts";
import { type FileSet, placedSetLines, readFileSet, setBody } from "./file-set.ts";

/** The flags of `vtap apply` that concern the set. */
export interface ApplyFlags {
  /** Milliseconds to wait for the switches. */
  readonly wait: number;
  readonly set?: string;
  readonly prune?: boolean;
}

/**
 * `vtap apply FILE…`: creates or replaces every group and policy of the files, or none. No request is
 * sent when a file cannot be read. With a time to wait, it fails when a policy that is enabled is not
 * active in the end.
 */
export async function applyFiles(
  client: Client,
  paths: readonly string[],
  flags: ApplyFlags,
): Promise<number> {
  const { dependencies } = client;
  const set = await readFileSet(client, paths);
  if ("errors" in set) return reportErrors(dependencies, set.errors, EXIT.usage);
  const applied = await requestApply(client, set, flags);
  if (applied === undefined) return EXIT.failed;
  const rows = applied.policies.map(({ id, result, status }) => [id, result, status?.state ?? "-"]);
  const groupRows = applied.groups.map(({ id, result }) => [`@${id}`, result, "-"]);
  if (client.json) {
    const items = applied.policies.map(({ status, ...each }) => ({
      ...each,
      state: status?.state ?? "-",
      reasons: status?.reasons ?? [],
    }));
    const { groups, effects, unlistedEffects } = applied;
    const named = groups.length > 0 ? { groups } : {};
    writeJson(dependencies.stdout, { items, ...named, effects, unlistedEffects });
  } else {
    const lines = tableLines(["ID", "RESULT", "STATE"], [...groupRows, ...rows]);
    writeLines(dependencies.stdout, [...lines, ...effectLines(applied)]);
  }
  return flags.wait > 0 ? waited(client, applied) : EXIT.ok;
}

/** `vtap groups apply FILE…`: creates or replaces the groups of the files; their policies are not read. */
export async function applyGroups(client: Client, paths: readonly string[]): Promise<number> {
  const { dependencies } = client;
  const set = await readFileSet(client, paths);
  if ("errors" in set) return reportErrors(dependencies, set.errors, EXIT.usage);
  const applied = await requestApply(client, { ...set, policies: [] }, { wait: 0 });
  if (applied === undefined) return EXIT.failed;
  if (client.json) writeJson(dependencies.stdout, { items: applied.groups });
  else {
    const rows = applied.groups.map(({ id, result }) => [id, result]);
    writeLines(dependencies.stdout, tableLines(["ID", "RESULT"], rows));
  }
  return EXIT.ok;
}

/** Reports why a set is rejected, and that nothing of it is applied. */
export function reportRejectedSet(client: Client, problem: RestProblem, set: FileSet): void {
  const placed = placedSetLines(problem, set);
  const lines = placed.length > 0 ? placed : problemLines(problem);
  reportErrors(client.dependencies, lines, EXIT.failed);
}

async function requestApply(
  client: Client,
  set: FileSet,
  { wait, set: name, prune }: ApplyFlags,
): Promise<AppliedPolicySet | undefined> {
  const query = wait > 0 ? `?wait=${wait}` : "";
  const body = { ...setBody(set), ...setFlags({ set: name, prune }) };
  const answer = await client.rest.request("POST", `/policies:apply${query}`, body);
  if (answer.ok) return answer.body as AppliedPolicySet;
  reportRejectedSet(client, answer.problem, set);
  reportErrors(client.dependencies, ["nothing was applied"], EXIT.failed);
  return undefined;
}

/** The members of the request that the flags set. */
export function setFlags({
  set,
  prune,
}: {
  readonly set: string | undefined;
  readonly prune: boolean | undefined;
}) {
  return { ...(set === undefined ? {} : { set }), ...(prune ? { prune } : {}) };
}

/** Reports the policies that are not active when the time to wait is over. */
function waited({ dependencies }: Client, { policies }: AppliedPolicySet): number {
  const lines = policies.flatMap(({ id, status }) => {
    if (status === undefined || ["active", "disabled", "expired"].includes(status.state)) return [];
    const { state, reasons } = status;
    return [`${id} is ${state}${reasons.length > 0 ? `: ${reasons.join("; ")}` : ""}`];
  });
  return lines.length > 0 ? reportErrors(dependencies, lines, EXIT.notActive) : EXIT.ok;
}
