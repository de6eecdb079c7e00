// SPDX-License-Identifier: Apache-2.0
/**
 * Finds words that are excluded here, because they call machines persons or are not the field's terms. `scripts/allowed-words.json` lists the exceptions, each with its reason: `line` is a part of the
 * line that contains the word. An exception that matches nothing is an error, too.
 */
import { readFileSync } from "node:fs";
import { trackedFiles } from "./tracked-files.ts";

interface Exception {
  readonly file: string;
  readonly line: string;
  readonly reason: string;
}

const CHECKED = ["src", "test", "bench", "scripts", "examples", "docs", "*.md"];
const WORDS = ["told", "tell", "tells", "nobody", "somebody", "whoever", "wanted"];
/** As whole words of prose, and as parts of names such as `isTold` and `TELL_AFTER_MS`. */
const WORD = new RegExp(`^(${WORDS.join("|")})$`, "i");
const PHRASES = [/\bof ours\b/i, /\blets?\b (?:[\w'’-]+ ){1,6}have\b/i];

const exceptions: readonly Exception[] = JSON.parse(
  readFileSync("scripts/allowed-words.json", "utf8"),
);
const used = new Set<Exception>();

/** The excluded words of a line. */
function excludedIn(line: string): string[] {
  const parts = line.match(/[A-Z]?[a-z]+|[A-Z]+(?![a-z])/g) ?? [];
  const phrases = PHRASES.flatMap((phrase) => phrase.exec(line)?.[0] ?? []);
  return [...parts.filter((part) => WORD.test(part)), ...phrases];
}

function isAllowed(file: string, line: string): boolean {
  const found = exceptions.filter((each) => each.file === file && line.includes(each.line));
  for (const each of found) used.add(each);
  return found.length > 0;
}

const problems = trackedFiles(...CHECKED).flatMap((file) =>
  readFileSync(file, "utf8")
    .split("\n")
    .flatMap((line, index) => {
      const words = excludedIn(line);
      if (words.length === 0 || isAllowed(file, line)) return [];
      return [`${file}:${index + 1}: ${words.join(", ")}: ${line.trim().slice(0, 120)}`];
    }),
);
for (const each of exceptions) {
  if (!used.has(each)) problems.push(`scripts/allowed-words.json: matches nothing: ${each.line}`);
}
for (const problem of problems) console.error(problem);
if (problems.length > 0) console.error(`${problems.length} excluded words`);
process.exitCode = problems.length > 0 ? 1 : 0;
