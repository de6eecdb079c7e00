// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "vitest";
import { complete } from "../../../../src/lang/steps.ts";
import { type Dpid, HostTable, type PortAt, type PortNo } from "../../../../src/topology/index.ts";

const A = 0xfa0000000001;
const B = 0xfa0000000002;
const BROADCAST = 0xffffffffffff;
const LIMITS = { expiryMs: 900_000, conflictMs: 300_000, probes: false };

const at = (port: number): PortAt => ({
  dpid: "0000000000000001" as Dpid,
  port: port as PortNo,
});
const announces = (mac: number) => ({ mac, to: BROADCAST, vlan: undefined, claims: [] });
const sends = (mac: number) => ({ ...announces(mac), isOrdinary: true as const });
const due = (table: HostTable, now: number) => complete(table.checking(now));

/** The present and former places of host A: a port that is used is marked `!`, one that is watched `?`. */
function places(table: HostTable): string {
  const host = table.hosts().get(A);
  const former = (host?.formerly ?? []).map(
    ({ port, isUsed, isWatched }) => `${port}${isUsed ? "!" : ""}${isWatched ? "?" : ""}`,
  );
  return [host?.port, ...former].join(" ");
}

function notices(table: HostTable): string[] {
  return table.takeChanges().notices.map(({ state, conflict }) => `${conflict.kind} ${state}`);
}

/** Host A has moved from port 1, where B is known, to port 4. */
function moved(): HostTable {
  const table = new HostTable(LIMITS);
  table.switchUp(at(1).dpid, 0);
  table.observed(at(1), announces(A), 0);
  table.observed(at(4), announces(A), 1000);
  table.observed(at(1), announces(B), 1000);
  return table;
}

describe("a port that a host has left", () => {
  test("remains a place of it, and is watched", () => {
    expect(places(moved())).toBe("4 1?");
    expect(notices(moved())).toEqual([]);
  });

  test("is in use if ordinary frames of the host enter there; they do not move it", () => {
    const table = moved();
    table.observed(at(1), sends(A), 2000);
    expect(places(table)).toBe("4 1!");
    expect(notices(table)).toEqual(["former begun"]);
    const [record] = table.conflicts().get(A) ?? [];
    expect(record?.conflict).toEqual({ kind: "former", mac: A, at: at(4), former: at(1) });
  });

  test("is watched again after a while, and no longer in use when frames have stopped", () => {
    const table = moved();
    table.observed(at(1), sends(A), 2000);
    due(table, 61_999);
    expect(places(table)).toBe("4 1!");
    due(table, 62_000);
    expect(places(table)).toBe("4 1!?");
    due(table, 302_000);
    expect(places(table)).toBe("4 1?");
    expect(notices(table)).toEqual(["former begun", "former ended"]);
  });

  test("is no place of the host when it has been silent there for the expiry time", () => {
    const table = moved();
    table.observed(at(1), sends(A), 2000);
    table.observed(at(4), announces(A), 800_000);
    due(table, 901_999);
    expect(places(table)).toBe("4 1?");
    due(table, 902_000);
    expect(places(table)).toBe("4");
  });

  test("is no place of the host when it is down, and the conflict ends", () => {
    const table = moved();
    table.observed(at(1), sends(A), 2000);
    table.keepFormer(({ port }) => port !== 1);
    expect(places(table)).toBe("4");
    expect(notices(table)).toEqual(["former begun", "former ended"]);
  });

  test("is its place again if it announces itself there, and the other one is left", () => {
    const table = moved();
    table.observed(at(1), sends(A), 2000);
    table.observed(at(1), announces(A), 3000);
    expect(places(table)).toBe("1 4?");
    expect(notices(table)).toEqual(["former begun", "former ended"]);
  });

  test("is its place again by any frame if no other host is known there", () => {
    const table = moved();
    table.forget(B);
    table.observed(at(1), sends(A), 2000);
    expect(places(table)).toBe("1 4?");
  });

  test("is restored with the host, and has the whole expiry time", () => {
    const table = new HostTable(LIMITS);
    const host = { mac: A, ...at(4), ips: [], vlans: [], lastSeen: 0, formerly: [at(2), at(1)] };
    table.restore([host], 5000);
    expect(places(table)).toBe("4 2? 1?");
    table.observed(at(1), announces(B), 6000);
    table.observed(at(1), sends(A), 7000);
    expect(places(table)).toBe("4 2? 1!");
    due(table, 904_999);
    expect(places(table)).toBe("4 2? 1?");
    due(table, 905_000);
    expect(places(table)).toBe("4 1?");
  });

  test("of many, the last three count", () => {
    const table = new HostTable({ ...LIMITS, moves: 100 });
    for (const port of [1, 2, 3, 4, 5]) table.observed(at(port), announces(A), port);
    expect(places(table)).toBe("5 2? 3? 4?");
  });

  test("of too many hosts, the oldest ends", () => {
    const table = new HostTable({ ...LIMITS, newHostsBurst: 10_000, hostsPerPort: 10_000 });
    for (let n = 0; n <= 1000; n++) table.observed(at(1), announces(A + n), n);
    for (let n = 0; n <= 1000; n++) table.observed(at(2), announces(A + n), 2000 + n);
    expect(places(table)).toBe("2");
    expect(table.hosts().get(A + 1)?.formerly).toHaveLength(1);
  });

  test("of a host that is held is in use: it is seen at both", () => {
    const table = new HostTable(LIMITS);
    for (let n = 0; n < 12; n++) table.observed(at(n % 2 === 0 ? 1 : 4), announces(A), n);
    expect(places(table)).toBe("1 4!");
    expect(notices(table)).toEqual(["flapping begun"]);
  });

  test("is forgotten with the host", () => {
    const table = moved();
    table.observed(at(1), sends(A), 2000);
    table.forget(A);
    expect(notices(table)).toEqual(["former begun", "former ended"]);
    table.observed(at(4), announces(A), 3000);
    expect(places(table)).toBe("4");
  });
});
