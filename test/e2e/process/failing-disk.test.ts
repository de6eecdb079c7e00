// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { HAS_LOOP_DEVICES, LoopDisk } from "../../lab/disk.ts";
import { waitFor } from "../../lab/index.ts";
import { temporaryDirectory } from "../../store/temporary-directory.ts";
import { runVtap, type VtapProcess } from "../vtap-process.ts";
import { create, expectFailing, expectWorking, ids, start } from "./storing-vtap.ts";

if (!HAS_LOOP_DEVICES) console.warn("no loop devices: the tests with failing disks are skipped");

/** Takes effect at once, and is stored when the disk works again. */
async function expectSuspends(vtap: VtapProcess, reason: RegExp): Promise<void> {
  const { status, body } = await vtap.request("POST", "/taps:suspend", { reason: "maintenance" });
  expect(status).toBe(200);
  expect(body).toMatchObject({ state: "suspended", unstored: expect.stringMatching(reason) });
}

async function expectSuspensionStored(vtap: VtapProcess): Promise<void> {
  const isStored = async () => (await vtap.get("/taps")).unstored === undefined;
  await waitFor(isStored, { what: "the suspension to be stored" });
}

/** It takes writes, and what it has acknowledged is on the disk: `before`, and that taps are suspended. */
async function expectGoesOn(vtap: VtapProcess, { path }: LoopDisk): Promise<void> {
  await expectWorking(vtap);
  await expectSuspensionStored(vtap);
  expect((await create(vtap, "after")).status).toBe(201);
  await vtap.stop("SIGKILL");
  const again = await start(join(path, "data"));
  expect((await ids(again)).sort()).toEqual(["after", "before"]);
  expect((await again.get("/taps")).state).toBe("suspended");
}

describe.skipIf(!HAS_LOOP_DEVICES)("a disk", () => {
  test("that the kernel gives up can be repaired while vtap runs, and is used again", async () => {
    const disk = new LoopDisk();
    const vtap = await start(join(disk.path, "data"));
    expect((await create(vtap, "before")).status).toBe(201);
    disk.giveUp();
    expect((await create(vtap, "refused")).status).toBe(503);
    await expectFailing(vtap, /file system is read-only|Input\/output error/);
    await expectSuspends(vtap, /file system is read-only|Input\/output error/);
    expect(await ids(vtap)).toEqual(["before"]);
    const unmounted = () => {
      disk.unmount();
      return true;
    };
    await waitFor(unmounted, { what: "the disk to be free" });
    expect((await create(vtap, "refused")).status).toBe(503);
    disk.mount();
    await expectGoesOn(vtap, disk);
  });

  test("that does not answer is reported; what it writes too late is undone", async () => {
    const disk = new LoopDisk();
    const vtap = await start(join(disk.path, "data"));
    expect((await create(vtap, "before")).status).toBe(201);
    disk.freeze();
    const hung = /data: the disk has not answered for 10 seconds; repair it/;
    const late = await create(vtap, "late");
    expect([late.status, late.body.detail]).toEqual([503, expect.stringMatching(hung)]);
    await expectFailing(vtap, hung);
    expect((await create(vtap, "refused")).status).toBe(503);
    await expectSuspends(vtap, hung);
    expect(await ids(vtap)).toEqual(["before"]);
    disk.unfreeze();
    await expectGoesOn(vtap, disk);
  });

  test("that does not answer delays no stop: the guard process kills what waits for it", async () => {
    const disk = new LoopDisk();
    const vtap = await start(join(disk.path, "data"));
    disk.freeze();
    const writing = create(vtap, "never").catch(() => undefined);
    const isWriting = () => threadsOf(vtap).some((state) => state === "D");
    await waitFor(isWriting, { what: "a thread that waits for the disk" });
    vtap.signal("SIGTERM");
    await vtap.logged("closing takes too long: vtap ends without it");
    // All that is left is the thread inside the kernel, which no signal ends.
    await waitFor(() => threadsOf(vtap).every((state) => "DZ".includes(state)), {
      what: "all other threads to end",
    });
    await writing;
    disk.unfreeze();
    // No exit code: it was killed.
    expect(await vtap.stop()).toBeNull();
    const again = await start(join(disk.path, "data"));
    expect((await create(again, "after")).status).toBe(201);
  });
});

/** The states of the threads of a process, as in proc(5). */
function threadsOf({ pid }: VtapProcess): string[] {
  return readdirSync(`/proc/${pid}/task`).map((task) => {
    const stat = readFileSync(`/proc/${pid}/task/${task}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2, stat.lastIndexOf(")") + 3);
  });
}

test("without free file descriptors nothing is acknowledged; it recovers when the limit is raised", async () => {
  const parent = temporaryDirectory();
  const data = join(parent, "data");
  const vtap = await start(data);
  expect((await create(vtap, "before")).status).toBe(201);
  // Reopening the database needs descriptors.
  renameSync(data, join(parent, "away"));
  expect((await create(vtap, "refused")).status).toBe(503);
  limitDescriptors(vtap, firstFreeDescriptor(vtap));
  renameSync(join(parent, "away"), data);
  const reports = async () => (await vtap.text("/readyz")).includes("too many open files; raise");
  await waitFor(reports, { what: "the limit to be reported" });
  expect((await create(vtap, "refused")).status).toBe(503);
  limitDescriptors(vtap, 1024);
  await expectWorking(vtap);
  expect((await create(vtap, "after")).status).toBe(201);
  expect((await ids(vtap)).sort()).toEqual(["after", "before"]);
});

function firstFreeDescriptor({ pid }: VtapProcess): number {
  const used = new Set(readdirSync(`/proc/${pid}/fd`));
  let free = 0;
  while (used.has(String(free))) free++;
  return free;
}

/** All descriptors from now on are below this number. */
function limitDescriptors({ pid }: VtapProcess, count: number): void {
  execFileSync("prlimit", ["--pid", String(pid), `--nofile=${count}:`]);
}

test("a second vtap on the same data directory ends with the first one's process id", async () => {
  const data = temporaryDirectory();
  const vtap = await start(data);
  const { code, stderr } = await runVtap(["serve", "--http", "127.0.0.1:0", "--data", data]);
  expect(code).toBe(1);
  expect(stderr).toBe(
    `${join(data, "db", "LOCK")}: data directory ${data} is in use by another vtap (process ${vtap.pid}); stop it, or use another directory (--data)\n`,
  );
  expect((await create(vtap, "goes-on")).status).toBe(201);
});
