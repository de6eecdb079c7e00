// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { readConfigFile } from "../../src/cli/config/config-file.ts";
import { SETTINGS, VARIABLES } from "../../src/cli/config/settings.ts";
import { parsePolicy, parsePolicyFile } from "../../src/policy/index.ts";
import { FILTER_NAMES } from "../../src/policy/match-region/fields.ts";
import { JsonDocument, parsePortsFiles, parseTopologyFile } from "../../src/topology/index.ts";
import { startApi } from "../api/api-server.ts";
import { fencedBlocks } from "./fenced-blocks.ts";
import { inlineCode, PAGES, tableRows } from "./markdown.ts";

const CONFIGURATION = "docs/configuration.md";

/** The problems of a JSON example, found by the parser of users' files. */
function problemsOf(text: string, place: string): readonly unknown[] {
  const keys = Object.keys(JSON.parse(text));
  if (keys.includes("policies") && keys.every((key) => ["policies", "groups"].includes(key))) {
    const parsed = parsePolicyFile(text, place);
    return parsed.ok ? [] : parsed.errors;
  }
  if (keys.includes("sender")) {
    const parsed = parsePolicy(JSON.parse(text));
    return parsed.ok ? [] : parsed.problems;
  }
  if (keys.includes("hosts") && keys.length === 1) {
    const switches = [{ dpid: "0000000000000001", name: "s1" }];
    const parsed = parseTopologyFile(JSON.stringify({ switches, ...JSON.parse(text) }), place);
    return parsed.ok ? [] : parsed.errors;
  }
  if (keys.includes("switches")) {
    const parsed = parseTopologyFile(text, place);
    return parsed.ok ? [] : parsed.errors;
  }
  if (keys.includes("ports")) {
    const parsed = parsePortsFiles([{ file: place, text }]);
    return parsed.ok ? [] : parsed.errors;
  }
  return readConfigFile(place, { readFile: () => text, parseJson: JsonDocument.parse }).errors;
}

const examples = PAGES.flatMap((page) =>
  fencedBlocks(page)
    .filter(({ language, note }) => language === "json" && note === "")
    .map(({ line, text }) => [page, line, text] as const),
);

test.each(examples)("%s: the JSON on line %i is accepted as it is", (page, line, text) => {
  expect(problemsOf(text, `${page}:${line}`)).toEqual([]);
});

test("there are examples of policies, topologies and settings", () => {
  expect(examples.length).toBeGreaterThan(8);
});

describe("the references are complete", () => {
  test("every setting", () => {
    const configuration = readFileSync(CONFIGURATION, "utf8");
    const names = [...VARIABLES, ...Object.keys(SETTINGS)];
    expect(names.filter((name) => !configuration.includes(`\`${name}\``))).toEqual([]);
  });

  test("every filter", () => {
    const documented = new Set(inlineCode("docs/policies.md"));
    const names = FILTER_NAMES.filter((name) => name !== "in_port");
    expect(names.filter((name) => !documented.has(name))).toEqual([]);
  });

  test("every route", async () => {
    const { document, routes } = await describeApi();
    expect(document.openapi).toBe("3.1.0");
    const documented = new Set(
      tableRows("docs/rest.md").flatMap(([cell = ""]) => {
        // `GET`, `POST /api/v1/hosts`: methods before a path belong to it.
        let methods: string[] = [];
        return [...cell.matchAll(/`([A-Z]+)(?: (\S+))?`/g)].flatMap(([, method = "", path]) => {
          methods.push(method);
          if (path === undefined) return [];
          const found = methods.map((each) => `${each} ${path}`);
          methods = [];
          return found;
        });
      }),
    );
    expect([...documented].sort()).toEqual([...routes].sort());
  });

  test("every event", async () => {
    const { document } = await describeApi();
    const types = eventTypes(document);
    const documented = new Set(inlineCode("docs/operations.md"));
    expect(types.length).toBeGreaterThan(15);
    expect(types.filter((type) => !documented.has(type))).toEqual([]);
  });
});

async function describeApi() {
  const { call } = await startApi();
  const { body } = await call("GET //openapi.json");
  const paths = Object.entries<Record<string, unknown>>(body.paths);
  const routes = paths.flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  return { document: body, routes };
}

interface EventUnion {
  readonly oneOf: readonly { readonly properties: { readonly type: { readonly const: string } } }[];
}

/** The types of the event union. */
function eventTypes({ components }: { components: { schemas: { Event: EventUnion } } }): string[] {
  return components.schemas.Event.oneOf.map(({ properties }) => properties.type.const);
}
