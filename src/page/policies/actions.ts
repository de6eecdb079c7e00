// SPDX-License-Identifier: Apache-2.0
import type { PolicyView } from "../../contract/policies.ts";
import { toast } from "../app/toasts.ts";
import { get, problemFrom, request } from "../data/rest.ts";
import { downloadText } from "../ui/download.ts";
import { plural } from "../ui/format.ts";
import { documentOf } from "./document.ts";

/** Changes of policies, from the table and from the detail. Failures are shown as messages. */

export const WRITE = "PUT /api/v1/policies/{id}";
export const REMOVE = "DELETE /api/v1/policies/{id}";
export const PREVIEW = "POST /api/v1/policies/{id}:preview";

export function policyPath(id: string): string {
  return `/policies/${encodeURIComponent(id)}`;
}

/** Enables or disables policies; those of files are left out by the caller. */
export async function setEnabled(ids: readonly string[], enabled: boolean): Promise<void> {
  const change = (id: string) =>
    request("PATCH", policyPath(id), {
      body: { enabled },
      headers: { "content-type": "application/merge-patch+json" },
    });
  const done = await each(ids, change);
  if (done > 0)
    toast(`${plural(done, "policy", "policies")} ${enabled ? "enabled" : "disabled"}.`, {
      tone: "good",
    });
}

/** Deletes policies; the message offers to write them again. Their counters start anew then. */
export async function deletePolicies(ids: readonly string[]): Promise<void> {
  const deleted: PolicyView[] = [];
  await each(ids, async (id) => {
    const policy = await get<PolicyView>(policyPath(id));
    await request("DELETE", policyPath(id));
    deleted.push(policy);
  });
  if (deleted.length === 0) return;
  const [first] = deleted;
  const what =
    deleted.length === 1 ? `"${first?.id}"` : plural(deleted.length, "policy", "policies");
  toast(`Deleted ${what}.`, {
    action: { label: "Undo", run: () => void restore(deleted) },
  });
}

async function restore(policies: readonly PolicyView[]): Promise<void> {
  const headers = { "if-none-match": "*" };
  const byId = new Map(policies.map((policy) => [policy.id, policy]));
  const done = await each([...byId.keys()], (id) =>
    request("PUT", policyPath(id), { body: documentOf(byId.get(id) ?? {}), headers }),
  );
  if (done > 0)
    toast(`Restored ${plural(done, "policy", "policies")}. Counters start at zero.`, {
      tone: "good",
    });
}

/** Does something for each policy, a few at a time; returns for how many it was done. */
async function each(
  ids: readonly string[],
  run: (id: string) => Promise<unknown>,
): Promise<number> {
  let done = 0;
  const waiting = [...ids];
  const failed: string[] = [];
  const work = async () => {
    for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
      try {
        await run(id);
        done++;
      } catch (error) {
        failed.push(`${id}: ${problemFrom(error).detail}`);
      }
    }
  };
  await Promise.all(Array.from({ length: 4 }, work));
  const [first, ...others] = failed;
  if (first !== undefined) {
    const rest = others.length > 0 ? ` And ${plural(others.length, "other")} failed.` : "";
    toast(`${first}${rest}`, { tone: "bad", forMs: 15_000 });
  }
  return done;
}

/** Downloads policies as a file that `vtap apply` takes. */
export async function exportPolicies(ids: readonly string[]): Promise<void> {
  const documents: unknown[] = [];
  await each(ids, async (id) => documents.push(documentOf(await get<PolicyView>(policyPath(id)))));
  if (documents.length === 0) return;
  downloadText(
    "policies.json",
    "application/json",
    `${JSON.stringify({ policies: documents }, null, 2)}\n`,
  );
}

/** The document of a policy as text. */
export async function policyJson(id: string): Promise<string> {
  return JSON.stringify(documentOf(await get<PolicyView>(policyPath(id))), null, 2);
}
