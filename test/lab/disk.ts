// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

const IS_ROOT = process.getuid?.() === 0;

/** Whether a file can be mounted as a disk: as root, outside some containers. */
export const HAS_LOOP_DEVICES = IS_ROOT && existsSync("/dev/loop-control");

/** A file with a file system, which fails as disks do. */
export class LoopDisk {
  /** Where it is mounted. */
  readonly path: string;
  readonly #image: string;
  #isFrozen = false;

  /** Mounted until the test is finished. */
  constructor() {
    const directory = mkdtempSync(join(tmpdir(), "openvtap-disk-"));
    this.#image = join(directory, "image");
    this.path = join(directory, "disk");
    mkdirSync(this.path);
    writeFileSync(this.#image, "");
    truncateSync(this.#image, 16 * 1024 * 1024);
    execFileSync("mkfs.ext4", ["-q", this.#image]);
    this.mount();
    onTestFinished(() => {
      this.unfreeze();
      execFileSync("umount", ["-lq", this.path]);
      rmSync(directory, { recursive: true, force: true });
    });
  }

  mount(): void {
    execFileSync("mount", ["-o", "loop,errors=remount-ro", this.#image, this.path]);
  }

  /** @throws while a process has a file of it open. */
  unmount(): void {
    execFileSync("umount", [this.path], { stdio: "pipe" });
  }

  /** What the kernel does when a disk reports errors: it is read-only until it is unmounted. */
  giveUp(): void {
    execFileSync("mount", ["-o", "remount,abort", this.path], { stdio: "ignore" });
  }

  /** From now on no write returns. */
  freeze(): void {
    this.#isFrozen = true;
    execFileSync("fsfreeze", ["-f", this.path]);
  }

  unfreeze(): void {
    if (this.#isFrozen) execFileSync("fsfreeze", ["-u", this.path]);
    this.#isFrozen = false;
  }
}
