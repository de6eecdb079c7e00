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
const CONFIGURATION = "docs/configuration.md";
const DOCUMENTS = [README, CONFIGURATION, "docs/rules-by-eye.md"];
const readme = readFileSync(README, "utf8");

/** The problems of a JSON example, found by the parser of users' files. */
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

describe("the references are complete", () => {
  test("every setting", () => {
    const configuration = readFileSync(CONFIGURATION, "utf8");
    const names = [...VARIABLES, ...Object.keys(SETTINGS)];
    expect(names.filter((name) => !configuration.includes(`\`${name}\``))).toEqual([]);
  });

  test("every filter", () => {
    const names = FILTER_NAMES.filter((name) => name !== "in_port");
    expect(names.filter((name) => !readme.includes(`\`${name}\``))).toEqual([]);
  });
});
