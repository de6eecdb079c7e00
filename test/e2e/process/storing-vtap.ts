// SPDX-License-Identifier: Apache-2.0
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished } from "vitest";
import { waitFor } from "../../lab/index.ts";
import { temporaryDirectory } from "../../store/temporary-directory.ts";
import { VtapProcess } from "../vtap-process.ts";

/** `vtap serve` on a data directory, stopped when the test is finished. */
export async function start(data: string): Promise<VtapProcess> {
  // Without counters nothing else writes: nothing but the requests of a test can make it recover.
  const config = join(temporaryDirectory(), "config.json");
  writeFileSync(config, JSON.stringify({ countersIntervalSeconds: 0 }));
  const more = ["--config", config];
  const vtap = await VtapProcess.start({ data, more });
  onTestFinished(async () => {
    await vtap.stop();
  });
  return vtap;
}

const policy = (id: string, description = "") => ({
  id,
  description,
  sender: { mac: "fa:00:00:00:00:01" },
  receiver: { mac: "fa:00:00:00:00:02" },
  monitors: [{ mac: "fa:00:00:00:00:03" }],
});

export const create = (vtap: VtapProcess, id: string, description?: string) =>
  vtap.request("POST", "/policies", policy(id, description));

export async function ids(vtap: VtapProcess): Promise<string[]> {
  return (await vtap.get("/policies?limit=1000")).items.map(({ id }: { id: string }) => id);
}

/** Expects that a failing disk is reported everywhere. */
export async function expectFailing(vtap: VtapProcess, reason: RegExp): Promise<void> {
  expect(await vtap.text("/readyz")).toMatch(reason);
  const { ready, storage } = await vtap.get("/status");
  expect({ ready, storage }).toEqual({
    ready: false,
    storage: { state: "failing", since: expect.any(String), reason: expect.stringMatching(reason) },
  });
  expect(await vtap.text("/metrics")).toContain("openvtap_storage_failing 1");
  await vtap.logged("writes to disk fail");
}

/** Waits until the disk works again, and expects that this is reported everywhere. */
export async function expectWorking(vtap: VtapProcess): Promise<void> {
  const isReady = async () => (await vtap.text("/readyz")).includes('"ready"');
  await waitFor(isReady, { what: "vtap to be ready" });
  expect((await vtap.get("/status")).storage).toEqual({ state: "working" });
  expect(await vtap.text("/metrics")).toContain("openvtap_storage_failing 0");
  await vtap.logged("writes to disk work again");
}
