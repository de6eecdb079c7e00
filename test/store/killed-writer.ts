// SPDX-License-Identifier: Apache-2.0
import { spawn } from "node:child_process";
import { once } from "node:events";

/** Writers to run in a process of their own. */
interface Writers {
  /** The file of the program. */
  readonly program: string;
  readonly directory: string;
  readonly round: number;
}

/** Runs writers until their output is enough, kills them, and returns their whole lines. */
export async function killedWriter(
  { program, directory, round }: Writers,
  isEnough: (output: string) => boolean,
): Promise<string[]> {
  const child = spawn(process.execPath, ["--import", "tsx", program, directory, String(round)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.setEncoding("utf8");
  child.stdout.on("data", (text: string) => {
    output += text;
    if (isEnough(output)) child.kill("SIGKILL");
  });
  const [, signal] = await once(child, "close");
  if (signal !== "SIGKILL") throw new Error(`the writer ended: ${output}`);
  // The last line may be cut off.
  return output.split("\n").slice(0, -1);
}
