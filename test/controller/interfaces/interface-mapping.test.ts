// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import {
  addressesIn,
  DEFAULT_MAPPING,
  factsOf,
  ifaceOf,
} from "../../../src/controller/interfaces/interface-mapping.ts";
import { formatIpAddress } from "../../../src/topology/index.ts";

const MAC_TEXT = "fa:16:3e:00:00:01";
const MAC = 0xfa163e000001;

test.each([
  [
    "OpenStack",
    { "iface-id": "port", "iface-status": "active", "attached-mac": MAC_TEXT, "vm-uuid": "vm" },
    { iface: "port", mac: MAC, workloads: ["vm"] },
  ],
  [
    "libvirt",
    { "iface-id": "if", "attached-mac": MAC_TEXT, "vm-id": "dom", ifname: "vnet0" },
    { iface: "if", mac: MAC, workloads: ["dom"] },
  ],
  [
    "Kube-OVN",
    { "iface-id": "web.prod", pod_name: "web", pod_namespace: "prod", ip: "10.16.0.5,fd00::5" },
    { iface: "web.prod", mac: undefined, workloads: ["prod/web"], ips: ["10.16.0.5", "fd00::5"] },
  ],
  [
    "Antrea",
    {
      ...{ "container-id": "c0ffee", "pod-name": "web", "pod-namespace": "prod" },
      ...{ "attached-mac": MAC_TEXT, "ip-address": "10.10.0.2,fd00::2" },
    },
    { iface: "c0ffee", mac: MAC, workloads: ["prod/web"], ips: ["10.10.0.2", "fd00::2"] },
  ],
])("%s", (_, ids, { iface, mac, workloads, ips = [] }: Expected) => {
  const known = new Map(Object.entries(ids));
  expect(ifaceOf(known, DEFAULT_MAPPING)).toBe(iface);
  const facts = factsOf(known, DEFAULT_MAPPING);
  expect(facts.mac).toBe(mac);
  expect(facts.workloads).toEqual(workloads);
  expect((facts.ips ?? []).map(formatIpAddress)).toEqual(ips);
});

interface Expected {
  readonly iface: string;
  readonly mac: number | undefined;
  readonly workloads: readonly string[];
  readonly ips?: readonly string[];
}

test("a template counts where all its keys are there, and an empty value is none", () => {
  const mapping = { ...DEFAULT_MAPPING, iface: ["{a}-{b}", "c"], workload: ["{a}", "d"] };
  const of = (ids: Record<string, string>) => {
    const known = new Map(Object.entries(ids));
    return [ifaceOf(known, mapping), factsOf(known, mapping).workloads];
  };
  expect(of({ a: "1", b: "2", c: "3" })).toEqual(["1-2", ["1"]]);
  expect(of({ a: "1", b: "", c: "3", d: "1" })).toEqual(["3", ["1"]]);
  expect(of({})).toEqual([undefined, undefined]);
  expect(of({ c: "x".repeat(321) })).toEqual([undefined, undefined]);
});

test.each(["01:00:5e:00:00:01", "00:00:00:00:00:00", "mac"])(
  "%s is no address of a host",
  (mac) => {
    expect(factsOf(new Map([["attached-mac", mac]]), DEFAULT_MAPPING)).toEqual({});
  },
);

test("addresses are read with or without the lengths of prefixes, each once", () => {
  const found = addressesIn("10.0.0.5/24 fd00::5/64, 10.0.0.5 dynamic");
  expect(found.map(formatIpAddress)).toEqual(["10.0.0.5", "fd00::5"]);
});
