// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { type Belongings, eventFor } from "../../../src/api/projects/project-events.ts";
import type { ControllerEvent } from "../../../src/contract/events.ts";

const at = "2026-01-01T00:00:00.000Z";
const origin = { kind: "api", set: "acme/web" } as const;
const written = (project?: string) => ({
  ...{ id: "acme.p", origin, revision: 2, createdAt: at, updatedAt: at },
  ...(project && { project }),
});
const host = (project?: string) => ({
  ...{ mac: "fa:00:00:00:00:01", ips: [], switch: "s1", dpid: "0000000000000001", port: 1 },
  ...{ origin: "file" as const, conflicts: [] },
  ...(project && { project }),
});
const replaced = (old?: string, now?: string): ControllerEvent => ({
  ...{ type: "policyReplaced", id: "acme.p", revision: 2, origin },
  ...{ old: written(old), new: written(now) },
});
/** s1 has ports of the project, of which 1 to 5 are its own; s2 belongs to it as a whole, s3 does not. */
const [S1, S2, S3] = ["0000000000000001", "0000000000000002", "0000000000000003"] as const;
const has: Belongings = {
  policy: () => false,
  switch: (dpid) => dpid !== S3,
  port: ({ dpid, port }) => dpid === S2 || (dpid === S1 && Number(port) <= 5),
};
const seen = (event: ControllerEvent) => eventFor("acme", event, has);

test("a policy that leaves the project is deleted for it, and one that comes is created", () => {
  expect(seen(replaced("acme", "other"))).toMatchObject({ type: "policyDeleted", id: "acme.p" });
  expect(seen(replaced("other", "acme"))).toMatchObject({ type: "policyCreated", revision: 2 });
  expect(seen(replaced("acme", "acme"))).toMatchObject({ type: "policyReplaced" });
  expect(seen(replaced("other", undefined))).toBeUndefined();
});

test("suspensions are seen of the project's own taps", () => {
  const suspended = (project?: string): ControllerEvent => ({
    ...{ type: "tapsSuspended", since: at, reason: "maintenance" },
    ...(project && { project }),
  });
  const resumed: ControllerEvent = { type: "tapsResumed", project: "other", old: { since: at } };
  expect(seen(suspended("acme"))).toEqual(suspended("acme"));
  expect([suspended("other"), suspended(), resumed].map(seen)).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});

test("sets have the names that the project has given them", () => {
  expect(seen(replaced("acme", "acme"))).toMatchObject({ new: { origin: { set: "web" } } });
});

test("of a host that changes its project, the own side is seen, without contradictions", () => {
  const changed = (old?: string, now?: string): ControllerEvent => ({
    ...{ type: "hostChanged", old: host(old), new: host(now) },
  });
  const left = seen(changed("acme", "other"));
  expect(left).toMatchObject({ old: { project: "acme" } });
  expect(left).not.toHaveProperty("new");
  expect(JSON.stringify(left)).not.toContain("conflicts");
  expect(seen(changed("other", "other"))).toBeUndefined();
});

const facts = (project?: string) => ({
  ...{ dpid: S2, name: "s2", configured: true, admission: "file" as const },
  ...{ admissionReason: "a topology file names it", forwarding: "paths" as const },
  ...(project && { project }),
});

test("a switch with ports of the project connects and disconnects, without its address and reason", () => {
  const connected = (dpid: string): ControllerEvent => ({
    ...{ type: "switchConnected", dpid, switch: "s", address: "192.0.2.1:4711" },
  });
  const disconnected = (dpid: string): ControllerEvent => ({
    ...{ type: "switchDisconnected", dpid, switch: "s", reason: "replaced by 192.0.2.2" },
  });
  expect(seen(connected(S1))).toEqual({ type: "switchConnected", dpid: S1, switch: "s" });
  expect(seen(disconnected(S1))).toEqual({
    ...{ type: "switchDisconnected", dpid: S1, switch: "s", reason: "the session has ended" },
  });
  expect([seen(connected(S3)), seen(disconnected(S3))]).toEqual([undefined, undefined]);
});

test("a switch that leaves the project is forgotten for it; what it was before is another's", () => {
  const changed = (dpid: string, old?: string, now?: string): ControllerEvent => ({
    ...{ type: "switchChanged", dpid, switch: "s", old: facts(old), new: facts(now) },
  });
  expect(seen(changed(S2, "acme", "acme"))).toEqual(changed(S2, "acme", "acme"));
  expect(seen(changed(S2, "other", "acme"))).not.toHaveProperty("old");
  expect(seen(changed(S3, "acme", "other"))).toEqual({
    ...{ type: "switchForgotten", dpid: S3, switch: "s", old: facts("acme") },
  });
  expect(seen(changed(S3, "other", "other"))).toBeUndefined();
  const forgotten = (project: string): ControllerEvent => ({
    ...{ type: "switchForgotten", dpid: S3, switch: "s", old: facts(project) },
  });
  expect(seen(forgotten("acme"))).toEqual(forgotten("acme"));
  expect(seen(forgotten("other"))).toBeUndefined();
});

test("ports and links are seen where they are the project's own", () => {
  const port = (dpid: string, no: number): ControllerEvent => ({
    ...{ type: "portChanged", dpid, switch: "s" },
    new: { port: no, name: "p", mac: "02:00:00:00:00:01", up: true },
  });
  expect(seen(port(S1, 3))).toEqual(port(S1, 3));
  expect([seen(port(S1, 6)), seen(port(S3, 1))]).toEqual([undefined, undefined]);
  const link = (to: string, state: "up" | "down" | "contradicted", problem?: string) => ({
    a: { switch: "s1", dpid: S1, port: 3 },
    b: { switch: "s", dpid: to, port: 1 },
    ...{ weight: 1, direct: true, up: state === "up", origin: "file" as const, state },
    ...(problem !== undefined && { problem }),
  });
  const down: ControllerEvent = {
    ...{ type: "linkChanged", old: link(S2, "up"), new: link(S2, "down") },
  };
  expect(seen(down)).toEqual(down);
  expect(seen({ type: "linkChanged", new: link(S3, "up") })).toBeUndefined();
  const contradicted = seen({ type: "linkChanged", new: link(S2, "contradicted", "host h9") });
  expect(contradicted).toMatchObject({ new: { state: "contradicted" } });
  expect(JSON.stringify(contradicted)).not.toContain("h9");
  // Nothing that the project sees is different.
  const [old, now] = [link(S2, "contradicted", "host h8"), link(S2, "contradicted", "host h9")];
  expect(seen({ type: "linkChanged", old, new: now })).toBeUndefined();
});

test("what a switch refuses, loses or is repaired of concerns all, and is not for a project", () => {
  const role: ControllerEvent = { type: "roleChanged", dpid: S2, switch: "s2", new: "slave" };
  const forged: ControllerEvent = {
    ...{ type: "forgedFrames", dpid: S2, switch: "s2", frames: 1, total: 1 },
  };
  expect([seen(role), seen(forged)]).toEqual([undefined, undefined]);
});
