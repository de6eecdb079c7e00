import { dirname, isAbsolute, join } from "node:path";
import { formatProblem, type ParseJson, type ValueProblem } from "../json-file.ts";
import { fileFailure } from "../read-files.ts";
import { listenersIn, type OpenFlowListenerConfig } from "./openflow-listeners.ts";
import type { ServeConfig } from "./serve-config.ts";
import { SETTINGS } from "./settings.ts";
import { didYouMean } from "./suggestion.ts";

/** What a config file sets, and one line for everything wrong with it. */
export interface ConfigFile {
  readonly values: Partial<ServeConfig>;
  readonly errors: readonly string[];
}

/** How to read a config file. */
export interface ConfigReader {
  /** @throws what the file system throws. */
  readonly readFile: (path: string) => string;
  readonly parseJson: ParseJson;
}

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
  const problems: ValueProblem[] = [];
  const values: [string, unknown][] = [];
  for (const [key, value] of Object.entries(document)) {
    const setting = SETTINGS.find((each) => each.key === key);
    if (!setting) {
      problems.push(unknownKey(key));
      continue;
    }
    const parsed = setting.parse(value);
    if (!parsed.ok) {
      const { what, remedy, at = [] } = parsed;
      problems.push({ path: [key, ...at], what, remedy });
    } else if (key === "openflowListeners") {
      const listeners = parsed.value as readonly OpenFlowListenerConfig[];
      values.push([key, listenersIn(listeners, (path) => String(fromDirectory(directory, path)))]);
    } else {
      values.push([key, setting.isPath ? fromDirectory(directory, parsed.value) : parsed.value]);
    }
  }
  return { values: Object.fromEntries(values) as Partial<ServeConfig>, problems };
}

function unknownKey(key: string): ValueProblem {
  const keys = SETTINGS.map((setting) => setting.key);
  const remedy = didYouMean(key, keys) ?? `write one of ${keys.join(", ")}`;
  return { path: [key], at: "key", what: `unknown key "${key}"`, remedy };
}

/** Paths in a config file start where the file is, so that it means the same from anywhere. */
function fromDirectory(directory: string, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => fromDirectory(directory, item));
  if (typeof value !== "string" || isAbsolute(value)) return value;
  return join(directory, value);
}
