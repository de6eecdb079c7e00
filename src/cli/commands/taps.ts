import type { TapsView } from "../../api/index.ts";
import { EXIT } from "../dependencies.ts";
import { type Client, printAnswer } from "./client-command.ts";

/** What `vtap suspend` is told. */
export interface SuspendFlags {
  /** Milliseconds to wait for the switches. */
  readonly wait: number;
  readonly reason?: string;
}

/** `vtap suspend`: takes every copy off the switches. Fails when some switch has not confirmed. */
export async function suspendTaps(client: Client, { wait, reason }: SuspendFlags): Promise<number> {
  const { USER, LOGNAME } = client.dependencies.env;
  const by = USER || LOGNAME;
  const said = { ...(reason ? { reason } : {}), ...(by ? { by: by.slice(0, 200) } : {}) };
  const answer = await client.rest.request("POST", `/taps:suspend?wait=${wait}`, said);
  const code = printAnswer<TapsView>(client, answer, inWords);
  const isDone = answer.ok && (answer.body as TapsView).state !== "suspending";
  return code === EXIT.ok && wait > 0 && !isDone ? EXIT.failed : code;
}

/** `vtap resume`: puts them back; with an id, those of one policy that the guard has suspended. */
export async function resumeTaps(
  client: Client,
  id: string | undefined,
  wait: number,
): Promise<number> {
  if (id === undefined) {
    const answer = await client.rest.request("POST", `/taps:resume?wait=${wait}`);
    return printAnswer<TapsView>(client, answer, inWords);
  }
  const path = `/policies/${encodeURIComponent(id)}:resume?wait=${wait}`;
  const answer = await client.rest.request("POST", path);
  return printAnswer<{ status: { state: string; reasons: string[] } }>(
    client,
    answer,
    ({ status }) => `${id}: ${[status.state, ...status.reasons].join(", ")}\n`,
  );
}

/** Whether taps run, in a few lines. */
function inWords({ state, since, by, reason, remaining, policies }: TapsView): string {
  const details = [since && `since ${since}`, by && `by ${by}`].filter(Boolean).join(" ");
  const first = `taps: ${state}${details === "" ? "" : ` ${details}`}${reason ? `: ${reason}` : ""}`;
  const left = remaining.map(
    (each) => `  switch ${each.switch} may still make copies: ${each.why}`,
  );
  const guarded = policies.map((each) => `  policy ${each.id} is suspended: ${each.reason}`);
  return `${[first, ...left, ...guarded].join("\n")}\n`;
}
