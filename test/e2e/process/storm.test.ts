// SPDX-License-Identifier: Apache-2.0
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { waitFor } from "../../lab/index.ts";
import { Testbed } from "../testbed.ts";

const CHILD = fileURLToPath(new URL("../../lab/storm-child.ts", import.meta.url));
const DEAF = "000000000000deaf";
const ends: (() => unknown)[] = [];
afterAll(async () => {
  for (const end of ends.reverse()) await end();
});

test("100 switches at once, one that never reads, one that sends garbage: the controller keeps working", async () => {
  const echo = { echoIntervalSeconds: 1, echoTimeoutSeconds: 10 };
  const testbed = await Testbed.start({ lab: false, config: { discovery: false, ...echo } });
  ends.push(() => testbed.stop());
  const { vtap } = testbed;
  const child = spawn(process.execPath, [
    "--import",
    "tsx",
    CHILD,
    String(vtap.openflowPort),
    "100",
  ]);
  ends.push(() => child.kill("SIGKILL"));
  await once(child.stdout, "data");
  const status = () => vtap.get("/status");
  await waitFor(async () => (await status()).switches.connected >= 100, {
    what: "100 switches",
  });
  const port = { switch: "0000000000000064", port: 1 };
  const tap = { sender: { port }, receiver: "any", monitors: [{ port: { ...port, port: 2 } }] };
  const made = await vtap.request("POST", "/policies?wait=60000", tap);
  expect(made.body.status).toEqual({ state: "active", reasons: [] });
  await waitFor(
    () => vtap.lines.some(({ msg, dpid }) => msg === "switch disconnected" && dpid === DEAF),
    {
      what: "the switch that never reads to be disconnected",
    },
  );
  const ended = vtap.lines.filter(({ msg }) => msg.startsWith("connection ended before"));
  expect(ended.length).toBeGreaterThan(10);
  // Logged once as a warning, then at lower levels only.
  expect(ended.filter(({ level }) => level === "warn").length).toBeLessThan(5);
  expect((await status()).switches.connected).toBe(100);
});
