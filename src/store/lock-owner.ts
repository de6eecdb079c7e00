// SPDX-License-Identifier: Apache-2.0
import { readFile, stat } from "node:fs/promises";

/**
 * The process that holds a file lock, by its id; undefined if there is none, or if the system does not
 * say (only Linux does, in /proc/locks, for processes of the same container).
 *
 * LevelDB says so itself when it opens; this is for the checks before, which must not mistake for damage
 * what a running process is just writing.
 */
export async function lockOwner(file: string): Promise<number | undefined> {
  const [found, locks] = await Promise.all([
    stat(file).catch(() => undefined),
    readFile("/proc/locks", "utf8").catch(() => ""),
  ]);
  if (!found) return undefined;
  const inode = `${deviceText(found.dev)}:${found.ino}`;
  for (const line of locks.split("\n")) {
    const [, , , , pid = "", where] = line.trim().split(/\s+/);
    if (where === inode && Number(pid) !== process.pid) return Number(pid);
  }
  return undefined;
}

/** Major and minor number in hex, as /proc/locks writes them. */
function deviceText(dev: number): string {
  const major = (dev >> 8) & 0xfff;
  const minor = (dev & 0xff) | ((dev >> 12) & 0xfff00);
  return [major, minor].map((each) => each.toString(16).padStart(2, "0")).join(":");
}
