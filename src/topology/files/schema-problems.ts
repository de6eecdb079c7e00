// SPDX-License-Identifier: Apache-2.0
import { closest, distance } from "fastest-levenshtein";
import type { z } from "zod";
import type { JsonPath, JsonProblem } from "./json-document.ts";

/** A value that fits its schema, or all its problems. */
export type Checked<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: readonly JsonProblem[] };

/**
 * Checks a JSON value against a schema and describes the problems in words, with remedies.
 *
 * A schema's own refinements provide both with `customIssue`.
 */
export function checkSchema<T>(schema: z.ZodType<T>, value: unknown): Checked<T> {
  // The final issue does not contain the allowed keys: they are recorded by the object with the problem.
  const allowedKeys = new Map<unknown, readonly string[]>();
  const result = schema.safeParse(value, {
    error: (issue) => {
      if (issue.code === "unrecognized_keys") allowedKeys.set(issue.input, shapeKeys(issue.inst));
      return undefined;
    },
  });
  if (result.success) return { ok: true, value: result.data };
  const context: Context = { root: value, allowedKeys };
  return { ok: false, problems: firstProblems(result.error.issues, context) };
}

/** Most problems of one value that are described; the last one says that there are more. */
export const MAX_PROBLEMS = 100;

function firstProblems(issues: readonly Issue[], context: Context): JsonProblem[] {
  const problems: JsonProblem[] = [];
  let omitted = 0;
  for (const issue of issues) {
    const room = MAX_PROBLEMS - problems.length;
    const count = issue.code === "unrecognized_keys" ? issue.keys.length : 1;
    omitted += Math.max(0, count - room);
    if (room > 0) problems.push(...problemsOf(atMost(issue, room), [], context));
  }
  const last = problems.at(-1);
  if (omitted === 0 || !last) return problems;
  const what = `there are ${omitted} more problems`;
  return [...problems, { path: last.path, what, remedy: "correct those before it first" }];
}

/** An issue of no more than this many keys. */
function atMost(issue: Issue, keys: number): Issue {
  if (issue.code !== "unrecognized_keys" || issue.keys.length <= keys) return issue;
  return { ...issue, keys: issue.keys.slice(0, keys) };
}

/** A refinement's issue: one clause for the problem and one for the remedy. */
export function customIssue(what: string, remedy: string, path: (string | number)[] = []) {
  return { code: "custom" as const, message: what, params: { remedy }, path };
}

/** A longer word is no mistyped one. */
const LONGEST_WORD = 64;

/** The clause `did you mean "…"?` for a mistyped word; undefined if no known word is close to it. */
export function didYouMean(word: string, known: Iterable<string>): string | undefined {
  const words = [...known];
  if (words.length === 0 || word.length > LONGEST_WORD) return undefined;
  const best = closest(word.toLowerCase(), words);
  const limit = Math.max(2, Math.floor(word.length / 3));
  return distance(word.toLowerCase(), best.toLowerCase()) <= limit
    ? `did you mean "${best}"?`
    : undefined;
}

interface Context {
  readonly root: unknown;
  readonly allowedKeys: ReadonlyMap<unknown, readonly string[]>;
}

type Issue = z.core.$ZodIssue;

function problemsOf(issue: Issue, base: JsonPath, context: Context): JsonProblem[] {
  const path = [...base, ...issue.path.map((step) => (typeof step === "symbol" ? "" : step))];
  const value = valueAt(context.root, path);
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) => unknownKey(key, path, context.allowedKeys.get(value) ?? []));
    case "invalid_type":
      return [value === undefined ? missing(path) : wrongType(issue.expected, path, value)];
    case "invalid_value":
      return [value === undefined ? missing(path) : wrongChoice(issue.values, path, value)];
    case "invalid_union":
      return unionProblems(issue, path, context, value);
    case "custom": {
      const { remedy } = (issue.params ?? {}) as { remedy?: unknown };
      const what = issue.message;
      return [{ path, what, remedy: typeof remedy === "string" ? remedy : "correct it" }];
    }
    case "too_small":
    case "too_big":
      return [outOfBounds(issue, path, value)];
    default:
      return [{ path, what: `${quote(value)} is not allowed here`, remedy: issue.message }];
  }
}

function unknownKey(key: string, path: JsonPath, known: readonly string[]): JsonProblem {
  const allowed = `allowed here: ${known.join(", ")}`;
  const remedy = didYouMean(key, known) ?? (known.length > 0 ? allowed : "remove it");
  return { path: [...path, key], at: "key", what: `unknown key "${key}"`, remedy };
}

function missing(path: JsonPath): JsonProblem {
  const key = String(path.at(-1) ?? "");
  return { path, what: `"${key}" is missing`, remedy: "add it" };
}

/** A value of another type than the one that is expected: `object`, `array`, … */
export function wrongType(expected: string, path: JsonPath, value: unknown): JsonProblem {
  const words = TYPE_WORDS[expected] ?? `a value of type ${expected}`;
  return { path, what: `${quote(value)} where ${words} is expected`, remedy: `write ${words}` };
}

function wrongChoice(values: readonly unknown[], path: JsonPath, value: unknown): JsonProblem {
  const choices = values.map((choice) => JSON.stringify(choice)).join(", ");
  const words = values.filter((choice) => typeof choice === "string");
  const hint = typeof value === "string" ? didYouMean(value, words) : undefined;
  const remedy = hint ?? (values.length === 1 ? `write ${choices}` : `write one of ${choices}`);
  return { path, what: `${quote(value)} is not allowed here`, remedy };
}

function outOfBounds(
  issue: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig,
  path: JsonPath,
  value: unknown,
): JsonProblem {
  const small = issue.code === "too_small";
  const bound = String(small ? issue.minimum : issue.maximum);
  const side = `${small ? "at least" : "at most"} ${bound}`;
  if (typeof value === "number" || typeof value === "bigint") {
    return { path, what: `${value} is too ${small ? "small" : "large"}`, remedy: `write ${side}` };
  }
  const unit = typeof value === "string" ? "characters" : "entries";
  return { path, what: `too ${small ? "few" : "many"} ${unit}`, remedy: `write ${side}` };
}

/**
 * The problems of a value that fits no member of a union: those of the closest alternative (the one
 * that fails deepest inside the value), or, if none fails inside it, the list of alternatives.
 */
function unionProblems(
  issue: z.core.$ZodIssueInvalidUnion,
  path: JsonPath,
  context: Context,
  value: unknown,
): JsonProblem[] {
  if (value === undefined) return [missing(path)];
  const apt = issue.errors.filter((issues) => !issues.some((each) => rejectsValue(each)));
  const known = apt.filter((issues) => !issues.some((each) => rejectsKeys(each)));
  const inside = known.length > 0 ? known : apt;
  const [only] = inside;
  if (only && inside.length === 1) return only.flatMap((each) => problemsOf(each, path, context));
  const alternatives = issue.errors.flatMap((issues) => issues.map((each) => expectation(each)));
  const words = [...new Set(alternatives.filter((word) => word !== undefined))];
  const choices = issue.errors.flat().flatMap((each) => choicesOf(each));
  const hint = typeof value === "string" ? didYouMean(value, choices) : undefined;
  const remedy = hint ?? (words.length > 0 ? `write ${words.join(" or ")}` : "correct it");
  return [{ path, what: `${quote(value)} is not allowed here`, remedy }];
}

function rejectsValue(issue: Issue): boolean {
  return (
    issue.path.length === 0 && (issue.code === "invalid_type" || issue.code === "invalid_value")
  );
}

function rejectsKeys(issue: Issue): boolean {
  return issue.path.length === 0 && issue.code === "unrecognized_keys";
}

function choicesOf(issue: Issue): string[] {
  if (issue.code !== "invalid_value") return [];
  return issue.values.filter((choice) => typeof choice === "string");
}

function expectation(issue: Issue): string | undefined {
  if (issue.path.length > 0) return undefined;
  if (issue.code === "invalid_type") return TYPE_WORDS[issue.expected];
  if (issue.code === "invalid_value") {
    return issue.values.map((choice) => JSON.stringify(choice)).join(" or ");
  }
  return undefined;
}

const TYPE_WORDS: Readonly<Record<string, string>> = {
  string: "a string",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  object: "an object: { … }",
  array: "a list: [ … ]",
  record: "an object: { … }",
  null: "null",
};

function valueAt(root: unknown, path: JsonPath): unknown {
  let value = root;
  for (const step of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, step))
      return undefined;
    value = (value as Record<string | number, unknown>)[step];
  }
  return value;
}

/** A value for a message: JSON, shortened. */
function quote(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object" && value !== null) return "an object";
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

/** The keys of an object schema, from the schema instance in an issue. */
function shapeKeys(schema: unknown): string[] {
  const definition = (schema as { _zod?: { def?: { shape?: object } } } | undefined)?._zod?.def;
  return Object.keys(definition?.shape ?? {});
}
