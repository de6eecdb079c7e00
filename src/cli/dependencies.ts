import type { Environment } from "./config/resolve-config.ts";
import type { ServeConfig } from "./config/serve-config.ts";
import type { ParseJson, PlacedProblem } from "./json-file.ts";
import type { InputFile } from "./read-files.ts";

/** Where a command writes; `process.stdout` is one. */
export interface Output {
  write(text: string): unknown;
}

/** What is in files that were checked, and what is wrong with them. */
export interface CheckReport {
  readonly errors: readonly PlacedProblem[];
  /** What was found, in words: "3 policies", "2 switches". */
  readonly found: readonly string[];
}

/** What the commands need of the rest of the house. */
export interface CliDependencies {
  readonly version: string;
  readonly env: Environment;
  readonly stdout: Output;
  readonly stderr: Output;
  /** Runs the controller until it is told to stop; resolves to the exit code. */
  readonly serve: (config: ServeConfig) => Promise<number>;
  /** Checks policy and topology files (told apart by their keys) without a server. */
  readonly checkFiles: (files: readonly InputFile[]) => CheckReport;
  readonly parseJson: ParseJson;
}

/** Exit codes of every command. */
export const EXIT = {
  ok: 0,
  /** It could not be done: no server, refused, port taken, disk. */
  failed: 1,
  /** It was asked wrongly: flags, settings, files. */
  usage: 2,
} as const;

/** Writes one line per error; gives back the exit code. */
export function reportErrors(
  { stderr }: Pick<CliDependencies, "stderr">,
  errors: readonly string[],
  code: number,
): number {
  for (const error of errors) stderr.write(`${error}\n`);
  return code;
}
