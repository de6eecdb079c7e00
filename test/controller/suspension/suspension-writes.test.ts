// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import type { AuditEntry } from "../../../src/contract/audit/audit.ts";
import { PolicyRegistry } from "../../../src/controller/policies/policy-registry.ts";
import { SuspensionWrites } from "../../../src/controller/suspension/suspension-writes.ts";
import { Suspensions } from "../../../src/controller/suspension/suspensions.ts";
import { silentLogger } from "../../../src/runtime/logger.ts";
import { CAUSE, WRITTEN_AT } from "../stand-alone.ts";

/** Writes to a disk that fails until it is repaired; `records`: what the audit has of them. */
function failingDisk() {
  const disk = { fails: true, isSuspended: false, records: [] as AuditEntry[] };
  const write = async (audit: readonly AuditEntry[] = [], effect = () => {}) => {
    if (disk.fails) throw new Error("no space left on device");
    effect();
    disk.records.push(...audit);
  };
  const suspensions = new Suspensions();
  const writes = new SuspensionWrites({
    ...{ registry: new PolicyRegistry(), suspensions, logger: silentLogger },
    store: {
      load: async () => ({ projects: [], policies: [] }),
      putAll: (_, audit) =>
        write(audit, () => {
          disk.isSuspended = true;
        }),
      removeAll: (audit) =>
        write(audit, () => {
          disk.isSuspended = false;
        }),
      putProject: (_, __, audit) => write(audit),
      removeProject: (_, audit) => write(audit),
      putPolicy: () => write(),
      removePolicy: (_, audit) => write(audit),
    },
    record: (entries) => write(entries),
    now: () => WRITTEN_AT,
    changed: () => undefined,
    policyChanged: () => undefined,
  });
  const recorded = () => disk.records.map(({ reason }) => reason);
  return { disk, suspensions, writes, recorded };
}

test("a suspension that a failing disk does not take is written, with its record, when it works", async () => {
  const { disk, writes, recorded } = failingDisk();
  expect(await writes.suspend({ reason: "abuse" }, CAUSE)).toEqual({ type: "done" });
  expect([writes.unstored(), writes.unrecorded]).toEqual(["no space left on device", 0]);
  disk.fails = false;
  writes.retry();
  await writes.idle();
  expect([writes.unstored(), disk.isSuspended, recorded()]).toEqual([undefined, true, ["abuse"]]);
});

test("records of what is suspended and resumed while the disk fails follow when it works, in order", async () => {
  const { disk, suspensions, writes, recorded } = failingDisk();
  for (const n of [1, 2]) {
    await writes.suspend({ reason: `abuse ${n}` }, CAUSE);
    expect(await writes.resume({ ...CAUSE, reason: `over ${n}` })).toEqual({ type: "done" });
  }
  expect([suspensions.all, writes.unstored(), writes.unrecorded]).toEqual([
    undefined,
    undefined,
    4,
  ]);
  await writes.suspendProject("red", { reason: "red" }, CAUSE);
  writes.retry();
  await writes.idle();
  expect([recorded(), writes.unrecorded]).toEqual([[], 4]);
  disk.fails = false;
  writes.retry();
  await writes.idle();
  expect(recorded()).toEqual(["abuse 1", "over 1", "abuse 2", "over 2", "red"]);
  expect([disk.isSuspended, writes.unrecorded]).toEqual([false, 0]);
});
