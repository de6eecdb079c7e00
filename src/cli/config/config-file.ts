// SPDX-License-Identifier: Apache-2.0
import { dirname, isAbsolute, join } from "node:path";
import { formatProblem, type ParseJson, type ValueProblem } from "../json-file.ts";
import { fileFailure } from "../read-files.ts";
import type { ServeConfig } from "./serve-config.ts";
import { SETTING_ROWS } from "./settings.ts";
import { didYouMean } from "./suggestion.ts";

/** The settings of a config file, and one line for each error in it. */
export interface ConfigFile {
  readonly values: Partial<ServeConfig>;
  readonly errors: readonly string[];
}

/** Reads and parses files. */
export interface ConfigReader {
  /** @throws the errors of the file system. */
  readonly readFile: (path: string) => string;
  readonly parseJson: ParseJson;
}

/** The key that editors read to find the JSON Schema; OpenVTAP ignores it. */
export const SCHEMA_KEY = "$schema";

/** Reads a config file: a JSON object whose keys are the settings. */
export function readConfigFile(file: string, { readFile, parseJson }: ConfigReader): ConfigFile {
  let text: string;
  try {
    text = readFile(file);
  } catch (error) {
    return { values: {}, errors: [`${file}: ${fileFailure(error)}`] };
  }
  const parsed = parseJson(text, file);
  if (!parsed.ok) return { values: {}, errors: parsed.errors.map(formatProblem) };
  const { values, problems } = readSettings(parsed.value.value, dirname(file));
  const errors = problems.map((problem) => formatProblem(parsed.value.locate(problem)));
  return { values, errors };
}

function readSettings(
  document: unknown,
  directory: string,
): { values: Partial<ServeConfig>; problems: ValueProblem[] } {
  if (typeof document !== "object" || document === null || Array.isArray(document)) {
    const problem = { path: [], what: "this is not an object", remedy: "write { … }" };
    return { values: {}, problems: [problem] };
  }
  // A path is relative to the file, so the file means the same from any working directory.
  const fromFile = (path: string) => (isAbsolute(path) ? path : join(directory, path));
  const problems: ValueProblem[] = [];
  const values: [string, unknown][] = [];
  for (const [key, value] of Object.entries(document)) {
    if (key === SCHEMA_KEY) continue;
    const type = SETTING_ROWS.find(([each]) => each === key)?.[1].type;
    if (!type) {
      problems.push(unknownKey(key));
      continue;
    }
    const parsed = type.parse(value);
    if (parsed.ok) {
      values.push([key, type.mapPaths ? type.mapPaths(parsed.value, fromFile) : parsed.value]);
    } else {
      const { what, remedy, at = [] } = parsed;
      problems.push({ path: [key, ...at], what, remedy });
    }
  }
  return { values: Object.fromEntries(values) as Partial<ServeConfig>, problems };
}

function unknownKey(key: string): ValueProblem {
  const keys = SETTING_ROWS.map(([each]) => each);
  const remedy = didYouMean(key, keys) ?? `write one of ${keys.join(", ")}`;
  return { path: [key], at: "key", what: `unknown key "${key}"`, remedy };
}
