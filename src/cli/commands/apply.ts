// SPDX-License-Identifier: Apache-2.0
import { EXIT, reportErrors } from "../dependencies.ts";
import { formatProblem, type PlacedJson, pathOfPointer } from "../json-file.ts";
import { writeJson, writeLines } from "../output/output.ts";
import { tableLines } from "../output/table.ts";
import { readInputFiles } from "../read-files.ts";
import type { RestAnswer, RestProblem } from "../rest-client.ts";
import type { Client } from "./client-command.ts";

/** The result for one policy of a file. */
interface Applied {
  readonly id: string;
  readonly result: "created" | "updated" | "failed";
  readonly state: string;
}

/** The result for one group of a file. */
type AppliedGroup = Omit<Applied, "state">;

/** A policy or group document with its position in a file. */
export interface Item {
  readonly document: unknown;
  readonly file: PlacedJson;
  readonly path: readonly (string | number)[];
}

/**
 * `vtap apply FILE…`: creates or replaces every group of the files, then every policy. A rejected one does
 * not stop the others, but makes the command fail. No request is sent when a file cannot be read.
 */
export async function applyFiles(
  client: Client,
  paths: readonly string[],
  waitMs: number,
): Promise<number> {
  const { dependencies } = client;
  const items = await readItems(client, paths);
  if ("errors" in items) return reportErrors(dependencies, items.errors, EXIT.usage);
  const groups: AppliedGroup[] = [];
  for (const item of items.groups) groups.push(await applyGroup(client, item));
  const applied: Applied[] = [];
  for (const item of items.items) applied.push(await applyItem(client, item, waitMs));
  if (client.json) {
    writeJson(dependencies.stdout, {
      items: applied,
      ...(groups.length > 0 ? { groups } : {}),
    });
  } else {
    const rows = [
      ...groups.map(({ id, result }) => [`@${id}`, result, "-"]),
      ...applied.map(({ id, result, state }) => [id, result, state]),
    ];
    writeLines(dependencies.stdout, tableLines(["ID", "RESULT", "STATE"], rows));
  }
  return [...groups, ...applied].some(({ result }) => result === "failed") ? EXIT.failed : EXIT.ok;
}

/** The policies and groups of files. */
interface Items {
  readonly items: readonly Item[];
  readonly groups: readonly Item[];
}

/** The policies and groups of files, or the errors of the files. */
export async function readItems(
  { dependencies }: Client,
  paths: readonly string[],
): Promise<Items | { errors: readonly string[] }> {
  const input = await readInputFiles(paths);
  if (!input.ok) return { errors: input.errors };
  const items: Item[] = [];
  const groups: Item[] = [];
  const errors: string[] = [];
  for (const { file, text } of input.files) {
    const parsed = dependencies.parseJson(text, file);
    if (!parsed.ok) errors.push(...parsed.errors.map(formatProblem));
    else {
      const found = itemsOf(parsed.value, "policies");
      const named = itemsOf(parsed.value, "groups");
      items.push(...(found ?? []));
      groups.push(...(named ?? []));
      if (!found && !named) errors.push(formatProblem(parsed.value.locate(NOT_A_POLICY_FILE)));
    }
  }
  return errors.length > 0 ? { errors } : { items, groups };
}

const NOT_A_POLICY_FILE = {
  path: [],
  what: "this is not a policy file",
  remedy: 'write { "policies": [ … ] }',
};

function itemsOf(file: PlacedJson, key: "policies" | "groups"): Item[] | undefined {
  const list = ((file.value ?? {}) as { [K in typeof key]?: unknown })[key];
  if (!Array.isArray(list)) return undefined;
  return list.map((document, index) => ({ document, file, path: [key, index] }));
}

/** Creates or replaces a group; a group without an id is rejected by the server. */
export async function applyGroup(client: Client, item: Item): Promise<AppliedGroup> {
  const name = idOf(item) ?? "-";
  const answer = await send(client, "/groups", item);
  if (answer.ok) return { id: name, result: answer.status === 201 ? "created" : "updated" };
  reportErrors(client.dependencies, placedLines(answer.problem, item), EXIT.failed);
  return { id: name, result: "failed" };
}

async function applyItem(client: Client, item: Item, waitMs: number): Promise<Applied> {
  const answer = await send(client, "/policies", item, waitMs > 0 ? `?wait=${waitMs}` : "");
  if (!answer.ok) {
    reportErrors(client.dependencies, placedLines(answer.problem, item), EXIT.failed);
    return { id: idOf(item) ?? "-", result: "failed", state: "-" };
  }
  const policy = answer.body as { id: string; status: { state: string } };
  const result = answer.status === 201 ? "created" : "updated";
  return { id: policy.id, result, state: policy.status.state };
}

/** Creates or replaces an item of a list; one without an id gets its id from the server, or is rejected. */
function send({ rest }: Client, list: string, item: Item, query = ""): Promise<RestAnswer> {
  const id = idOf(item);
  return id
    ? rest.request("PUT", `${list}/${encodeURIComponent(id)}${query}`, item.document)
    : rest.request("POST", `${list}${query}`, item.document);
}

function idOf({ document }: Item): string | undefined {
  const id = (document as { id?: unknown } | null)?.id;
  return typeof id === "string" ? id : undefined;
}

/** The problems of a rejected policy, with their positions in the file. */
export function placedLines({ detail, errors }: RestProblem, { file, path }: Item): string[] {
  if (errors.length === 0) {
    return [formatProblem(file.locate({ path, what: "rejected", remedy: detail }))];
  }
  return errors.map((error) =>
    formatProblem(
      file.locate({
        path: [...path, ...pathOfPointer(error.pointer ?? "")],
        at: error.detail.startsWith("unknown key") ? "key" : "value",
        what: error.detail,
        remedy: error.remedy,
      }),
    ),
  );
}
