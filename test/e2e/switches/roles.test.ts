// SPDX-License-Identifier: Apache-2.0
import { createServer, type Server } from "node:net";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import {
  ControllerRole,
  decodeMessage,
  encodeMessage,
  Framer,
  hello,
  roleRequest,
} from "../../../src/openflow/index.ts";
import { OvsLab, waitFor } from "../../lab/index.ts";
import { PretendSwitch } from "../../lab/pretend-switch.ts";
import { Testbed } from "../testbed.ts";
import type { VtapProcess } from "../vtap-process.ts";

const S1 = "0000000000000001";
const S2 = "0000000000000002";
const tap = {
  id: "tap",
  sender: { port: { switch: S1, port: 1 } },
  receiver: "any",
  monitors: [{ port: { switch: S1, port: 3 } }],
};

let testbed: Testbed;
let vtap: VtapProcess;
const ends: (() => unknown)[] = [];

beforeAll(async () => {
  testbed = await Testbed.start({ lab: false, config: { discovery: false } });
  ({ vtap } = testbed);
});
afterAll(() => testbed?.stop());
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const found = async (dpid: string) => vtap.get(`/switches/${dpid}`);
const status = async () => (await vtap.get("/policies/tap")).status;
const isRole = (dpid: string, role: string) =>
  waitFor(async () => (await found(dpid)).role === role, {
    what: `${dpid} ${role}`,
  });

test("as slave nothing is sent and the policy reports it; afterwards the switch is updated", async () => {
  const ofSwitch = await PretendSwitch.connect(vtap.openflowPort, 1n);
  ends.push(() => ofSwitch.end());
  await vtap.synced(S1);
  await isRole(S1, "equal");
  ofSwitch.setRole(ControllerRole.Slave);
  await isRole(S1, "slave");
  const before = ofSwitch.received.get("bundleControl");
  const made = await vtap.request("POST", "/policies?wait=200", tap);
  expect(made.body.status).toEqual({
    state: "pending",
    reasons: [`switch ${S1} accepts no changes: OpenVTAP has the slave role there`],
  });
  expect(ofSwitch.received.get("bundleControl")).toBe(before);
  ofSwitch.setRole(ControllerRole.Equal);
  await waitFor(async () => (await status()).state === "active");
  expect(await found(S1)).toMatchObject({ role: "equal", connected: true });
});

test("a switch that does not report the slave role reveals it by an error; one is enough", async () => {
  const ofSwitch = await PretendSwitch.connect(vtap.openflowPort, 1n);
  ends.push(() => ofSwitch.end());
  await vtap.synced(S1);
  await waitFor(async () => (await status()).state === "active");
  ofSwitch.setRole(ControllerRole.Slave, { announces: false });
  const before = ofSwitch.received.get("bundleControl") ?? 0;
  await vtap.request("PATCH", "/policies/tap", { filters: { tcp_dst: 80 } });
  await isRole(S1, "slave");
  await vtap.request("PATCH", "/policies/tap", { filters: { tcp_dst: 81 } });
  expect((await status()).reasons).toEqual([
    `switch ${S1} accepts no changes: OpenVTAP has the slave role there`,
  ]);
  expect((ofSwitch.received.get("bundleControl") ?? 0) - before).toBeLessThanOrEqual(4);
});

/** Another controller, which only requests the master role. */
function rival(): Promise<{ server: Server; target: string; roles: number[] }> {
  const roles: number[] = [];
  const server = createServer((socket) => {
    const framer = new Framer();
    socket.on("error", () => undefined);
    socket.write(encodeMessage(hello()));
    const role = ControllerRole.Master;
    socket.write(encodeMessage(roleRequest({ role, generationId: 7n, xid: 1 })));
    socket.on("data", (chunk) => {
      for (const frame of framer.push(chunk)) {
        const message = decodeMessage(frame);
        if (message.type === "roleReply") roles.push(message.role);
        if (message.type === "echoRequest") {
          socket.write(encodeMessage({ ...message, type: "echoReply" }));
        }
      }
    });
  });
  return new Promise((resolve) =>
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address ? address.port : 0;
      resolve({ server, target: `tcp:127.0.0.1:${port}`, roles });
    }),
  );
}

test("on Open vSwitch another controller becomes master, and OpenVTAP keeps working", async () => {
  const lab = await OvsLab.start();
  ends.push(() => lab.stop());
  const { server, target, roles } = await rival();
  ends.push(() => server.close());
  await lab.addSwitch({
    name: "s2",
    dpid: S2,
    hosts: [1, 3].map((port) => ({ name: `h${port}`, port })),
  });
  await lab.vsctl("set-controller", "s2", vtap.target, target);
  await vtap.synced(S2);
  await waitFor(() => roles.includes(ControllerRole.Master), { what: "a master" });
  const there = (port: number) => ({ port: { switch: S2, port } });
  const policy = { ...tap, id: "other", sender: there(1), monitors: [there(3)] };
  const made = await vtap.request("POST", "/policies?wait=60000", policy);
  expect(made.body.status).toEqual({ state: "active", reasons: [] });
  expect(await found(S2)).toMatchObject({ role: "equal" });
});

test("of two switches with the same datapath id the first stays, and nothing flaps", async () => {
  const lab = await OvsLab.start();
  ends.push(() => lab.stop());
  await lab.addSwitch({
    name: "a",
    dpid: S2,
    hosts: [{ name: "h1", port: 1 }],
    controller: vtap.target,
  });
  await vtap.synced(S2);
  const { address } = await found(S2);
  const sent = await vtap.modsSent(S2);
  await lab.addSwitch({
    name: "b",
    dpid: S2,
    hosts: [{ name: "h2", port: 1 }],
    controller: vtap.target,
  });
  const rejections = () =>
    vtap.lines.filter(({ reason }) => /^another switch with its datapath/.test(String(reason)));
  await waitFor(() => rejections().length >= 2, { what: "two rejections" });
  expect(await found(S2)).toMatchObject({ address, connected: true });
  expect(await vtap.modsSent(S2)).toBe(sent);
  expect(rejections().filter(({ level }) => level === "warn")).toHaveLength(1);
});
