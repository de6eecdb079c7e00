// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "vitest";
import {
  type PuntedCopy,
  type PuntedFrame,
  routePacketIn,
} from "../../../src/controller/discovery/packet-ins.ts";
import { cookieFor } from "../../../src/flow-model/index.ts";
import { defined } from "../../../src/lang/defined.ts";
import {
  decodeMessage,
  encodeMessage,
  match,
  PacketInReason,
} from "../../../src/openflow/index.ts";
import type { Dpid } from "../../../src/topology/index.ts";

const DPID = "0000000000000001" as Dpid;
const DISCOVERY = cookieFor("discovery", "a rule");
const PROBE = "0180c200000e0e7b4c4c445088cc0000";
const ARP = "ffffffffffff0e7b4c4c445008060001";

interface Parts {
  readonly cookie?: bigint;
  readonly tableId?: number;
  readonly inPort?: number;
  readonly metadata?: bigint;
  readonly hex?: string;
}

/** Routes a packet-in after encoding and decoding it. */
function route({ cookie = DISCOVERY, tableId = 0, inPort, metadata, hex = PROBE }: Parts) {
  const data = Buffer.from(hex, "hex");
  const message = decodeMessage(
    encodeMessage({
      version: 5,
      type: "packetIn",
      xid: 0,
      bufferId: 0xffffffff,
      totalLen: 60,
      reason: PacketInReason.ApplyAction,
      tableId,
      cookie,
      match: match(defined({ inPort, metadata })),
      data,
    }),
  );
  if (message.type !== "packetIn") throw new Error(message.type);
  const routed: (readonly [string, PuntedFrame | PuntedCopy])[] = [];
  routePacketIn(DPID, message, {
    probe: (frame) => routed.push(["probe", frame]),
    pathProbe: (frame) => routed.push(["pathProbe", frame]),
    preview: (copy) => routed.push(["preview", copy]),
    host: (frame) => routed.push(["host", frame]),
  });
  return routed;
}

describe("a frame that a switch sends to the controller", () => {
  test("is recognised as a probe by its addresses, with its ingress port", () => {
    const [routed] = route({ inPort: 7 });
    expect(routed).toMatchObject(["probe", { dpid: DPID, port: 7, totalLength: 60 }]);
    expect(Buffer.from(routed?.[1].bytes ?? []).toString("hex")).toBe(PROBE);
  });

  test("otherwise may reveal a host", () => {
    expect(route({ inPort: 7, hex: ARP })).toMatchObject([["host", { port: 7 }]]);
  });

  test("is a probe of a way if the rule that caught it says so, whatever its addresses", () => {
    const cookie = cookieFor("probe", "x");
    expect(route({ inPort: 7, cookie })).toMatchObject([["pathProbe", { port: 7 }]]);
  });

  test("is a previewed copy if the rule says so: it reveals no host, and needs no port", () => {
    const cookie = cookieFor("preview", "x");
    for (const hex of [PROBE, ARP, "00"]) {
      const [routed, ...more] = route({ cookie, metadata: 5n, hex });
      expect(more).toEqual([]);
      expect(routed).toMatchObject(["preview", { dpid: DPID, metadata: 5n, totalLength: 60 }]);
    }
    expect(route({ cookie, inPort: 7 })).toEqual([]);
  });

  test.each([
    ["another controller's rule", { inPort: 7, cookie: 5n }],
    ["a forwarding rule of OpenVTAP", { inPort: 7, cookie: cookieFor("forwarding", "x") }],
    ["another table", { inPort: 7, tableId: 3 }],
    ["no port", {}],
    ["a reserved port number", { inPort: 0 }],
    ["less than two addresses", { inPort: 7, hex: PROBE.slice(0, 22) }],
    ["no bytes", { inPort: 7, hex: "" }],
  ])("is ignored with %s", (_, parts) => {
    expect(route(parts)).toEqual([]);
  });
});
