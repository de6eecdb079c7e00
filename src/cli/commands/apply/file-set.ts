// SPDX-License-Identifier: Apache-2.0
import { formatProblem, type PlacedJson, pathOfPointer } from "../../json-file.ts";
import { readInputFiles } from "../../read-files.ts";
import type { RestProblem } from "../../rest-client.ts";
import { type Client, problemLines } from "../client-command.ts";

/** A policy or group document with its position in a file. */
interface Item {
  readonly document: unknown;
  readonly file: PlacedJson;
  readonly path: readonly (string | number)[];
}

/** The policies and groups of files, as one set. */
export interface FileSet {
  readonly policies: readonly Item[];
  readonly groups: readonly Item[];
}

type Kind = "policies" | "groups";

/** The policies and groups of files, or the errors of the files. */
export async function readFileSet(
  { dependencies }: Client,
  paths: readonly string[],
): Promise<FileSet | { errors: readonly string[] }> {
  const input = await readInputFiles(paths);
  if (!input.ok) return { errors: input.errors };
  const policies: Item[] = [];
  const groups: Item[] = [];
  const errors: string[] = [];
  for (const { file, text } of input.files) {
    const parsed = dependencies.parseJson(text, file);
    if (!parsed.ok) errors.push(...parsed.errors.map(formatProblem));
    else {
      const found = itemsOf(parsed.value, "policies");
      const named = itemsOf(parsed.value, "groups");
      policies.push(...(found ?? []));
      groups.push(...(named ?? []));
      if (!found && !named) errors.push(formatProblem(parsed.value.locate(NOT_A_POLICY_FILE)));
    }
  }
  return errors.length > 0 ? { errors } : { policies, groups };
}

const NOT_A_POLICY_FILE = {
  path: [],
  what: "this is not a policy file",
  remedy: 'write { "policies": [ … ] }',
};

function itemsOf(file: PlacedJson, key: Kind): Item[] | undefined {
  const list = ((file.value ?? {}) as { [K in typeof key]?: unknown })[key];
  if (!Array.isArray(list)) return undefined;
  return list.map((document, index) => ({ document, file, path: [key, index] }));
}

/** The body of a request for a set. */
export function setBody({ policies, groups }: FileSet) {
  return {
    policies: policies.map(({ document }) => document),
    groups: groups.map(({ document }) => document),
  };
}

/** The problems of a rejected set, with their positions in the files where they have one. */
export function placedSetLines(problem: RestProblem, set: FileSet): string[] {
  return problem.errors.flatMap((error) => {
    const [kind, index, ...inner] = pathOfPointer(error.pointer ?? "");
    const items = kind === "policies" || kind === "groups" ? set[kind] : [];
    const item = typeof index === "number" ? items[index] : undefined;
    if (item === undefined) return problemLines({ ...problem, errors: [error] });
    return placed(error, item.file, [...item.path, ...inner]);
  });
}

/** The problems of a rejected file that was sent whole, with their positions. */
export function placedLines({ detail, errors }: RestProblem, file: PlacedJson): string[] {
  if (errors.length === 0) {
    return [formatProblem(file.locate({ path: [], what: "rejected", remedy: detail }))];
  }
  return errors.flatMap((error) => placed(error, file, pathOfPointer(error.pointer ?? "")));
}

function placed(
  { detail, remedy }: RestProblem["errors"][number],
  file: PlacedJson,
  path: readonly (string | number)[],
): string[] {
  const at = detail.startsWith("unknown key") ? "key" : "value";
  return [formatProblem(file.locate({ path, at, what: detail, remedy }))];
}
