// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** Whether a file can be mounted as a disk and frozen: as root, outside most containers. */
export const HAS_LOOP_DEVICES = process.getuid?.() === 0 && canMount();

function canMount(): boolean {
  const directory = mkdtempSync(join(tmpdir(), "openvtap-disk-"));
  try {
    const [image, path] = [join(directory, "image"), join(directory, "disk")];
    makeDisk(image, path);
    execFileSync("mount", ["-o", "loop", image, path], { stdio: "ignore" });
    execFileSync("umount", [path], { stdio: "ignore" });
    execFileSync("fsfreeze", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function makeDisk(image: string, path: string): void {
  mkdirSync(path);
  writeFileSync(image, "");
  truncateSync(image, 16 * 1024 * 1024);
  execFileSync("mkfs.ext4", ["-q", image]);
}

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
    makeDisk(this.#image, this.path);
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
