// SPDX-License-Identifier: Apache-2.0
import type { TapsView } from "../../contract/taps.ts";
import { EXIT } from "../dependencies.ts";
import { type Client, printAnswer } from "./client-command.ts";
import { reasonQuery } from "./documents.ts";

/** The flags of `vtap suspend` and `vtap resume`. */
export interface SuspendFlags {
  /** Milliseconds to wait for the switches. */
  readonly wait: number;
  readonly reason?: string;
  /** Only the taps of this project. */
  readonly project?: string;
}

/** `vtap suspend`: removes every copy rule from the switches. Fails if a switch has not confirmed. */
export async function suspendTaps(
  client: Client,
  { wait, reason, project }: SuspendFlags,
): Promise<number> {
  const { USER, LOGNAME } = client.dependencies.env;
  const by = USER || LOGNAME;
  const body = {
    ...(project ? { project } : {}),
    ...(reason ? { reason } : {}),
    ...(by ? { by: by.slice(0, 200) } : {}),
  };
  const answer = await client.rest.request("POST", `/taps:suspend?wait=${wait}`, body);
  const code = printAnswer<TapsView>(client, answer, toLines);
  const isDone = answer.ok && isSuspended(answer.body as TapsView, project);
  return code === EXIT.ok && wait > 0 && !isDone ? EXIT.failed : code;
}

/** `vtap resume`: restores the copies of all policies, or of one policy that the drop guard suspended. */
export async function resumeTaps(
  client: Client,
  id: string | undefined,
  { wait, reason, project }: SuspendFlags,
): Promise<number> {
  const why = reasonQuery(reason, "&");
  if (id === undefined) {
    const body = project === undefined ? undefined : { project };
    const answer = await client.rest.request("POST", `/taps:resume?wait=${wait}${why}`, body);
    return printAnswer<TapsView>(client, answer, toLines);
  }
  const path = `/policies/${encodeURIComponent(id)}:resume?wait=${wait}${why}`;
  const answer = await client.rest.request("POST", path);
  return printAnswer<{ status: { state: string; reasons: string[] } }>(
    client,
    answer,
    ({ status }) => [`${id}: ${[status.state, ...status.reasons].join(", ")}`],
  );
}

/** Whether switches have confirmed that taps are suspended: all, or those of a project. */
function isSuspended({ state, projects }: TapsView, project: string | undefined): boolean {
  if (state !== "running" || project === undefined) return state !== "suspending";
  return projects.some((each) => each.project === project && each.state === "suspended");
}

/** The state of the taps in a few lines. */
function toLines({
  state,
  projects,
  unstored,
  remaining,
  policies,
  ...stated
}: TapsView): string[] {
  const first = `taps: ${state}${statedText(stated)}`;
  const ofProjects = projects.flatMap((each) => [
    `  project ${each.project}: ${each.state}${statedText(each)}`,
    ...(each.unstored === undefined ? [] : [`    not on disk yet: ${each.unstored}`]),
  ]);
  const left = remaining.map(
    (each) => `  switch ${each.switch} may still make copies: ${each.why}`,
  );
  const guarded = policies.map((each) => `  policy ${each.id} is suspended: ${each.reason}`);
  const risk = "not on disk yet, a restart of vtap would resume the taps";
  const warning = unstored === undefined ? [] : [`  ${risk}: ${unstored}`];
  return [first, ...warning, ...left, ...ofProjects, ...guarded];
}

/** Since when, by whom and why. */
function statedText({ since, by, reason }: Pick<TapsView, "since" | "by" | "reason">): string {
  const details = [since && `since ${since}`, by && `by ${by}`].filter(Boolean).join(" ");
  return `${details === "" ? "" : ` ${details}`}${reason ? `: ${reason}` : ""}`;
}
