// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";

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
