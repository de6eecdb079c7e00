// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

/** All pages for readers: the README and its siblings, and everything below docs/. */
export const PAGES: readonly string[] = [
  ...["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md"],
  ...readdirSync("docs", { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => join("docs", name))
    .sort(),
];

/** The text of a page without its fenced blocks. */
export function proseOf(page: string): string {
  return readFileSync(page, "utf8").replace(/^```[\s\S]*?^```$/gm, "");
}

/** What stands in backticks in the prose of a page. */
export function inlineCode(page: string): string[] {
  return [...proseOf(page).matchAll(/`([^`]+)`/g)].map(([, code = ""]) => code);
}

/** A relative link of a page. */
interface PageLink {
  /** From the repository's root. */
  readonly file: string;
  /** Without the hash; empty for a link to a whole file. */
  readonly anchor: string;
}

/** The relative links of a page. */
export function linksOf(page: string): PageLink[] {
  return [...proseOf(page).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = ""]) => target)
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => {
      const [path = "", anchor = ""] = target.split("#");
      return { file: path === "" ? page : normalize(join(dirname(page), path)), anchor };
    });
}

/** The anchors of a page, as GitHub derives them from its headings. */
export function anchorsOf(page: string): ReadonlySet<string> {
  const headings = [...proseOf(page).matchAll(/^#+ (.+)$/gm)].map(([, text = ""]) => text);
  return new Set(
    headings.map((heading) =>
      heading
        .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, "")
        .replaceAll(" ", "-"),
    ),
  );
}

/** The cells of the rows of a page's tables, header rows included. */
export function tableRows(page: string): string[][] {
  return proseOf(page)
    .split("\n")
    .filter((line) => /^\s*\|/.test(line) && !/^\s*\|[\s|:-]+$/.test(line))
    .map((line) =>
      line
        .trim()
        .replace(/^\||\|$/g, "")
        .split(/(?<!\\)\|/)
        .map((cell) => cell.trim()),
    );
}
