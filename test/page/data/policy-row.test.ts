// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { filterText, partyLabel, partyText } from "../../../src/page/data/policy-row.ts";

test.each([
  ["any", "any"],
  [{ host: "h1" }, "h1"],
  [{ mac: "fa:00:00:00:00:01", ip: "10.1.1.1" }, "fa:00:00:00:00:01 10.1.1.1"],
  [{ port: { switch: "s1", port: 3 } }, "s1:3"],
  [{ group: "dmz" }, "@dmz"],
  [[{ host: "h1" }, { ip: "10.0.0.0/8" }], "h1 10.0.0.0/8"],
  [undefined, "any"],
])("%j is shown as %s", (party, label) => {
  expect(partyLabel(partyText(party))).toBe(label);
});

const NONE = { ipProto: "", vlan: "", srcPort: "", dstPort: "", more: "" };

test.each([
  [undefined, NONE],
  [{ tcp_dst: [80, "8000-8099"] }, { ...NONE, ipProto: "tcp", dstPort: "80, 8000-8099" }],
  [
    { vlan_vid: "*", udp_src: 53 },
    { ...NONE, ipProto: "udp", srcPort: "53" },
  ],
  [
    { mpls_label: 10, ip_dscp: "ef" },
    { ...NONE, more: "mpls_label=10 ip_dscp=ef" },
  ],
  [
    [{ tcp_dst: "ssh" }, { ip_proto: "icmp" }],
    { ...NONE, ipProto: "tcp or icmp", dstPort: "ssh or *" },
  ],
])("filters %j", (filters, text) => {
  expect(filterText(filters)).toEqual(text);
});
