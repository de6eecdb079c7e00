import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { readConfigFile } from "../../src/cli/config/config-file.ts";
import { SETTINGS, VARIABLES } from "../../src/cli/config/settings.ts";
import { parsePolicy, parsePolicyFile } from "../../src/policy/index.ts";
import { FILTER_NAMES } from "../../src/policy/match-region/fields.ts";
import { JsonDocument, parseTopologyFile } from "../../src/topology/index.ts";
import { fencedBlocks } from "./fenced-blocks.ts";

const README = "README.md";
const DOCUMENTS = [README, "docs/rules-by-eye.md"];
const readme = readFileSync(README, "utf8");

/** What is wrong with a JSON example, read by the parser that users' files go through. */
function problemsOf(text: string, place: string): readonly unknown[] {
  const keys = Object.keys(JSON.parse(text));
  if (keys.includes("policies") && keys.length === 1) {
    const parsed = parsePolicyFile(text, place);
    return parsed.ok ? [] : parsed.errors;
  }
  if (keys.includes("sender")) {
    const parsed = parsePolicy(JSON.parse(text));
    return parsed.ok ? [] : parsed.problems;
  }
  if (keys.includes("switches")) {
    const parsed = parseTopologyFile(text, place);
    return parsed.ok ? [] : parsed.errors;
  }
  return readConfigFile(place, { readFile: () => text, parseJson: JsonDocument.parse }).errors;
}

describe.each(DOCUMENTS)("%s", (file) => {
  const examples = fencedBlocks(file).filter(({ language }) => language === "json");

  test.each(examples.map((block) => [block.line, block.text] as const))(
    "the JSON on line %i is accepted as it is",
    (line, text) => {
      expect(problemsOf(text, `${file}:${line}`)).toEqual([]);
    },
  );

  test("links lead to files that exist", () => {
    const links = [...readFileSync(file, "utf8").matchAll(/\]\(([^)#:]+)(#[^)]*)?\)/g)];
    const missing = links
      .map(([, to = ""]) => to)
      .filter((to) => !existsSync(join(dirname(file), to)));
    expect(missing).toEqual([]);
  });
});

describe("the reference in the README is complete", () => {
  test("every setting", () => {
    const names = [...VARIABLES, ...SETTINGS.map(({ key }) => key)];
    expect(names.filter((name) => !readme.includes(`\`${name}\``))).toEqual([]);
  });

  test("every filter", () => {
    const names = FILTER_NAMES.filter((name) => name !== "in_port");
    expect(names.filter((name) => !readme.includes(`\`${name}\``))).toEqual([]);
  });
});
