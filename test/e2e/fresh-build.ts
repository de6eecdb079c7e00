// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";

/**
 * Builds the command if a source is newer: end-to-end tests run what users run, the compiler's output.
 */
export default function freshBuild(): void {
  const built = statSync("dist/main.js", { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const sources = readdirSync("src", { recursive: true, encoding: "utf8" });
  const newest = Math.max(...sources.map((file) => statSync(join("src", file)).mtimeMs));
  if (newest > built) execFileSync("npm", ["run", "build"], { stdio: "inherit" });
}
