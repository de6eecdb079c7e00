// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { PacketOuts } from "../../../src/controller/discovery/packet-outs.ts";
import { type Message, Port } from "../../../src/openflow/index.ts";
import type { Session } from "../../../src/openflow-session/index.ts";
import type { Dpid, PortNo } from "../../../src/topology/index.ts";
import { FakeClock } from "../../openflow-session/fake-clock.ts";

const DPID = "0000000000000001" as Dpid;
const FRAME = Uint8Array.of(1, 2, 3);

function outs({ congested = false } = {}) {
  const sent: Message[] = [];
  const session = {
    send(message: Message) {
      if (!congested) sent.push(message);
      return !congested;
    },
  } as Session;
  const clock = new FakeClock();
  const rate = { perSecond: 10, burst: 3 };
  const find = (dpid: Dpid) => (dpid === DPID ? session : undefined);
  return { sent, clock, outs: new PacketOuts(find, clock, rate) };
}

const send = (to: PacketOuts, dpid = DPID) => to.send(dpid, 4 as PortNo, FRAME);

test("a frame is sent out of its port, with the controller as its source", () => {
  const { sent, outs: to } = outs();
  expect(send(to)).toBe(true);
  expect(sent).toMatchObject([
    {
      type: "packetOut",
      inPort: Port.Controller,
      actions: [{ type: "output", port: 4 }],
      data: FRAME,
    },
  ]);
});

test("a switch receives one burst, and more frames only over time", () => {
  const { sent, clock, outs: to } = outs();
  expect([1, 2, 3, 4].map(() => send(to))).toEqual([true, true, true, false]);
  clock.advance(250);
  expect([1, 2, 3].map(() => send(to))).toEqual([true, true, false]);
  expect(sent).toHaveLength(5);
});

test("reports that a frame was not sent: no session, or too much is queued", () => {
  expect(send(outs().outs, "0000000000000002" as Dpid)).toBe(false);
  expect(send(outs({ congested: true }).outs)).toBe(false);
});
