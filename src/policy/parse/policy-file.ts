// SPDX-License-Identifier: Apache-2.0
import {
  checkSchema,
  type FileError,
  type FileResult,
  type FileText,
  JsonDocument,
} from "../../topology/index.ts";
import { policyFileSchema } from "./document.ts";
import { type ParsedPolicy, parsePolicy } from "./parse-policy.ts";

/** A policy and the file that holds it. */
export interface FilePolicy extends ParsedPolicy {
  readonly file: string;
}

/** Reads one policy file. */
export function parsePolicyFile(text: string, file: string): FileResult<readonly FilePolicy[]> {
  return parsePolicyFiles([{ text, file }]);
}

/**
 * Reads policy files: every policy of all of them, or all errors of all of them in the order of
 * files and lines. An id that is used twice is an error. `ruleLimit` as for `parsePolicy`.
 */
export function parsePolicyFiles(
  files: readonly FileText[],
  ruleLimit?: number,
): FileResult<readonly FilePolicy[]> {
  const policies: FilePolicy[] = [];
  const errors: FileError[] = [];
  const places = new Map<string, { document: JsonDocument; index: number }>();
  for (const { text, file } of files) {
    const parsed = JsonDocument.parse(text, file);
    const found = parsed.ok
      ? readFile(parsed.value, { places, into: policies, ruleLimit })
      : parsed.errors;
    errors.push(...[...found].sort((a, b) => a.line - b.line || a.column - b.column));
  }
  return errors.length > 0 ? { ok: false, errors } : { ok: true, value: policies };
}

interface Reading {
  /** Where each id was used first. */
  readonly places: Map<string, { document: JsonDocument; index: number }>;
  readonly into: FilePolicy[];
  readonly ruleLimit: number | undefined;
}

function readFile(document: JsonDocument, { places, into, ruleLimit }: Reading): FileError[] {
  const file = checkSchema(policyFileSchema, document.value);
  const value = document.value as { policies?: unknown } | null;
  const errors = file.ok ? [] : file.problems.map((problem) => document.locate(problem));
  const items: unknown[] = Array.isArray(value?.policies) ? value.policies : [];
  items.forEach((item, index) => {
    const path = ["policies", index];
    const parsed = parsePolicy(item, path, ruleLimit);
    if (!parsed.ok) {
      errors.push(...parsed.problems.map((problem) => document.locate(problem)));
      return;
    }
    const { id } = parsed.value.policy;
    const first = places.get(id);
    if (first === undefined) {
      places.set(id, { document, index });
      into.push({ ...parsed.value, file: document.file });
      return;
    }
    const { line } = first.document.position(["policies", first.index]);
    const what = `there is another policy "${id}" (${first.document.file}:${line})`;
    errors.push(document.locate({ path: [...path, "id"], what, remedy: "give each its own id" }));
  });
  return errors;
}
