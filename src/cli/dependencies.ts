// SPDX-License-Identifier: Apache-2.0
import type { ConfigResult, Environment } from "./config/resolve-config.ts";
import type { ServeConfig } from "./config/serve-config.ts";
import type { Inspection } from "./doctor/inspection.ts";
import type { ParseJson, PlacedProblem } from "./json-file.ts";
import { type Output, writeLines } from "./output/output.ts";
import type { InputFile } from "./read-files.ts";

/** The errors and the content of checked files. */
export interface CheckReport {
  readonly errors: readonly PlacedProblem[];
  /** Counts in words: "3 policies", "2 switches". */
  readonly found: readonly string[];
}

/** The parts outside this layer that the commands use. */
export interface CliDependencies {
  readonly version: string;
  readonly env: Environment;
  readonly stdout: Output;
  readonly stderr: Output;
  /**
   * Runs the controller until a stop signal; resolves to the exit code. `resolveAgain` resolves the settings
   * from the same flags and variables, and from the present content of the config file.
   */
  readonly serve: (
    config: ServeConfig,
    resolveAgain: () => Promise<ConfigResult>,
  ) => Promise<number>;
  /** Checks policy and topology files without a server; the keys of a file show its kind. */
  readonly checkFiles: (files: readonly InputFile[]) => CheckReport;
  readonly parseJson: ParseJson;
  /** Reads a capture file in parts; see `CaptureReader`. */
  readonly readCapture: () => CaptureReader;
  /** What `vtap doctor` looks at; loaded when it is used. */
  readonly inspection: () => Promise<Inspection>;
  /** Calls back once when the user interrupts the command; returns what ends that. */
  readonly onInterrupt: (callback: () => void) => () => void;
}

/** Gives the blocks of a capture file as they become complete. @throws RangeError where it is none. */
export type CaptureReader = (part: Uint8Array) => readonly CaptureBlock[];

/** A whole block of a capture file. */
interface CaptureBlock {
  readonly bytes: Uint8Array;
  /** The frame that it contains; undefined: it contains none. */
  readonly frame:
    | {
        /** ISO 8601, with microseconds. */
        readonly at: string;
        /** In bytes, on the cable. */
        readonly length: number;
        /** Addresses, protocol, ports, flags and length, for people. */
        readonly text: string;
      }
    | undefined;
}

/** Exit codes of every command. */
export const EXIT = {
  ok: 0,
  /** The operation failed: no server, rejected request, port taken, disk. */
  failed: 1,
  /** Invalid flags, settings or files. */
  usage: 2,
  /** Applied, but not all policies were active when the time to wait was over. */
  notActive: 3,
} as const;

/** Takes the exit code of a command. */
export type Finish = (code: number) => void;

/** Writes one line per error; returns the exit code. */
export function reportErrors(
  { stderr }: Pick<CliDependencies, "stderr">,
  errors: readonly string[],
  code: number,
): number {
  writeLines(stderr, errors);
  return code;
}
