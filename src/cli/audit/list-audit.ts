// SPDX-License-Identifier: Apache-2.0
import type { AuditHead, AuditRecord } from "../../contract/audit/audit.ts";
import { type Client, printAnswer, problemLines } from "../commands/client-command.ts";
import { EXIT, reportErrors } from "../dependencies.ts";
import { tableLines } from "../output/table.ts";
import { visibleJson } from "../output/visible.ts";

/** The flags of `vtap audit`. */
export interface AuditFlags {
  readonly user?: string;
  readonly object?: string;
  readonly operation?: string;
  readonly outcome?: string;
  readonly from?: string;
  readonly to?: string;
  readonly after?: string;
  readonly ndjson?: boolean;
}

/** Records that are shown without a filter: the last ones. */
const LAST = 50;

/** `vtap audit`: the last records, or all that a filter selects; `--ndjson`: all, as an export. */
export async function listAudit(client: Client, flags: AuditFlags): Promise<number> {
  const { ndjson = false, user, object, operation, outcome, from, to, after } = flags;
  const given = Object.entries({ user, object, operation, outcome, from, to, after });
  const query: Record<string, string> = Object.fromEntries(
    given.flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const])),
  );
  if (ndjson) return exportAudit(client, query);
  if (given.every(([, value]) => value === undefined)) {
    const head = await client.rest.request("GET", "/audit/head");
    if (!head.ok) return printAnswer(client, head, () => []);
    const first = (head.body as AuditHead).sequence - LAST;
    query.after = String(Math.max(0, first));
  }
  const answer = await client.rest.list("/audit", query);
  return printAnswer<{ items: AuditRecord[] }>(client, answer, ({ items }) =>
    items.length === 0 ? ["no records"] : tableLines(HEADINGS, items.map(rowOf)),
  );
}

/** `vtap audit head`. */
export async function showHead(client: Client): Promise<number> {
  const answer = await client.rest.request("GET", "/audit/head");
  return printAnswer<AuditHead>(client, answer, ({ sequence, hash }) => [`${sequence}:${hash}`]);
}

/** One record on each line, page by page. */
async function exportAudit(client: Client, query: Record<string, string>): Promise<number> {
  const { rest, dependencies } = client;
  for await (const page of rest.pages("/audit", query)) {
    if (!page.ok) return reportErrors(dependencies, problemLines(page.problem), EXIT.failed);
    const { items } = page.body as { items: readonly AuditRecord[] };
    const lines = items.map((record) => `${visibleJson(JSON.stringify(record))}\n`);
    dependencies.stdout.write(lines.join(""));
  }
  return EXIT.ok;
}

const HEADINGS = ["NO", "TIME", "USER", "ADDRESS", "WHAT", "OBJECT", "OUTCOME", "REASON"];

function rowOf(record: AuditRecord): string[] {
  const { sequence, at, actor, object, reason = "" } = record;
  const { user = "", address = "" } = actor ?? {};
  const about = object ? [object.kind, object.id ?? ""].join(" ").trim() : "";
  return [String(sequence), at, user, address, whatOf(record), about, outcomeOf(record), reason];
}

function whatOf({ type, operation = "", follows = 0, truncated }: AuditRecord): string {
  if (type === "followed") return `followed ${follows}`;
  if (truncated) return `deleted ${truncated.from} to ${truncated.to}`;
  return operation.replace("/api/v1", "");
}

function outcomeOf({ outcome, state, reasons = [], count = 1 }: AuditRecord): string {
  if (outcome) {
    const { status, problem } = outcome;
    const times = count === 1 ? "" : ` (${count} times)`;
    return `${[status, ...(problem === undefined ? [] : [problem])].join(" ")}${times}`;
  }
  return [...(state === undefined ? [] : [state]), ...reasons].join(", ");
}
