import { spawn } from "node:child_process";

/** How a program is run. */
export interface RunOptions {
  readonly input?: string;
  readonly signal: AbortSignal;
}

/** Runs a program to its end and returns its output; rejects with what it complained about. */
export function run(
  program: string,
  args: readonly string[],
  options: RunOptions,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const { input, signal } = options;
    const child = spawn(program, [...args], { stdio: ["pipe", "pipe", "pipe"], signal });
    let [output, complaint] = ["", ""];
    child.stdout.on("data", (chunk) => {
      output += String(chunk);
    });
    child.stderr.on("data", (chunk) => {
      complaint += String(chunk);
    });
    child.stdin.on("error", () => {});
    child.once("error", reject);
    child.once("close", (code) => {
      if (code === 0) resolve(output);
      else reject(new Error(`${program} ${args.join(" ")}: ${complaint.trim() || `exit ${code}`}`));
    });
    child.stdin.end(input ?? "");
  });
}
