// SPDX-License-Identifier: Apache-2.0
import { beforeEach, expect, test } from "vitest";
import { DatabaseHosts } from "../../../src/controller/databases/database-hosts.ts";
import { complete } from "../../../src/lang/steps.ts";
import type { OvsdbSession } from "../../../src/ovsdb-session/index.ts";
import type { Dpid, HostConfig } from "../../../src/topology/index.ts";

const MAC = 0xfa0000000001;
const [A, B] = [{}, {}] as OvsdbSession[];

let hosts: DatabaseHosts;
beforeEach(() => {
  hosts = new DatabaseHosts();
});

const at = (dpid: number, port: number): HostConfig => ({
  ...{ name: "vm", mac: MAC, ips: [], port },
  dpid: String(dpid).padStart(16, "0") as Dpid,
});

/** A session shows the host at these places. */
function show(session: OvsdbSession | undefined, ...places: readonly HostConfig[]): void {
  if (!session) throw new Error("no session");
  complete(hosts.show(session, new Map(places.length > 0 ? [[MAC, places]] : [])));
}

const place = () => {
  const { dpid = "", port } = hosts.hosts.get(MAC) ?? {};
  return `${Number(dpid)}/${port}`;
};

test("a host moves to the interface that appears last, and stays there when the first goes", () => {
  show(A, at(1, 1));
  show(B, at(2, 5));
  expect(place()).toBe("2/5");
  show(A, at(1, 1));
  expect(place()).toBe("2/5");
  show(A);
  expect(place()).toBe("2/5");
});

test("a host that returns before its old interface goes is where it returned", () => {
  show(A, at(1, 1));
  show(B, at(2, 5));
  show(B);
  expect(place()).toBe("1/1");
});

test("within one database the place that is new counts", () => {
  show(A, at(1, 1));
  show(A, at(1, 1), at(2, 5));
  expect(place()).toBe("2/5");
  show(A, at(2, 6));
  expect(place()).toBe("2/6");
});

test("a host whose interface has gone stays", () => {
  show(A, at(1, 1));
  const before = hosts.hosts;
  show(A);
  expect(place()).toBe("1/1");
  show(A, at(1, 1));
  expect(hosts.hosts).toBe(before);
});
