// SPDX-License-Identifier: Apache-2.0
import { type CliDependencies, EXIT, reportErrors } from "../dependencies.ts";
import { formatProblem } from "../json-file.ts";
import { readInputFiles } from "../read-files.ts";

/** `vtap check FILE…`: reports the problems of policy and topology files, without a server. */
export function checkFiles(dependencies: CliDependencies, paths: readonly string[]): number {
  const input = readInputFiles(paths);
  if (!input.ok) return reportErrors(dependencies, input.errors, EXIT.usage);
  const { errors, found } = dependencies.checkFiles(input.files);
  if (errors.length > 0) {
    // No prefix: editors parse file:line:column.
    for (const error of errors) dependencies.stderr.write(`${formatProblem(error)}\n`);
    return EXIT.usage;
  }
  dependencies.stdout.write(`ok: ${found.length > 0 ? found.join(", ") : "nothing in it"}\n`);
  return EXIT.ok;
}
