// SPDX-License-Identifier: Apache-2.0
import type { PolicyView } from "../../contract/policies.ts";
import type { CountersDetailView } from "../../contract/policy-counters.ts";
import { tableLines } from "../output/table.ts";
import { type Client, printAnswer } from "./client-command.ts";

const HEADINGS = ["COPIED", "DELIVERED", "LOST", "COPIED BYTES", "SINCE", "READ"];

/** `vtap counters`: the counters of all policies. */
export async function listCounters(client: Client): Promise<number> {
  const answer = await client.rest.list("/policies");
  return printAnswer<{ items: PolicyView[] }>(client, answer, ({ items }) => {
    if (items.length === 0) return ["no policies"];
    const rows = items.map(({ id, counters }) => [id, ...figures(counters, counters)]);
    return tableLines(["ID", ...HEADINGS], rows);
  });
}

/** `vtap counters ID`: the counters of a policy for each monitor. */
export async function showCounters(client: Client, id: string): Promise<number> {
  const answer = await client.rest.request("GET", `/policies/${encodeURIComponent(id)}/counters`);
  return printAnswer<CountersDetailView>(client, answer, (policy) => {
    const rows = policy.monitors.map((each) => [each.monitor, ...figures(each, policy)]);
    return tableLines(["MONITOR", ...HEADINGS], [...rows, ["all", ...figures(policy, policy)]]);
  });
}

type Figures = Pick<PolicyView["counters"], "copied" | "delivered" | "loss" | "exact">;

function figures(
  { copied, delivered, loss, exact }: Figures,
  { since, readAt }: Pick<PolicyView["counters"], "since" | "readAt">,
): string[] {
  const atMost = exact ? "" : "<= ";
  const counts = [copied.packets, delivered.packets, loss.packets, copied.bytes];
  return [...counts.map((count) => `${atMost}${count}`), since, readAt ?? "not yet"];
}
