// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openLevelStore } from "../../src/store/index.ts";
import { HAS_LOOP_DEVICES, LoopDisk } from "../lab/disk.ts";
import { waitFor } from "../lab/index.ts";
import { keys, recovered } from "./store-state.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

const IS_ROOT = process.getuid?.() === 0;

/** Runs a command on a disk until it works: it does not while files are open. */
async function succeeds(run: () => void, what: string): Promise<void> {
  await waitFor(
    () => {
      run();
      return true;
    },
    { what },
  );
}

test.skipIf(!HAS_LOOP_DEVICES)(
  "a disk that the kernel gives up is named, can be unmounted, and is used again by itself",
  async () => {
    const disk = new LoopDisk();
    const store = await openLevelStore(join(disk.path, "data"));
    onTestFinished(() => store.close());
    await store.put("k/before", 1);
    disk.giveUp();
    for (let n = 0; n < 3; n++) {
      const refused = expect(store.put("k/refused", 1)).rejects;
      await refused.toMatchObject({
        code: expect.stringMatching(/^(readOnly|io)$/),
        message: expect.stringMatching(/^\/\S+: .*(read-only|Input\/output error).*; /),
      });
    }
    await succeeds(() => disk.unmount(), "the disk to be free");
    await expect(store.put("k/refused", 1)).rejects.toMatchObject({ code: "replaced" });
    expect(store.health.state).toBe("failing");
    disk.mount();
    await recovered(store);
    expect(await keys(store)).toEqual(["k/before"]);
    await store.put("k/after", 1);
    expect(await keys(store)).toEqual(["k/after", "k/before"]);
  },
);

test.skipIf(!IS_ROOT)(
  "a file system that becomes read-only is named, and used again when it is writable",
  async () => {
    const mount = temporaryDirectory();
    const run = (...args: string[]) => execFileSync("mount", args, { stdio: "pipe" });
    run("-t", "tmpfs", "tmpfs", mount);
    onTestFinished(() => {
      execFileSync("umount", ["-Rl", mount]);
    });
    const data = join(mount, "data");
    const store = await openLevelStore(data);
    onTestFinished(() => store.close());
    await store.put("k/before", 1);
    // Read-only for whatever is opened from now on; the open log goes on until it is full.
    run("--bind", data, data);
    run("-o", "remount,ro,bind", data);
    const big = "x".repeat(3 * 1024 * 1024);
    const acknowledged = ["k/before"];
    let refused: unknown;
    for (let n = 0; n < 9 && refused === undefined; n++) {
      await store.put(`k/${n}`, big).then(
        () => acknowledged.push(`k/${n}`),
        (error: unknown) => {
          refused = error;
        },
      );
    }
    expect(refused).toMatchObject({
      code: "readOnly",
      message: `${data}: the file system is read-only; mount it for writing, vtap goes on by itself`,
    });
    expect(store.health).toMatchObject({ state: "failing", error: { code: "readOnly" } });
    // Its files are closed: the whole file system can be changed, too.
    execFileSync("umount", ["-l", data]);
    await succeeds(() => run("-o", "remount,ro", mount), "the disk to be free");
    await expect(store.put("k/refused", 1)).rejects.toMatchObject({ code: "readOnly" });
    run("-o", "remount,rw", mount);
    await recovered(store);
    expect(await keys(store)).toEqual(acknowledged.sort());
    await store.put("k/after", 1);
    await store.close();
    const again = await openLevelStore(data);
    expect(await keys(again)).toEqual([...acknowledged, "k/after"].sort());
    await again.close();
  },
);
