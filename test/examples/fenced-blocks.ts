import { readFileSync } from "node:fs";

/** A fenced block of a Markdown file. */
export interface FencedBlock {
  /** The info string: `json`, `console`. */
  readonly language: string;
  readonly text: string;
  /** Line of its first line of text, from 1. */
  readonly line: number;
}

/** All fenced blocks of a Markdown file, in order. */
export function fencedBlocks(file: string): FencedBlock[] {
  const markdown = readFileSync(file, "utf8");
  return [...markdown.matchAll(/^```(\S*)[^\n]*\n([\s\S]*?)^```$/gm)].map((found) => ({
    language: found[1] ?? "",
    text: found[2] ?? "",
    line: markdown.slice(0, found.index).split("\n").length + 1,
  }));
}
