// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from "node:child_process";
import * as fc from "fast-check";
import { pino } from "pino";
import { expect, test } from "vitest";
import { prettyLines } from "../../src/cli/logger.ts";
import { hostileText, UNSAFE } from "./hostile-text.ts";

const LOGGER = new URL("../../src/cli/logger.ts", import.meta.url).href;

/** The standard output of a process that logs one line. */
function logged(pretty: boolean): string {
  const script = `import { createLogger } from ${JSON.stringify(LOGGER)};
    const logger = createLogger({ level: "info", pretty: ${pretty} });
    logger.debug("hidden");
    logger.info({ dpid: "0000000000000001" }, "switch connected");
    process.exit(0);`;
  const argv = ["--import", "tsx", "--input-type=module", "--eval", script];
  return spawnSync(process.execPath, argv, { encoding: "utf8" }).stdout;
}

test("output for programs is one JSON object per line, with ISO time and level name", () => {
  const { time, ...line } = JSON.parse(logged(false));
  expect(line).toEqual({ level: "info", dpid: "0000000000000001", msg: "switch connected" });
  expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
});

test("output for people is readable, and written before the process exits", () => {
  const text = logged(true);
  expect(text).toContain("switch connected");
  expect(text).toContain("INFO");
  expect(text).not.toContain("hidden");
});

/** The text that people get for a line, without its colours. */
function prettyText(log: (logger: ReturnType<typeof pino>) => void): string {
  let text = "";
  const output = { write: (part: string) => (text += part) };
  log(pino({ base: null, timestamp: () => ',"time":1' }, prettyLines(output)));
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the colours of the log.
  return text.replace(/\u001b\[\d+m/g, "");
}

test("output for people: text from outside forges no line and controls no terminal", () => {
  const lines = (text: string, field: string) =>
    prettyText((logger) => {
      logger.info({ reason: text, nested: { [text]: [text] } }, text);
      logger.error({ err: Object.assign(new Error(text), { stack: `Error: ${text}${field}` }) });
    }).split("\n");
  const frames = "\n    at a (b.ts:1:2)";
  // With a text that has nothing to hide, to know how many lines there are.
  const expected = lines("x", frames).length;
  fc.assert(
    fc.property(hostileText, (text) => {
      // Each of these would be one more key or no text at all.
      fc.pre(!["", "type", "stack", "message"].includes(text) && !/^\d+$/.test(text));
      const found = lines(text, frames);
      for (const line of found) expect(line).not.toMatch(UNSAFE);
      expect(found).toHaveLength(expected);
      // Only a line of the logger begins at the margin.
      expect(found.filter((line) => /^\S/.test(line))).toHaveLength(2);
    }),
  );
});

test("output for people: a stack keeps its frames on lines of their own", () => {
  const text = prettyText((logger) => logger.error(new Error("broken\nINFO: forged")));
  expect(text).toMatch(/Error: broken\\nINFO: forged\n +at .*logger\.test\.ts/);
});
