// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { EventStream } from "../event-stream.ts";
import { gratuitousArp, ping, tcp, udp } from "../frames.ts";
import { type HostAddresses, h1, h2, h3, h5, h6, mac } from "../hosts.ts";
import { Scenario } from "../scenario.ts";

const PORTS = { src: 40000, dst: 80 };
const KINDS = ["0e:7a", "0e:79"] as const;

/** h1, h2 and h5, whose addresses vary, on s1; the monitor h3 and h6 on s2. */
const PLAN = {
  links: [["s1", 10, "s2", 10]],
  hosts: [
    [1, "s1", 1],
    [2, "s1", 2],
    [3, "s2", 3],
    [5, "s1", 5],
    [6, "s2", 6],
  ],
  unnamed: ["h5"],
  policies: [
    { id: "pair", sender: mac(h1), receiver: mac(h2), monitors: [mac(h3)] },
    { id: "from", sender: mac(h2), receiver: "any", monitors: [mac(h3)] },
  ],
} as const;

describe.each(["paths", "normal"])(
  "a host with an address of tap marks, where %s forwards",
  (forwarding) => {
    let scenario: Scenario;
    let events: EventStream;
    beforeAll(async () => {
      const switches = ["s1", "s2"].map((name) => ({ name, forwarding }));
      scenario = await Scenario.start({ ...PLAN, switches });
      events = await EventStream.open(scenario.vtap.httpPort);
      await scenario.rolesKnown();
      // A learning switch floods frames for hosts that it has not seen.
      for (const [name, host] of Object.entries({ h1, h2, h3, h6 })) {
        await scenario.lab.inject(name, [ping(host, h1), ping(host, h6)]);
      }
    });
    afterAll(async () => {
      events?.close();
      await scenario?.stop();
    });

    /** The marks in use of a kind. */
    async function marks(kind: string): Promise<string[]> {
      const flows = (await scenario.lab.dumpFlows("s2")).filter((line) => line.includes("=60000"));
      const found = flows.flatMap((line) => /dl_src=(0e:7[9a][0-9a-f:]{12})/.exec(line)?.[1] ?? []);
      return found.filter((mark) => mark.startsWith(kind));
    }

    async function copiesArrive(): Promise<void> {
      const [there, back] = [tcp(h1, h2, PORTS), tcp(h2, h1, PORTS)];
      await scenario.expectDelivery("h1", [there], { h2: [there], h3: [there] });
      await scenario.expectDelivery("h2", [back], { h1: [back], h3: [back] });
    }

    test("is reported, and not learned, unless it is named", async () => {
      const host = { ...h5, mac: "0e:7a:00:00:00:55" };
      await scenario.lab.inject("h5", [gratuitousArp(host)]);
      const event = await events.received("hostConflict");
      const at = expect.objectContaining({ switch: "s1", port: 5 });
      expect(event).toMatchObject({
        state: "begun",
        conflict: { kind: "mark", mac: host.mac, at },
      });
      const { items } = await scenario.vtap.get("/hosts");
      expect(items.map(({ mac }: { mac: string }) => mac)).not.toContain(host.mac);
    });

    test.each(KINDS)(
      "that is named at a mark %s:… in use is not cut off, and marks move",
      async (kind) => {
        const [mark = ""] = await marks(kind);
        const host: HostAddresses = { ...h5, mac: mark };
        const named = await scenario.vtap.request("POST", "/hosts", {
          ...{ mac: mark, switch: "s1", port: 5 },
        });
        expect(named.status).toBe(201);
        await scenario.synced();
        expect(await marks(kind)).not.toContain(mark);
        expect(await marks(kind)).not.toEqual([]);
        await scenario.lab.inject("h5", [ping(host, h1), ping(host, h6)]);
        for (const [name, other] of Object.entries({ h1, h3, h6 })) {
          const frame = udp(host, other, PORTS);
          await scenario.expectDelivery("h5", [frame], { [name]: [frame] });
          const answer = udp(other, host, PORTS);
          await scenario.expectDelivery(name, [answer], { h5: [answer] });
        }
        const tapped = udp(h2, host, PORTS);
        await scenario.expectDelivery("h2", [tapped], { h5: [tapped], h3: [tapped] });
        await copiesArrive();
        await scenario.vtap.request("DELETE", `/hosts/${mark}`);
        await scenario.synced();
        expect(await marks(kind)).toContain(mark);
        await copiesArrive();
      },
    );
  },
);
