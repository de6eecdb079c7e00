// SPDX-License-Identifier: Apache-2.0
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { describe, expect, test } from "vitest";
import { anchorsOf, inlineCode, linksOf, PAGES, proseOf, tableRows } from "./markdown.ts";

/** A path of the repository, as pages write it. */
const PATH = /^(?:src|test|docs|bench|scripts|examples)\/[\w./-]*$/;

describe.each(PAGES)("%s", (page) => {
  test("links lead to files and headings that exist", () => {
    const broken = linksOf(page).filter(({ file, anchor }) => {
      if (!existsSync(file)) return true;
      return anchor !== "" && !anchorsOf(file).has(anchor);
    });
    expect(broken).toEqual([]);
  });

  test("files that are named exist", () => {
    const paths = inlineCode(page).filter((code) => PATH.test(code));
    expect(paths.filter((path) => !existsSync(path))).toEqual([]);
  });
});

test("the index lists every page", () => {
  const listed = new Set(linksOf("docs/README.md").map(({ file }) => file));
  const pages = PAGES.filter((page) => /^docs\/[^/]+$/.test(page) && page !== "docs/README.md");
  expect(pages.filter((page) => !listed.has(page))).toEqual([]);
});

test("the list of decisions has every record", () => {
  const listed = new Set(linksOf("docs/decisions/README.md").map(({ file }) => file));
  const records = PAGES.filter((page) => /^docs\/decisions\/\d/.test(page));
  expect(records.length).toBeGreaterThanOrEqual(10);
  expect(records.filter((page) => !listed.has(page))).toEqual([]);
});

test("the README is short", () => {
  expect(readFileSync("README.md").length).toBeLessThanOrEqual(9 * 1024);
});

/** Every layer may import it; its own row says so. */
const EVERYWHERE = "lang";

interface LayerRule {
  readonly name: string;
  readonly to: { readonly pathNot?: readonly string[] };
}

test("the layers of the architecture page are those of the layer rules", () => {
  const { forbidden } = createRequire(import.meta.url)("../../.dependency-cruiser.cjs") as {
    forbidden: readonly LayerRule[];
  };
  const rules = new Map(
    forbidden
      .filter(({ name }) => /^layer-[^/]+$/.test(name))
      .map(({ name, to }) => {
        const layer = name.slice("layer-".length);
        const allowed = (to.pathNot ?? []).map((path) => path.replace(/^\^src\/|\/$/g, ""));
        const others = allowed.filter((path) => path !== layer && path !== EVERYWHERE);
        return [layer, others.sort()] as const;
      }),
  );
  // Layers of changes beside this one have a row before they have a rule.
  const isRule = (name: string) => rules.has(name.split("/")[0] ?? "");
  const rows = tableRows("docs/architecture.md").filter((cells) => cells.length === 4);
  const documented = new Map(
    rows.flatMap(([layer = "", , allowed = ""]) => {
      const name = /^`([\w-]+)`$/.exec(layer)?.[1];
      if (name === undefined || !isRule(name)) return [];
      const names = [...allowed.matchAll(/`([^`]+)`/g)].map(([, each = ""]) => each);
      return [[name, names.filter(isRule).sort()] as const];
    }),
  );
  expect(Object.fromEntries(documented)).toEqual(Object.fromEntries(rules));
});

describe("glossary", () => {
  const GLOSSARY = "docs/glossary.md";
  const rows = tableRows(GLOSSARY).filter(([term]) => term !== "term");
  const sources = readdirSync("src", { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => readFileSync(`src/${name}`, "utf8"));
  const corpus = words(
    [...PAGES.filter((page) => page !== GLOSSARY).map(proseOf), ...sources].join(),
  );

  test.each(rows.map(([term = ""]) => term))("%s is used elsewhere", (entry) => {
    for (const term of entry.split(", ")) {
      expect(corpus.includes(words(term))).toBe(true);
    }
  });

  /** Alike for `tapPoint`, "tap point" and `tap-point`. */
  function words(text: string): string {
    return text
      .replace(/([a-z])([A-Z])/g, "$1 $2")
      .toLowerCase()
      .replace(/[-_\s*]+/g, " ");
  }
});
