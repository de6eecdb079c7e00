// SPDX-License-Identifier: Apache-2.0
/** Why a text is invalid. */
export type TextErrorCode =
  /** An unknown name of a field, action or key. */
  | "unknown-name"
  /** A value that is malformed or out of range. */
  | "bad-value"
  /** Misplaced brackets, separators or parts. */
  | "bad-syntax"
  /** A mandatory part is missing. */
  | "missing"
  /** Two parts contradict each other. */
  | "contradiction";

/** A problem, its place, and its remedy. */
export interface TextProblem {
  readonly code: TextErrorCode;
  /** Characters from the start of the text. */
  readonly offset: number;
  /** What is wrong. */
  readonly detail: string;
  /** What to write instead. */
  readonly remedy: string;
}

/** A text that is not a flow, group or meter; `offset` counts characters from its start. */
export class TextError extends Error implements TextProblem {
  readonly code: TextErrorCode;
  readonly offset: number;
  readonly detail: string;
  readonly remedy: string;

  constructor(problem: TextProblem) {
    super(`${problem.detail} (character ${problem.offset}): ${problem.remedy}`);
    this.name = "TextError";
    this.code = problem.code;
    this.offset = problem.offset;
    this.detail = problem.detail;
    this.remedy = problem.remedy;
  }
}

/** The error for an invalid value. */
export function badValue(offset: number, detail: string, remedy: string): TextError {
  return new TextError({ code: "bad-value", offset, detail, remedy });
}

/** The error for invalid syntax. */
export function badSyntax(offset: number, detail: string, remedy: string): TextError {
  return new TextError({ code: "bad-syntax", offset, detail, remedy });
}

/** The error for a missing part. */
export function missing(offset: number, detail: string, remedy: string): TextError {
  return new TextError({ code: "missing", offset, detail, remedy });
}

/** The error for an unknown name, with the nearest known one. */
export function unknownName(
  offset: number,
  kind: string,
  name: string,
  known: Iterable<string>,
): TextError {
  const near = nearest(name, known);
  const remedy =
    near === undefined ? `see ovs-fields(7) and ovs-actions(7)` : `did you mean ${near}?`;
  const detail = `there is no ${kind} ${JSON.stringify(name)}`;
  return new TextError({ code: "unknown-name", offset, detail, remedy });
}

/** Insertions, deletions and replacements between two short words. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

const LONGEST_NAME = 40;

function nearest(name: string, known: Iterable<string>): string | undefined {
  if (name.length > LONGEST_NAME) return undefined;
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(name.length / 3)) + 1;
  for (const candidate of known) {
    const steps = distance(name.toLowerCase(), candidate.toLowerCase());
    if (steps < bestDistance) {
      best = candidate;
      bestDistance = steps;
    }
  }
  return best;
}
