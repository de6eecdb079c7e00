// SPDX-License-Identifier: Apache-2.0
import type { Checked, JsonPath, JsonProblem } from "../../topology/index.ts";

/** The outcome of reading a document with problems, whose paths start at `base` from now on. */
export function invalid(problems: readonly JsonProblem[], base: JsonPath): Checked<never> {
  const placed = problems.map((problem) => ({ ...problem, path: [...base, ...problem.path] }));
  return { ok: false, problems: placed };
}
