// SPDX-License-Identifier: Apache-2.0
/**
 * Checks that every source file begins with its SPDX licence line (after `#!`, where there is one).
 * `--write` adds the missing lines.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { trackedFiles } from "./tracked-files.ts";

const LICENCE = "SPDX-License-Identifier: Apache-2.0";

function withLicence(file: string, text: string): string {
  const line = `${file.endsWith(".py") ? "#" : "//"} ${LICENCE}\n`;
  const [shebang = ""] = /^#!.*\n/.exec(text) ?? [];
  const rest = text.slice(shebang.length);
  return rest.startsWith(line) ? text : shebang + line + rest;
}

const write = process.argv.includes("--write");
const missing = trackedFiles("*.ts", "*.mjs", "*.cjs", "*.py").filter((file) => {
  const text = readFileSync(file, "utf8");
  const licensed = withLicence(file, text);
  if (write && licensed !== text) writeFileSync(file, licensed);
  return licensed !== text;
});
for (const file of missing) console.log(`${file}: ${write ? "added" : "has no line"} "${LICENCE}"`);
process.exitCode = missing.length > 0 && !write ? 1 : 0;
