// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { startApi } from "./api-server.ts";

test("switches are read again, one or all", async () => {
  const { call } = await startApi();
  const one = await call("POST /switches/s1:resync");
  expect([one.status, one.body.state]).toEqual([200, "repaired"]);
  expect(one.body.refused).toEqual({ count: 0, first: [] });
  const all = await call("POST /switches:resync");
  expect(all.body.items.map(({ state }: { state: string }) => state)).toEqual([
    "repaired",
    "notConnected",
  ]);
});

test("an unknown or unconnected switch is a problem document", async () => {
  const { call } = await startApi();
  const lost = await call("POST /switches/s2:resync");
  expect([lost.status, lost.body.type]).toEqual([409, "urn:openvtap:problem:not-connected"]);
  expect((await call("POST /switches/s9:resync")).status).toBe(404);
  expect((await call("GET /switches:resync")).status).toBe(405);
  expect((await call("POST /switches:resync?wait=1")).status).toBe(400);
});
