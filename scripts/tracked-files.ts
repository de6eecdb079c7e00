// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from "node:child_process";

/** Files of this repository that match one of these paths or patterns, new ones included. */
export function trackedFiles(...patterns: readonly string[]): string[] {
  const list = ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate"];
  const output = execFileSync("git", [...list, "--", ...patterns], { encoding: "utf8" });
  const deleted = execFileSync("git", ["ls-files", "-z", "--deleted"], { encoding: "utf8" });
  const gone = new Set(deleted.split("\0"));
  return output.split("\0").filter((file) => file !== "" && !gone.has(file));
}
