// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from "node:child_process";
import { readdirSync, renameSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { waitFor } from "../../lab/index.ts";
import { temporaryDirectory } from "../../store/temporary-directory.ts";
import { runVtap } from "../vtap-process.ts";
import { create, expectFailing, expectWorking, ids, start } from "./storing-vtap.ts";

const IS_ROOT = process.getuid?.() === 0;
if (!IS_ROOT) console.warn("not root: the tests with a full disk are skipped");

describe.skipIf(!IS_ROOT)("a full disk", () => {
  /** A small disk, and functions that fill it and make room again. */
  function smallDisk() {
    const mount = temporaryDirectory();
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=2m", "tmpfs", mount]);
    onTestFinished(() => {
      execFileSync("umount", ["-l", mount]);
    });
    const ballast = join(mount, "ballast");
    const fill = () => {
      try {
        writeFileSync(ballast, Buffer.alloc(2 * 1024 * 1024));
      } catch {
        // Full, as it should be.
      }
    };
    return { data: join(mount, "data"), fill, makeRoom: () => rmSync(ballast) };
  }

  test("writes are rejected, suspending is not, and everything goes on when there is room", async () => {
    const disk = smallDisk();
    const vtap = await start(disk.data);
    expect((await create(vtap, "before")).status).toBe(201);
    disk.fill();
    const acknowledged = ["before"];
    let rejected: Awaited<ReturnType<typeof create>> | undefined;
    for (let n = 0; n < 200 && !rejected; n++) {
      const answer = await create(vtap, `p${n}`, "x".repeat(1000));
      if (answer.status === 201) acknowledged.push(`p${n}`);
      else rejected = answer;
    }
    const full = /data: no space is left on the disk; free some/;
    expect(rejected).toMatchObject({ status: 503, body: { detail: expect.stringMatching(full) } });
    await expectFailing(vtap, full);
    const suspended = await vtap.request("POST", "/taps:suspend", { reason: "maintenance" });
    expect(suspended.status).toBe(200);
    expect(suspended.body).toMatchObject({
      state: "suspended",
      unstored: expect.stringMatching(full),
    });
    expect((await create(vtap, "refused")).status).toBe(503);
    expect((await ids(vtap)).sort()).toEqual([...acknowledged].sort());

    disk.makeRoom();
    expect((await create(vtap, "after")).status).toBe(201);
    await expectWorking(vtap);
    const isStored = async () => (await vtap.get("/taps")).unstored === undefined;
    await waitFor(isStored, { what: "the suspension to be stored" });
    await vtap.stop("SIGKILL");

    const again = await start(disk.data);
    expect((await ids(again)).sort()).toEqual([...acknowledged, "after"].sort());
    expect(await again.get("/taps")).toMatchObject({ state: "suspended", reason: "maintenance" });
  });

  test("it recovers without any request, and an unstored suspension can be resumed", async () => {
    const disk = smallDisk();
    const vtap = await start(disk.data);
    disk.fill();
    for (let n = 0; (await create(vtap, `p${n}`, "x".repeat(1000))).status === 201; n++);
    expect((await vtap.request("POST", "/taps:suspend")).body.unstored).toMatch(/no space/);
    const resumed = await vtap.request("POST", "/taps:resume?reason=done");
    expect([resumed.body.state, resumed.body.unrecorded]).toEqual(["running", 2]);
    disk.makeRoom();
    await expectWorking(vtap);
    const isRecorded = async () => (await vtap.get("/taps")).unrecorded === undefined;
    await waitFor(isRecorded, { what: "the records of the suspension and its end" });
    expect((await vtap.get("/taps")).state).toBe("running");
    const { items } = await vtap.get("/audit?outcome=done&limit=1000");
    const ofTaps = items.filter(
      ({ object }: { object?: object }) => object && "kind" in object && object.kind === "taps",
    );
    expect(
      ofTaps.map(({ operation, reason }: Record<string, string>) => [operation, reason]),
    ).toEqual([
      ["POST /api/v1/taps:suspend", undefined],
      ["POST /api/v1/taps:resume", "done"],
    ]);
  });
});

test("a data directory that is moved away while vtap runs: no 201 for writes that are gone", async () => {
  const parent = temporaryDirectory();
  const data = join(parent, "data");
  const vtap = await start(data);
  expect((await create(vtap, "before")).status).toBe(201);
  renameSync(data, join(parent, "away"));
  const { status, body } = await create(vtap, "refused");
  expect([status, body.detail]).toEqual([
    503,
    expect.stringContaining(`${data}: the data directory was `),
  ]);
  await expectFailing(
    vtap,
    /the data directory was removed or renamed while vtap runs; put it back/,
  );
  renameSync(join(parent, "away"), data);
  await expectWorking(vtap);
  expect(await ids(vtap)).toEqual(["before"]);
  expect((await create(vtap, "after")).status).toBe(201);
});

test("a missing or cut log after a kill: exit 1, one line with the file and what to do", async () => {
  const data = temporaryDirectory();
  const vtap = await start(data);
  for (const id of ["a", "b"]) expect((await create(vtap, id)).status).toBe(201);
  await vtap.stop("SIGKILL");
  const [log = ""] = readdirSync(join(data, "db")).filter((name) => name.endsWith(".log"));
  const file = join(data, "db", log);
  const serve = ["serve", "--openflow", "127.0.0.1:0", "--http", "127.0.0.1:0", "--data", data];
  const damages: [() => void, string][] = [
    [() => truncateSync(file, 100), "the latest writes are missing"],
    [() => rmSync(file), "the file is missing"],
  ];
  for (const [damage, what] of damages) {
    damage();
    const { code, stderr } = await runVtap(serve);
    expect(code).toBe(1);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    expect(stderr).toContain(`${file}: `);
    expect(stderr).toContain(what);
    expect(stderr).toContain(`restore data directory ${data} from a backup`);
  }
});
