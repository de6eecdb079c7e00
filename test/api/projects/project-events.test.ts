// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { eventFor } from "../../../src/api/projects/project-events.ts";
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
const has = () => false;
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
