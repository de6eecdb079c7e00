// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { waitFor } from "../../lab/wait-for.ts";
import { MemoryPolicyStore } from "../stand-alone.ts";
import { ofBlue, ofRed, tenants } from "./tenant-network.ts";

const limited = (kbps: number) => ({ copy: { rateLimit: { kbps } } });
/** The meter that the policies of red without a limit share. */
const shared = (rate: number) => ({
  ...{ unit: "kbps", rate, owner: "project/red" },
  burst: Math.max(80, rate / 10),
});

test("policies of a project share its bandwidth on a switch, beside what others limit themselves to", async () => {
  const { write, call, meters } = await tenants({ red: { kbps: 1000 } });
  expect(await write(ofRed("red.a", 1))).toBe(201);
  expect(await write(ofRed("red.b", 1, { receiver: { host: "h4" } }))).toBe(201);
  expect(await write(ofBlue("blue.all"))).toBe(201);
  expect(new Set(meters().map((each) => JSON.stringify(each))).size).toBe(1);
  expect(meters()).toEqual(meters().map(() => shared(1000)));
  // Two monitors: each has the rate for itself.
  const own = { sender: { host: "h2" }, receiver: { host: "h1" }, ...limited(200) };
  const document = ofRed("red.own", 1, { ...own, monitors: [{ host: "h3" }, { host: "h4" }] });
  expect(await write(document)).toBe(201);
  await waitFor(() => meters().some(({ rate }) => rate === 600));
  const rates = meters().map(({ rate, owner }) => `${owner?.split(" ")[0]} ${rate}`);
  expect([...new Set(rates)].sort()).toEqual(["project/red 600", "red.own 200"]);
  expect((await call("DELETE /policies/red.own")).status).toBe(204);
  await waitFor(() => meters().every(({ rate }) => rate === 1000));
});

test("a rate limit that the quota does not leave is refused, with the use", async () => {
  const { write, call } = await tenants({ red: { kbps: 1000 } });
  expect(await write(ofRed("red.a", 1, limited(600)))).toBe(201);
  const other = { receiver: { host: "h4" } };
  expect(await write(ofRed("red.b", 1, { ...other, ...limited(500) }))).toEqual({
    pointer: "/copy/rateLimit",
    detail:
      "project red would have 1100 kbit/s of copies on one switch; its quota is 1000 (kbps of projectQuotas), and it has 600",
    remedy:
      "lower the rate limit of this or of another policy, or ask an administrator to raise the quota",
  });
  expect(await write(ofRed("red.b", 1, { ...other, ...limited(400) }))).toBe(201);
  // Nothing is left for policies without a limit.
  expect(await write(ofRed("red.c", 1, other))).toMatchObject({
    detail: expect.stringContaining("would have 1001 kbit/s"),
  });
  // Packets count as those of 1,500 bytes.
  const packets = { copy: { rateLimit: { pps: 33 } } };
  expect(
    (await call("PUT /policies/red.b", ofRed("red.b", 1, { ...other, ...packets }))).status,
  ).toBe(200);
  expect(await write(ofRed("red.d", 1, { enabled: false }))).toBe(201);
  expect(await write(ofRed("red.e", 1, { expiresAt: "2025-01-01T00:00:00Z" }))).toBe(201);
  expect(await write(ofRed("red.c", 1, other))).toBe(201);
});

test("a lowered quota holds the newest limits, and those of other projects are as they are", async () => {
  const store = new MemoryPolicyStore();
  const before = await tenants({}, { store });
  expect(await before.write(ofRed("red.a", 1, limited(300)))).toBe(201);
  expect(await before.write(ofRed("red.b", 1, { receiver: { host: "h4" }, ...limited(300) }))).toBe(
    201,
  );
  expect(await before.write(ofRed("red.open", 1, { sender: { host: "h4" } }))).toBe(201);
  expect(await before.write(ofBlue("blue.a", limited(900)))).toBe(201);
  expect(
    before
      .meters()
      .map(({ rate }) => rate)
      .sort(),
  ).toEqual([300, 300, 900]);
  const { state, reasons, meters, call } = await tenants({ red: { kbps: 500 } }, { store });
  expect([await state("red.a"), await state("red.open")]).toEqual(["pending", "pending"]);
  expect(await reasons("red.b")).toContain(
    "nothing is left for it of the bandwidth that project red may have: 500 kbit/s",
  );
  expect(
    meters()
      .map(({ rate }) => rate)
      .sort(),
  ).toEqual([200, 300, 900]);
  expect((await call("DELETE /policies/red.a")).status).toBe(204);
  await waitFor(async () => (await state("red.b")) === "pending");
});

test("a dry run shows the shared limit", async () => {
  const { call } = await tenants({ red: { kbps: 1000 } });
  const { body } = await call("POST /policies:validate", ofRed("red.a", 1));
  expect(JSON.stringify(body.switches)).toMatch(/meter/);
});
