// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { policy } from "../../api/api-server.ts";
import { waitFor } from "../../lab/wait-for.ts";
import { MemoryPolicyStore } from "../stand-alone.ts";
import { ofBlue, ofRed, tenants } from "./tenant-network.ts";

test("a write that needs more rules on a switch than the quota is refused, with the use", async () => {
  const { write, call } = await tenants({ red: { rules: 10 } });
  expect(await write(ofRed("red.a", 6))).toBe(201);
  const refusal = {
    pointer: "",
    detail:
      "project red would have 11 rules on one switch; its quota is 10 (rules of projectQuotas), and it has 6 there",
    remedy: expect.stringContaining("narrow the policy"),
  };
  const other = { sender: { host: "h2" }, receiver: { host: "h1" } };
  expect(await write(ofRed("red.b", 5, other))).toEqual(refusal);
  expect((await call("POST /policies:validate", ofRed("red.b", 5, other))).status).toBe(422);
  expect(await write(ofRed("red.b", 4, other))).toBe(201);
  // The same rules serve both.
  expect(await write(ofRed("red.same", 6, { monitors: [{ host: "h4" }] }))).toBe(201);
  expect(await write(ofRed("red.off", 50, { enabled: false }))).toBe(201);
  const past = { expiresAt: "2025-01-01T00:00:00Z" };
  expect(await write(ofRed("red.over", 50, past))).toBe(201);
  // What has no quota has any number.
  expect(await write(policy("net", { filters: { tcp_dst: "1-1000" } }))).toBe(201);
});

test("writes that come together keep within the quota together, and a set as a whole", async () => {
  const { write, call } = await tenants({ red: { rules: 10 } });
  const ends = (n: number) => ({
    sender: { host: `h${n}` },
    receiver: { host: n > 1 ? "h1" : "h2" },
  });
  const writes = [1, 2, 4].map((n) => write(ofRed(`red.${n}`, 4, ends(n))));
  const outcomes = await Promise.all(writes);
  expect(outcomes.filter((each) => each === 201)).toHaveLength(2);
  const apply = (policies: readonly object[], prune: boolean) =>
    call("POST /policies:apply", { set: "red", policies, groups: [], prune });
  const tooMuch = await apply([ofRed("red.set", 9, { receiver: { host: "h4" } })], false);
  expect([tooMuch.status, tooMuch.body.type]).toEqual([422, "urn:openvtap:problem:quota-exceeded"]);
  for (const n of [1, 2, 4]) await call(`DELETE /policies/red.${n}`);
  expect((await apply([ofRed("red.set", 9)], true)).status).toBe(200);
  // What a set prunes makes room for what it writes.
  const replaced = await apply([ofRed("red.new", 10, { receiver: { host: "h4" } })], true);
  expect(replaced.status).toBe(200);
});

test("rules of others use nothing of a project's quota, however they overlap", async () => {
  const { write } = await tenants({ red: { rules: 4 } });
  expect(await write(ofRed("red.a", 4))).toBe(201);
  // Frames of red's ports with these sources: the switch holds rules for the intersections.
  for (const [n, tcp_src] of ["1-99", "50-150", "100-300"].entries()) {
    const overlapping = { sender: { host: "h1" }, receiver: "any", filters: { tcp_src } };
    expect(await write(policy(`net${n}`, { ...overlapping, monitors: [{ host: "h7" }] }))).toBe(
      201,
    );
  }
  expect(await write(ofRed("red.a2", 4, { monitors: [{ host: "h4" }] }))).toBe(201);
});

test("where the network needs more rules, the newest policies are held until they fit", async () => {
  const { write, call, state, reasons } = await tenants({ red: { rules: 40 } });
  const place = (n: number, project: string) => ({
    ...{ name: `x${n}`, mac: `fa:00:00:00:00:2${n}`, switch: "s1", port: 20 + n },
    ...{ ips: [`10.9.0.${n}`], project },
  });
  const any = { sender: { ip: "10.9.0.0/24" }, receiver: "any" };
  expect(await write(ofBlue("blue.all"))).toBe(201);
  expect(await write(ofRed("red.old", 4))).toBe(201);
  expect(
    await write(ofRed("red.young", 4, { ...any, filters: { eth_type: "ipv4", tcp_dst: 7 } })),
  ).toBe(201);
  const hosts = [1, 2, 3, 4, 5].map((n) => place(n, "red"));
  const apply = (all: readonly object[]) => call("POST /hosts:apply", { hosts: all, prune: true });
  expect((await apply(hosts)).status).toBe(200);
  await waitFor(async () => (await state("red.young")) === "error");
  expect(await reasons("red.young")).toBe(
    "it would need more rules on one switch than project red may have: 40 (rules of projectQuotas); delete or narrow policies of the project, or ask an administrator to raise the quota",
  );
  expect([await state("red.old"), await state("blue.all")]).toEqual(["pending", "pending"]);
  // One that is narrower is in effect at once.
  const narrow = ofRed("red.young", 1, { sender: { host: "x1" } });
  expect((await call("PUT /policies/red.young", narrow)).body.status.state).toBe("pending");
  const wide = ofRed("red.young", 1, { ...any, filters: { eth_type: "ipv4", tcp_dst: 7 } });
  expect((await call("PUT /policies/red.young", wide)).status).toBe(422);
  expect((await apply(hosts.slice(0, 1))).status).toBe(200);
  expect((await call("PUT /policies/red.young", wide)).status).toBe(200);
  expect((await apply(hosts)).status).toBe(200);
  await waitFor(async () => (await state("red.young")) === "error");
  expect((await apply([])).status).toBe(200);
  await waitFor(async () => (await state("red.young")) === "pending");
});

test("a lowered quota holds the newest policies from the start on, and writes that need less are done", async () => {
  const store = new MemoryPolicyStore();
  const before = await tenants({}, { store });
  expect(await before.write(ofRed("red.b", 5))).toBe(201);
  expect(await before.write(ofRed("red.a", 4, { receiver: { host: "h4" } }))).toBe(201);
  const { state, call, write } = await tenants({ red: { rules: 6 } }, { store });
  // Both were written at the same time, so the last in order is the newest.
  expect([await state("red.a"), await state("red.b")]).toEqual(["pending", "error"]);
  expect(
    await write(ofRed("red.c", 3, { receiver: { host: "h3" }, monitors: [{ host: "h2" }] })),
  ).toMatchObject({
    detail: expect.stringContaining("and it has 4 there"),
  });
  expect((await call("PUT /policies/red.b", ofRed("red.b", 2))).status).toBe(200);
  expect(await state("red.b")).toBe("pending");
});
