// SPDX-License-Identifier: Apache-2.0
import { spawn } from "node:child_process";

/** Options of `run`. */
export interface RunOptions {
  readonly input?: string;
  readonly signal: AbortSignal;
}

/** Runs a program until it exits and returns its output; rejects with its error output. */
export function run(
  program: string,
  args: readonly string[],
  options: RunOptions,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const { input, signal } = options;
    const child = spawn(program, [...args], { stdio: ["pipe", "pipe", "pipe"], signal });
    let [output, errors] = ["", ""];
    child.stdout.on("data", (chunk) => {
      output += String(chunk);
    });
    child.stderr.on("data", (chunk) => {
      errors += String(chunk);
    });
    child.stdin.on("error", () => {});
    child.once("error", reject);
    child.once("close", (code) => {
      if (code === 0) resolve(output);
      else reject(new Error(`${program} ${args.join(" ")}: ${errors.trim() || `exit ${code}`}`));
    });
    child.stdin.end(input ?? "");
  });
}
