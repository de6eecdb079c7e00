// SPDX-License-Identifier: Apache-2.0
import { visible, visibleJson } from "./visible.ts";

/** The output of a command, such as `process.stdout`. */
export interface Output {
  write(text: string | Uint8Array): unknown;
  /** Whether nothing can be written any more; absent: it can. */
  readonly destroyed?: boolean;
  /** Whether it is a terminal; absent: it is none. */
  readonly isTTY?: boolean;
}

/** Writes lines for people. The text of a line may come from outside: it stays one line. */
export function writeLines(output: Output, lines: readonly string[]): void {
  if (lines.length > 0) output.write(lines.map((line) => `${visible(line)}\n`).join(""));
}

/** Writes a value as JSON, for programs. */
export function writeJson(output: Output, value: unknown): void {
  output.write(`${jsonText(value)}\n`);
}

/** The lines of a value as JSON, within output for people. */
export function jsonLines(value: unknown): string[] {
  return jsonText(value).split("\n");
}

function jsonText(value: unknown): string {
  return visibleJson(JSON.stringify(value ?? null, null, 2));
}
