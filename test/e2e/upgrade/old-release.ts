// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from "node:child_process";
import { mkdtempSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Another version of OpenVTAP, built in a directory of its own with the packages of this one. */
export interface OldRelease {
  /** The entry point of its build. */
  readonly main: string;
  remove(): void;
}

/** Builds the version that a git reference names. */
export function buildRelease(reference: string): OldRelease {
  const directory = mkdtempSync(join(tmpdir(), "vtap-release-"));
  const remove = () => rmSync(directory, { recursive: true, force: true });
  try {
    const archive = execFileSync("git", ["archive", reference], { maxBuffer: 2 ** 30 });
    execFileSync("tar", ["x", "-C", directory], { input: archive });
    const packages = realpathSync("node_modules");
    symlinkSync(packages, join(directory, "node_modules"));
    const compiler = join(packages, "typescript", "bin", "tsc");
    const project = join(directory, "tsconfig.build.json");
    execFileSync(process.execPath, [compiler, "-p", project, "--preserveSymlinks"], {
      cwd: directory,
      stdio: "inherit",
    });
    return { main: join(directory, "dist", "main.js"), remove };
  } catch (cause) {
    remove();
    throw cause;
  }
}
