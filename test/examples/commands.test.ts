// SPDX-License-Identifier: Apache-2.0
import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { USAGE } from "../../scripts/demo/options.ts";
import { formatProblem } from "../../src/cli/json-file.ts";
import { runCli } from "../../src/cli/run-cli.ts";
import { parsePolicyFile } from "../../src/policy/index.ts";
import { JsonDocument } from "../../src/topology/index.ts";
import { startApi } from "../api/api-server.ts";
import { NO_INSPECTION } from "../cli/no-inspection.ts";
import { fencedBlocks } from "./fenced-blocks.ts";
import { inlineCode, PAGES, tableRows } from "./markdown.ts";

const shown = PAGES.flatMap((page) => commandsOf(page).map((command) => [page, command] as const));
const scripts = JSON.parse(readFileSync("package.json", "utf8")).scripts as Record<string, string>;

/** The commands that a page shows: in blocks, one a line; in the text, those that begin as one. */
function commandsOf(page: string): string[] {
  const blocks = fencedBlocks(page).flatMap(({ language, text }) => {
    const lines = text.split("\n");
    if (language === "sh") return lines;
    if (language !== "console") return [];
    return lines.filter((line) => line.startsWith("$ ")).map((line) => line.slice(2));
  });
  const inline = inlineCode(page).map((code) => code.replaceAll("\n", " "));
  return [...blocks, ...inline.filter((code) => /^(npx )?vtap |^npm |^curl |^sudo /.test(code))]
    .flatMap((line) => line.split(/\s+#\s|&&/))
    .map((command) => command.replace(/^\s*(\w+=\S+ )*(sudo )?/, "").trim())
    .filter((command) => command !== "");
}

const startingWith = (prefix: RegExp) =>
  shown
    .filter(([, command]) => prefix.test(command))
    .map(([page, command]) => [page, command.replace(prefix, "")] as const);

/** What `--help` prints. */
async function helpOf(...command: string[]): Promise<string> {
  let text = "";
  const output = { write: (part: string | Uint8Array) => (text += part) };
  await runCli([...command, "--help"], {
    version: "0",
    env: {},
    stdout: output,
    stderr: output,
    serve: async () => 0,
    checkFiles: () => ({ errors: [], found: [] }),
    parseJson: JsonDocument.parse,
    readCapture: () => () => [],
    inspection: async () => NO_INSPECTION,
    onInterrupt: () => () => undefined,
  });
  return text;
}

async function commandNames(): Promise<string[]> {
  const [, list = ""] = (await helpOf()).split("Commands:\n");
  return [...list.matchAll(/^ {2}([a-z]+)/gm)].map(([, name = ""]) => name);
}

test.each(startingWith(/^(npx )?vtap /))("%s: vtap %s", async (_, line) => {
  const [name = "", ...words] = line.replace(/(["']).*?\1/g, "TEXT").split(/\s+/);
  if (name.startsWith("--")) return expect(await helpOf()).toContain(name);
  expect(await commandNames()).toContain(name);
  // A command of a command: `vtap token create`.
  const [second = ""] = words;
  const help = await helpOf(name, ...(/^[a-z]+$/.test(second) ? [second] : []));
  for (const word of words.filter((each) => each.startsWith("--"))) {
    expect(help).toMatch(new RegExp(`${word}\\b`));
  }
  const files = words.filter((word) => word.startsWith("examples/") && !word.includes("*"));
  expect(files.filter((file) => !existsSync(file))).toEqual([]);
});

test("the page of the command line has every command", async () => {
  const documented = tableRows("docs/cli.md").map(([cell = ""]) => cell);
  const names = (await commandNames()).filter((name) => name !== "help");
  const missing = names.filter((name) => !documented.some((cell) => cell.includes(`vtap ${name}`)));
  expect(names.length).toBeGreaterThan(10);
  expect(missing).toEqual([]);
});

test.each(startingWith(/^npm /))("%s: npm %s", (_, line) => {
  const [verb = "", ...words] = line.split(/\s+/);
  const script = verb === "run" ? (words.shift() ?? "") : verb;
  if (script === "ci" || script === "pack") return;
  expect(Object.keys(scripts)).toContain(script);
  const args = words.filter((word) => word !== "--");
  if (script === "bench" && /^[a-z]/.test(args[0] ?? "")) {
    expect(existsSync(`bench/${args[0]}.ts`)).toBe(true);
  }
  if (script === "demo") for (const flag of args) expect(USAGE).toContain(flag);
  if (script === "test") {
    const paths = args.filter((arg) => arg.startsWith("test/"));
    expect(paths.filter((path) => !existsSync(path))).toEqual([]);
  }
});

test.each(startingWith(/^python3 /))("%s: python3 %s", (_, line) => {
  expect(existsSync(line.split(" ")[0] ?? "")).toBe(true);
});

test.each(startingWith(/^curl /))("%s: curl %s", async (_, line) => {
  const [, path] = /(?:localhost|127\.0\.0\.1):8080(\/[^\s'?]*)/.exec(line) ?? [];
  if (path === undefined) return;
  const method = /-X ([A-Z]+)/.exec(line)?.[1] ?? (line.includes(" -d ") ? "POST" : "GET");
  const { call } = await startApi();
  const { body } = await call("GET //openapi.json");
  const found = Object.keys(body.paths).find((route) =>
    new RegExp(`^${route.replace(/\{\w+\}/g, "[^/:]+")}$`).test(path),
  );
  expect(found).toBeDefined();
  expect(Object.keys(body.paths[found ?? ""])).toContain(method.toLowerCase());
});

test("errors in a file are shown as they are printed", () => {
  const blocks = fencedBlocks("docs/cli.md").filter(({ note }) => note === "policies.json");
  const [file, output] = blocks;
  const parsed = parsePolicyFile(file?.text ?? "", "policies.json");
  const lines = parsed.ok ? [] : parsed.errors.map(formatProblem);
  expect(output?.text).toBe(`$ npx vtap check policies.json\n${lines.join("\n")}\n`);
});
