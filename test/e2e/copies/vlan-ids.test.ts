// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { waitFor } from "../../lab/index.ts";
import { tcp } from "../frames.ts";
import { h1, h2 } from "../hosts.ts";
import { TWO_SWITCHES } from "../plans.ts";
import { Scenario } from "../scenario.ts";

const FRAME = tcp(h1, h2, { src: 40000, dst: 80 });

/** What h1 sends, to a monitor on the other switch, under a tag. */
function tap(monitor: string) {
  return {
    id: monitor,
    sender: { port: { switch: "s1", port: 1 } },
    receiver: "any",
    monitors: [{ host: monitor }],
    copy: { delivery: "tag" },
  };
}

/** Which of two monitors is first in the alphabet must not matter. */
describe.each([
  ["h3", "h4"],
  ["h4", "h3"],
])("one VLAN id: %s has it, %s comes later", (first, later) => {
  let scenario: Scenario;
  beforeAll(async () => {
    scenario = await Scenario.start({
      ...TWO_SWITCHES,
      hosts: [
        [1, "s1", 1],
        [2, "s1", 2],
        [3, "s2", 3],
        [4, "s2", 4],
        [5, "s2", 5],
      ],
      config: { tapVlanRange: "4000-4000", discovery: false },
    });
    await scenario.createPolicy(tap(first));
  });
  afterAll(async () => {
    await scenario.stop();
  });

  const expectWaiting = async (id: string) => {
    const { status } = await scenario.vtap.get(`/policies/${id}`);
    expect(status).toMatchObject({
      state: "pending",
      reasons: [expect.stringMatching(/^no VLAN id is free .*reserve more with tapVlanRange/)],
    });
  };
  const expectCopyAt = (monitor: string) =>
    scenario.expectDelivery("h1", [FRAME], { h2: [FRAME], [monitor]: [FRAME] });
  const active = (id: string) => scenario.vtap.policyIs(id, "active");

  test("a policy that comes later waits and changes no rule", async () => {
    const before = await scenario.tables();
    // The same copies with another length need an id of their own.
    const cut = { ...tap(first), id: "cut", copy: { delivery: "tag", truncate: 20 } };
    for (const policy of [tap(later), tap("h5"), cut]) {
      const { status } = await scenario.vtap.request("POST", "/policies", policy);
      expect(status).toBe(201);
    }
    await waitFor(async () => {
      const { items } = await scenario.vtap.get("/policies?state=pending");
      return items.length === 3;
    });
    await expectWaiting(later);
    await expectWaiting("h5");
    await expectWaiting("cut");
    expect(await scenario.tables()).toEqual(before);
    await scenario.deletePolicy("h5");
    await scenario.deletePolicy("cut");
    await expectCopyAt(first);
  });

  test("a restart changes no rule, although both come at the same time then", async () => {
    const before = await scenario.tables();
    await scenario.killAndRestartController();
    await active(first);
    await expectWaiting(later);
    expect(await scenario.tables()).toEqual(before);
    for (const name of scenario.switchNames) expect(await scenario.vtap.modsSent(name)).toBe(0);
  });

  test("the id is not given out while a switch that uses it is away", async () => {
    await scenario.replaceController({ onlySwitches: ["s2"] });
    const gone = await scenario.vtap.request("DELETE", `/policies/${first}`);
    expect(gone.status).toBe(204);
    // Writes it again and waits: longer than it takes to look for unused ids several times.
    const { body } = await scenario.vtap.request("PUT", `/policies/${later}?wait=2500`, tap(later));
    expect(body.status.state).toBe("pending");
    await expectWaiting(later);
    // s1 still makes the copies of the deleted policy: they must not reach the other monitor.
    await expectCopyAt(first);
    await scenario.connect("s1");
    await active(later);
    await expectCopyAt(later);
  });

  test("a policy that is deleted and one that takes over its id", async () => {
    const { status } = await scenario.vtap.request("POST", "/policies", tap(first));
    expect(status).toBe(201);
    await scenario.deletePolicy(later);
    await active(first);
    await expectCopyAt(first);
  });
});
