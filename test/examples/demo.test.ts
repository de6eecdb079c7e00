// SPDX-License-Identifier: Apache-2.0
import { type ChildProcess, exec, execFile, spawn } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fencedBlocks } from "./fenced-blocks.ts";

// One file, so that two demos never look for free ports at the same moment.

/** A command of the tour with the output that the page shows; none: any output. */
interface Step {
  readonly line: number;
  readonly command: string;
  readonly output: string;
}

// Blocks with the note `root` need network namespaces.
const steps = [...fencedBlocks("docs/tour.md"), ...fencedBlocks("docs/explain.md")]
  .filter(({ language, note }) => language === "console" && note !== "root")
  .flatMap(({ text, line }) =>
    text
      .split(/^\$ /m)
      .slice(1)
      .map((part): Step => {
        const [command = "", ...output] = part.split("\n");
        return { line, command, output: output.join("\n").trim() };
      }),
  );

test("npm run demo -- --once --rootless ends with a good verdict, as the README shows it", async () => {
  const args = ["--import", "tsx", "scripts/demo/main.ts", "--once", "--rootless"];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  expect(stdout).toContain("3 of 3 active");
  expect(stdout).toContain("✔ copies bit-exact: 108 of 108");
  expect(stdout).toContain("✔ originals delivered, unchanged: 192 of 192");
  expect(stdout).toContain("✔ nothing else anywhere: 0 stray frames");

  const command = "$ npm run demo -- --once --rootless\n";
  const shown = fencedBlocks("README.md").find(({ text }) => text.startsWith(command));
  expect(linesOf(stdout)).toEqual(linesOf(shown?.text.slice(command.length) ?? ""));
});

describe("the tour", () => {
  let demo: ChildProcess;
  let api = "";
  /** Shell variables that commands have set. */
  const variables: Record<string, string> = {};

  beforeAll(async () => {
    const args = ["--import", "tsx", "scripts/demo/main.ts", "--rootless"];
    demo = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
    api = await apiOf(demo);
  });

  afterAll(async () => {
    if (demo.exitCode !== null) return;
    const gone = new Promise((resolve) => demo.once("exit", resolve));
    demo.kill("SIGINT");
    await gone;
  });

  test("it has commands", () => {
    expect(steps.length).toBeGreaterThan(8);
  });

  test.each(steps)("line $line: $command", async ({ command, output }) => {
    const env = { ...process.env, ...variables, VTAP_SERVER: api };
    const [, variable] = /^(\w+)=/.exec(command) ?? [];
    const print = variable === undefined ? "" : `; printf %s "$${variable}"`;
    const { stdout } = await promisify(exec)(toRun(command, api) + print, { env });
    if (variable !== undefined) variables[variable] = stdout;
    if (output === "") expect(stdout).not.toBe("");
    else expect(stable(stdout)).toMatch(shownAs(stable(output)));
  });
});

/** Without what differs from run to run: durations, ports, the version of Open vSwitch, progress. */
function linesOf(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trimEnd())
    .filter((line) => line !== "" && !/^ +\d+ s: /.test(line))
    .map((line) => line.replace(/ {2}[\d.]+ s$/, "").replace(/(:|port |vSwitch )[\d.]+/g, "$1N"));
}

/** The command with the demo's address, and the command of this checkout. */
function toRun(command: string, api: string): string {
  return command
    .replace(/(http:\/\/)?localhost:8080/, api)
    .replace(/^(npx )?vtap/, `"${process.execPath}" dist/main.js`);
}

/** Without what differs from run to run; a slow machine may read counters sooner than the page shows. */
function stable(text: string): string {
  return text
    .trim()
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "TIME")
    .replace(/("readAt": ?)null/g, '$1"TIME"')
    .replace(/(revision\D{1,3})\d+/g, "$1N");
}

/** Matches a shown output as a whole; "…" stands for any text. */
function shownAs(text: string): RegExp {
  const parts = text.split("…").map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  return new RegExp(`^${parts.join("[^]*")}$`);
}

/** Waits until the demo invites to explore; gives the URL of its API. */
function apiOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    const read = (chunk: Buffer) => {
      text += chunk;
      const url = /API at (http:\S+),/.exec(text)?.[1];
      if (url !== undefined && text.includes("API reference")) resolve(url);
    };
    child.stdout?.on("data", read);
    child.stderr?.on("data", read);
    child.once("exit", () => reject(new Error(`the demo ended:\n${text}`)));
  });
}
