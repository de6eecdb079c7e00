// SPDX-License-Identifier: Apache-2.0
import {
  type Checked,
  checkSchema,
  type FileError,
  type FileResult,
  type FileText,
  JsonDocument,
} from "../../topology/index.ts";
import type { Group } from "../model/group.ts";
import { policyFileSchema } from "./document.ts";
import { type ParsedGroup, parseGroup } from "./parse-group.ts";
import { type ParsedPolicy, parsePolicy } from "./parse-policy.ts";

/** A policy and the file that holds it. */
export interface FilePolicy extends ParsedPolicy {
  readonly file: string;
}

/** A group and the file that holds it. */
export interface FileGroup extends ParsedGroup {
  readonly file: string;
}

/** The content of policy files. */
export interface PolicyFiles {
  readonly policies: readonly FilePolicy[];
  readonly groups: readonly FileGroup[];
}

/** Reads one policy file. */
export function parsePolicyFile(text: string, file: string): FileResult<PolicyFiles> {
  return parsePolicyFiles([{ text, file }]);
}

/**
 * Reads policy files: every group and policy of all of them, or all errors of all of them in the order
 * of files and lines. An id that is used twice is an error. Policies of files name groups of any of the
 * files, and no others: those written over REST may change at any time. `ruleLimit` as for
 * `parsePolicy`.
 */
export function parsePolicyFiles(
  files: readonly FileText[],
  ruleLimit?: number,
): FileResult<PolicyFiles> {
  const errors = new Map<FileText, FileError[]>();
  const documents: [FileText, JsonDocument][] = [];
  for (const each of files) {
    const parsed = JsonDocument.parse(each.text, each.file);
    errors.set(each, parsed.ok ? shapeErrors(parsed.value) : [...parsed.errors]);
    if (parsed.ok) documents.push([each, parsed.value]);
  }
  const groups = new Entries<ParsedGroup>("group", ({ group }) => group.id);
  const policies = new Entries<ParsedPolicy>("policy", ({ policy }) => policy.id);
  for (const [file, document] of documents) {
    errors
      .get(file)
      ?.push(...groups.read(document, "groups", (item, path) => parseGroup(item, path)));
  }
  const known = new Map(groups.found.map(({ group }): [string, Group] => [group.id, group]));
  for (const [file, document] of documents) {
    const found = policies.read(document, "policies", (item, path) =>
      parsePolicy(item, path, ruleLimit, known),
    );
    errors.get(file)?.push(...found);
  }
  const all = [...errors.values()].flatMap((found) =>
    found.sort((a, b) => a.line - b.line || a.column - b.column),
  );
  if (all.length > 0) return { ok: false, errors: all };
  return { ok: true, value: { policies: policies.found, groups: groups.found } };
}

function shapeErrors(document: JsonDocument): FileError[] {
  const file = checkSchema(policyFileSchema, document.value);
  return file.ok ? [] : file.problems.map((problem) => document.locate(problem));
}

/** The entries of one kind in all files. */
class Entries<T> {
  readonly found: (T & { readonly file: string })[] = [];
  readonly #noun: string;
  readonly #idOf: (entry: T) => string;
  /** Where each id was used first. */
  readonly #places = new Map<string, { document: JsonDocument; index: number }>();

  constructor(noun: string, idOf: (entry: T) => string) {
    this.#noun = noun;
    this.#idOf = idOf;
  }

  /** Reads the list under a key of a file; returns the errors. */
  read(
    document: JsonDocument,
    key: "policies" | "groups",
    parse: (item: unknown, path: (string | number)[]) => Checked<T>,
  ): FileError[] {
    const value = document.value as { [K in typeof key]?: unknown } | null;
    const items: unknown = value?.[key];
    const errors: FileError[] = [];
    (Array.isArray(items) ? items : []).forEach((item, index) => {
      const path = [key, index];
      const parsed = parse(item, path);
      if (!parsed.ok) {
        errors.push(...parsed.problems.map((problem) => document.locate(problem)));
        return;
      }
      const id = this.#idOf(parsed.value);
      const first = this.#places.get(id);
      if (first === undefined) {
        this.#places.set(id, { document, index });
        this.found.push({ ...parsed.value, file: document.file });
        return;
      }
      const { line } = first.document.position([key, first.index]);
      const what = `there is another ${this.#noun} "${id}" (${first.document.file}:${line})`;
      errors.push(document.locate({ path: [...path, "id"], what, remedy: "give each its own id" }));
    });
    return errors;
  }
}
