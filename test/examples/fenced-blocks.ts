// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from "node:fs";

/** A fenced block of a Markdown file. */
export interface FencedBlock {
  /** The first word of the info string: `json`, `console`. */
  readonly language: string;
  /** The rest of the info string: how the block is meant. */
  readonly note: string;
  readonly text: string;
  /** Line of its first line of text, from 1. */
  readonly line: number;
}

/** All fenced blocks of a Markdown file, in order. */
export function fencedBlocks(file: string): FencedBlock[] {
  const markdown = readFileSync(file, "utf8");
  return [...markdown.matchAll(/^```(\S*)([^\n]*)\n([\s\S]*?)^```$/gm)].map((found) => ({
    language: found[1] ?? "",
    note: (found[2] ?? "").trim(),
    text: found[3] ?? "",
    line: markdown.slice(0, found.index).split("\n").length + 1,
  }));
}
