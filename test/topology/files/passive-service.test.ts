// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { parseTopologyFile } from "../../../src/topology/index.ts";

function connectOf(connect: string) {
  const switches = [{ dpid: "1".padStart(16, "0"), connect }];
  const parsed = parseTopologyFile(JSON.stringify({ switches }), "t.json");
  return parsed.ok ? parsed.value.switches[0]?.connect : parsed.errors[0];
}

test.each([
  ["ptcp:192.0.2.7:6653", { transport: "tcp", host: "192.0.2.7", port: 6653 }],
  ["pssl:[2001:db8::7]:6653", { transport: "tls", host: "2001:db8::7", port: 6653 }],
  ["ptcp:s1.example.org:1", { transport: "tcp", host: "s1.example.org", port: 1 }],
  ["unix:/run/br0.mgmt", { transport: "unix", path: "/run/br0.mgmt" }],
])("%s is a place where a switch waits", (text, place) => {
  expect(connectOf(text)).toEqual(place);
});

test.each(["tcp:192.0.2.7:6653", "ptcp:6653", "ptcp:h:0", "ptcp:h:65536", "unix:br0.mgmt", ""])(
  "%j is none",
  (text) => {
    expect(connectOf(text)).toMatchObject({ path: "/switches/0/connect" });
  },
);
