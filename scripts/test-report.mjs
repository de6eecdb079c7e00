// SPDX-License-Identifier: Apache-2.0
/**
 * Prints what failed, one line for each report of the test runner, then the closing line that sums them up:
 * `N passed, N failed[, N skipped]`. Arguments: `NAME=FILE`, each a JSON report. Exits with 1 unless
 * every run has passed.
 */
import { readFileSync } from "node:fs";

const MESSAGE_LINES = 15;

const runs = process.argv.slice(2).map((argument) => {
  const [name = "", file = ""] = argument.split("=");
  return { name, ...counts(file) };
});
// Before the closing lines: a log that is cut keeps its end.
for (const run of runs) for (const failure of run.failures) console.log(`${run.name}: ${failure}`);
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
    const failures = report.testResults.flatMap(failuresOf);
    if (failures.length === 0 && report.numPassedTests === 0)
      failures.push("FAILED no test passed");
    return {
      passed: report.numPassedTests,
      failed: failures.length,
      skipped: report.numPendingTests + report.numTodoTests,
      failures,
    };
  } catch {
    return {
      passed: 0,
      failed: 1,
      skipped: 0,
      failures: ["FAILED the test runner wrote no report"],
    };
  }
}

/** The failed tests of a file; a file that cannot be loaded reports no test, and is one failure. */
function failuresOf(/** @type {any} */ { name, status, message, assertionResults }) {
  const failed = assertionResults.filter((/** @type {any} */ test) => test.status === "failed");
  if (failed.length === 0) return status === "failed" ? [failure(name, [message])] : [];
  return failed.map((/** @type {any} */ { fullName, failureMessages }) =>
    failure(`${name} > ${fullName}`, failureMessages),
  );
}

/** The beginnings of the messages: differences of large objects take thousands of lines. */
function failure(/** @type {string} */ where, /** @type {string[]} */ messages) {
  const isOfRunner = (/** @type {string} */ text) => text.includes("/node_modules/");
  const lines = messages.flatMap((message) => {
    const texts = message.split("\n").filter((text) => !isOfRunner(text));
    return texts.slice(0, MESSAGE_LINES);
  });
  return [`FAILED ${where}`, ...lines.map((text) => `    ${text}`)].join("\n");
}

function line(/** @type {{ passed: number, failed: number, skipped: number }} */ run) {
  const skipped = run.skipped > 0 ? `, ${run.skipped} skipped` : "";
  return `${run.passed} passed, ${run.failed} failed${skipped}`;
}
