// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  type Dpid,
  overlayFold,
  overlayKey,
  overlayKeyAt,
  overlayPort,
  type PortNo,
  patchNames,
} from "../../src/topology/index.ts";
import { dpid, port } from "./networks.ts";

const OWN = dpid(0xb1);
const SOURCES = [dpid(1), dpid(2)] as const;
const MARK = "0a";

function bridge(ports: Readonly<Record<number, string>>) {
  const all = Object.entries(ports).map(([no, name]) => port(Number(no), name));
  const tapSources = { mark: MARK, dpids: SOURCES };
  return { dpid: OWN, ports: new Map(all.map((each) => [each.no, each])), tapSources };
}

const no = (number: number) => number as PortNo;
const anyPort = fc.integer({ min: 1, max: 0xff00 - 1 });

test("keys have 24 bits, and differ for ports of a switch and for switches with different folds", () => {
  fc.assert(
    fc.property(anyPort, anyPort, fc.maxSafeNat(), (a, b, number) => {
      const at = dpid(number) as Dpid;
      const key = overlayKey({ dpid: at, port: no(a) });
      expect(key).toBeLessThan(2 ** 24 - 1);
      expect(key === overlayKey({ dpid: at, port: no(b) })).toBe(a === b);
      expect(Math.floor(key / 2 ** 16)).toBe(overlayFold(at));
    }),
  );
});

test("copies that come by a tunnel leave by the patch port for their monitor, or to a monitor plugged in", () => {
  const copies = { dpid: SOURCES[1], port: no(7), use: "copies" } as const;
  const found = bridge({
    1: "vo0a-overlay",
    2: patchNames(copies, MARK).own,
    3: patchNames({ ...copies, use: "sent" }, MARK).own,
    4: "probe0",
    65281: "far",
  });
  expect(overlayPort(found)).toBe(1);
  expect(overlayKeyAt(found, no(2))).toBe(overlayKey(copies));
  expect(overlayKeyAt(found, no(4))).toBe(overlayKey({ dpid: OWN, port: no(4) }));
  for (const other of [1, 3, 5, 0xff01]) expect(overlayKeyAt(found, no(other))).toBeUndefined();
});

test("a switch that gets the frames of no other has no port for tunnels", () => {
  const { tapSources: _, ...other } = bridge({ 1: "vo0a-overlay" });
  expect([overlayPort(other), overlayKeyAt(other, no(1)), overlayPort(undefined)]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});
