// SPDX-License-Identifier: Apache-2.0
import type { Environment } from "../config/resolve-config.ts";
import type { Output } from "../output/output.ts";
import { visible } from "../output/visible.ts";
import type { Check, CheckResult } from "./check.ts";

/** The sign of a result, and its colour, for terminals. @see ECMA-48 §8.3.117 (SGR) */
const GLYPHS: Readonly<Record<CheckResult, readonly [glyph: string, colour: number]>> = {
  ok: ["✓", 32],
  note: ["·", 36],
  warn: ["!", 33],
  fail: ["✗", 31],
};

/**
 * Writes checks, one line each, and what to do on the next one. On a terminal a sign in colour stands for the result,
 * else its word.
 *
 * @see https://no-color.org for `NO_COLOR`
 */
export function writeChecks(output: Output, checks: readonly Check[], env: Environment): void {
  const isTerminal = output.isTTY === true;
  const isColoured = isTerminal && !env.NO_COLOR;
  const mark = (result: CheckResult): string => {
    if (!isTerminal) return result.padEnd(4);
    const [glyph, colour] = GLYPHS[result];
    return isColoured ? `\u001b[${colour}m${glyph}\u001b[0m` : glyph;
  };
  const indent = " ".repeat(isTerminal ? 4 : 7);
  for (const { subject, result, detail, remedy } of checks) {
    output.write(`${mark(result)} ${visible(`${subject}: ${detail}`)}\n`);
    if (remedy) output.write(`${indent}${visible(remedy)}\n`);
  }
}

/** How many checks have a result, in words. */
export function summary(checks: readonly Check[]): string {
  const counted = (["fail", "warn", "ok"] as const).map((result) => {
    const count = checks.filter((check) => check.result === result).length;
    return `${count} ${result}`;
  });
  return counted.join(", ");
}
