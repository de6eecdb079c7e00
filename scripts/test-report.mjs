// SPDX-License-Identifier: Apache-2.0
/**
 * Prints one line for each report of the test runner, then the closing line that sums them up:
 * `N passed, N failed[, N skipped]`. Arguments: `NAME=FILE`, each a JSON report. Exits with 1 unless
 * every run has passed.
 */
import { readFileSync } from "node:fs";

const runs = process.argv.slice(2).map((argument) => {
  const [name = "", file = ""] = argument.split("=");
  return { name, ...counts(file) };
});
for (const run of runs) console.log(`${run.name}: ${line(run)}`);
const sum = (/** @type {"passed" | "failed" | "skipped"} */ key) =>
  runs.reduce((total, run) => total + run[key], 0);
const total = { passed: sum("passed"), failed: sum("failed"), skipped: sum("skipped") };
console.log(line(total));
process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;

/** A run without a readable report, or without a passed test, counts as one failure. */
function counts(/** @type {string} */ file) {
  try {
    const report = JSON.parse(readFileSync(file, "utf8"));
    // A file that cannot be loaded reports no test; it counts as one failure.
    const unloaded = report.testResults.filter(
      ({ status, assertionResults }) =>
        status === "failed" && assertionResults.every((test) => test.status !== "failed"),
    ).length;
    const failed = report.numFailedTests + unloaded;
    return {
      passed: report.numPassedTests,
      failed: failed === 0 && report.numPassedTests === 0 ? 1 : failed,
      skipped: report.numPendingTests + report.numTodoTests,
    };
  } catch {
    return { passed: 0, failed: 1, skipped: 0 };
  }
}

function line(/** @type {{ passed: number, failed: number, skipped: number }} */ run) {
  const skipped = run.skipped > 0 ? `, ${run.skipped} skipped` : "";
  return `${run.passed} passed, ${run.failed} failed${skipped}`;
}
