// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, expect, test } from "vitest";
import { waitFor } from "../../lab/index.ts";
import { EventStream } from "../event-stream.ts";
import { gratuitousArp, tcp } from "../frames.ts";
import { type HostAddresses, h1, h2, h3, h5, h6 } from "../hosts.ts";
import { Scenario } from "../scenario.ts";

/** s1: h1, and h4 at port 4; s2: h2, h3. All but h3, the monitor, are learned; h1 hides behind h4's port. */
let scenario: Scenario;
let stream: EventStream;

const frames = (first: number) =>
  Array.from({ length: 20 }, (_, n) => tcp(h1, h2, { src: first + n, dst: 80 }));

beforeAll(async () => {
  scenario = await Scenario.start({
    switches: ["s1", "s2"],
    links: [["s1", 10, "s2", 10]],
    hosts: [
      [1, "s1", 1],
      [4, "s1", 4],
      [2, "s2", 2],
      [3, "s2", 3],
    ],
    unnamed: ["h1", "h2", "h4"],
    uses: { h3: { role: "monitor" } },
  });
  await scenario.rolesKnown();
  for (const [name, host] of Object.entries({ h1, h2 })) {
    await scenario.lab.inject(name, [gratuitousArp(host)]);
    await knownAt(host, name === "h1" ? "s1/1" : "s2/2");
  }
  await scenario.createPolicy({
    id: "tapped",
    sender: { mac: h1.mac },
    receiver: { mac: h2.mac },
    monitors: [{ mac: h3.mac }],
  });
  stream = await EventStream.open(scenario.vtap.httpPort);
});
afterAll(async () => {
  stream?.close();
  await scenario?.stop();
});

async function knownAt({ mac }: HostAddresses, place: string): Promise<void> {
  await waitFor(
    async () => {
      const { items } = await scenario.vtap.get("/hosts");
      return items.some(
        (each: { mac: string; switch: string; port: number }) =>
          each.mac === mac && `${each.switch}/${each.port}` === place,
      );
    },
    { what: `${mac} at ${place}` },
  );
  await scenario.synced();
}

test("a host that announces itself elsewhere and goes on sending is copied at both ports", async () => {
  // Where no host is known, the first frame of any kind would move h1 back.
  await scenario.lab.inject("h4", [gratuitousArp(h1)]);
  await knownAt(h1, "s1/4");
  await scenario.lab.inject("h1", [gratuitousArp(h5)]);
  await knownAt(h5, "s1/1");

  const hidden = frames(2000);
  await scenario.expectDelivery("h1", hidden, { h2: hidden, h3: hidden });
  const open = frames(3000);
  await scenario.expectDelivery("h4", open, { h2: open, h3: open });
});

test("both places are reported: by an event, with the host, and in the policy", async () => {
  const conflict = {
    kind: "former",
    mac: h1.mac,
    at: { switch: "s1", port: 4 },
    former: { switch: "s1", port: 1 },
  };
  const event = await stream.received("hostConflict");
  expect(event).toMatchObject({ state: "begun", conflict });
  const { items } = await scenario.vtap.get("/hosts");
  const host = items.find(({ mac }: { mac: string }) => mac === h1.mac);
  expect(host).toMatchObject({ switch: "s1", port: 4, conflicts: [conflict] });
  const status = {
    state: "degraded",
    reasons: [
      `frames of sender ${h1.mac} enter at s1 port 4, and at s1 port 1, which it has left: those of both are copied`,
    ],
  };
  await scenario.vtap.policyIs("tapped", "degraded");
  expect(await scenario.vtap.policyStatus("tapped")).toEqual(status);
});

test("explain shows a copy from either port", async () => {
  const [frame = new Uint8Array()] = frames(4000);
  for (const port of [1, 4]) {
    const { body } = await scenario.vtap.request("POST", "/explain", {
      at: { switch: "s1", port },
      frame: Buffer.from(frame).toString("hex"),
    });
    expect(body.agreement).toEqual({ ok: true, problems: [] });
    expect(body.policies).toMatchObject([{ id: "tapped", monitors: [{ copied: true }] }]);
  }
});

test("frames for the host go to where it is now, once", async () => {
  const answer = tcp(h2, h1, { src: 80, dst: 2000 });
  await scenario.expectDelivery("h2", [answer], { h4: [answer] });
});

test("a restart of the controller forgets neither port", async () => {
  const { lines } = scenario.vtap;
  const soFar = lines.length;
  // What is written for another host includes all that came before.
  await scenario.lab.inject("h4", [gratuitousArp(h6)]);
  await scenario.vtap.hostStored(h6.mac, soFar);
  stream.close();
  await scenario.replaceController();
  stream = await EventStream.open(scenario.vtap.httpPort);
  await scenario.synced();
  const hidden = frames(5000);
  await scenario.expectDelivery("h1", hidden, { h2: hidden, h3: hidden });
  await stream.received("hostConflict", ({ state }) => state === "begun");
  await scenario.vtap.policyIs("tapped", "degraded");
});

test("the port goes down: it is no place of the host any longer", async () => {
  await scenario.lab.ofctl("mod-port", "s1", "1", "down");
  const ended = await stream.received("hostConflict", ({ state }) => state === "ended");
  expect(ended).toMatchObject({ conflict: { kind: "former", mac: h1.mac } });
  await scenario.vtap.policyIs("tapped", "active");
});
