// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { MemoryPolicyStore, standAlone } from "../stand-alone.ts";

const host = (n: number) => ({ host: `h${n}` });
const WEB = { id: "web", sender: host(1), receiver: host(2), monitors: [host(3)], name: "Web" };

test("a dry run of an existing policy says how it differs: members, copies, and rules per switch", async () => {
  const { call } = await standAlone(new MemoryPolicyStore());
  const first = await call("POST /policies:validate", WEB);
  expect(first.body.diff).toBeUndefined();
  const { body: written } = await call("PUT /policies/web", WEB);
  const same = await call("POST /policies:validate", written);
  expect(same.body.diff).toEqual({ revision: written.revision, members: [], changes: [] });
  const { name: _, ...unnamed } = WEB;
  const edited = { ...unnamed, direction: "reverse", filters: { tcp_dst: 80 } };
  const { body } = await call("POST /policies:validate", edited);
  expect(body.diff.revision).toBe(written.revision);
  expect(body.diff.members).toEqual([
    { member: "name", before: "Web" },
    { member: "direction", after: "reverse" },
    { member: "filters", after: { tcp_dst: 80 } },
  ]);
  // The rule at the port of the sender is gone, and one at that of the receiver is new.
  const rules = body.diff.changes.filter(({ what }: { what: string }) => what === "rules");
  expect(rules).toEqual([
    {
      what: "rules",
      switch: "s1",
      before: [expect.stringContaining("in_port=1,")],
      after: [
        expect.stringContaining("tcp,in_port=2,"),
        expect.stringContaining("tcp6,in_port=2,"),
      ],
    },
  ]);
  expect(rules[0].after[0]).toContain("80");
  // It is not written.
  expect((await call("GET /policies/web")).body.name).toBe("Web");
});

test("disabling a policy takes its copies away; the dry run leaves the tables as they are", async () => {
  const { call, parts } = await standAlone(new MemoryPolicyStore());
  await call("PUT /policies/web", WEB);
  await parts.desired.idle();
  const [dpid] = parts.network.topology.switches.keys();
  if (dpid === undefined) throw new Error("no switch");
  const before = parts.compilation.tapRules(dpid);
  expect(before.length).toBeGreaterThan(0);
  const { body } = await call("POST /policies:validate", { ...WEB, enabled: false });
  expect(body.diff.members).toEqual([{ member: "enabled", after: false }]);
  expect(body.diff.changes).toContainEqual({ what: "copies", before: ["h3"], after: [] });
  expect(parts.compilation.tapRules(dpid)).toEqual(before);
});
