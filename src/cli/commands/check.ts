// SPDX-License-Identifier: Apache-2.0
import { type CliDependencies, EXIT, reportErrors } from "../dependencies.ts";
import { formatProblem } from "../json-file.ts";
import { writeLines } from "../output/output.ts";
import { readInputFiles } from "../read-files.ts";

/** `vtap check FILE…`: reports the problems of policy and topology files, without a server. */
export async function checkFiles(
  dependencies: CliDependencies,
  paths: readonly string[],
): Promise<number> {
  const input = await readInputFiles(paths);
  if (!input.ok) return reportErrors(dependencies, input.errors, EXIT.usage);
  const { errors, found } = dependencies.checkFiles(input.files);
  if (errors.length > 0) {
    // No prefix: editors parse file:line:column.
    return reportErrors(dependencies, errors.map(formatProblem), EXIT.usage);
  }
  writeLines(dependencies.stdout, [`ok: ${found.length > 0 ? found.join(", ") : "nothing in it"}`]);
  return EXIT.ok;
}
