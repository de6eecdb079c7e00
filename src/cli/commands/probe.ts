// SPDX-License-Identifier: Apache-2.0
import type { ProbeReport } from "../../contract/policies.ts";
import { EXIT } from "../dependencies.ts";
import { tableLines } from "../output/table.ts";
import { type Client, printAnswer } from "./client-command.ts";

/** `vtap probe ID`: probes the ways of a policy's copies. Fails unless the policy is healthy. */
export async function probePolicy(client: Client, id: string): Promise<number> {
  const answer = await client.rest.request("POST", `/policies/${encodeURIComponent(id)}:probe`);
  const code = printAnswer<ProbeReport>(client, answer, toLines);
  const isHealthy = answer.ok && (answer.body as ProbeReport).health.state === "healthy";
  return code === EXIT.ok && !isHealthy ? EXIT.notActive : code;
}

function toLines({ id, health, ways }: ProbeReport): string[] {
  const first = `${id}: ${health.state}`;
  const causes = health.because.map((cause) => `  ${cause}`);
  if (ways.length === 0) return [first, ...causes];
  const rows = ways.map(({ monitor, from, to, marking, state, rttMs, lost }) => [
    ...[monitor, from, to, marking, state],
    ...[rttMs === undefined ? "-" : `${rttMs} ms`, String(lost)],
  ]);
  const headings = ["MONITOR", "FROM", "TO", "MARKING", "STATE", "RTT", "LOST"];
  return [first, ...causes, ...tableLines(headings, rows)];
}
