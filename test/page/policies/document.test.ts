// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import {
  curlCommand,
  documentOf,
  duplicate,
  frameQuestion,
  reversed,
} from "../../../src/page/policies/document.ts";

const DOCUMENT = {
  ...{
    id: "web",
    name: "Web",
    sender: { host: "h1" },
    receiver: "any",
    monitors: [{ host: "h3" }],
  },
  filters: [{ tcp_dst: 443, ipv4_src: "10.0.0.0/8" }, { arp_spa: "10.0.0.1" }],
};

test("what the controller adds is no part of the document", () => {
  const view = {
    ...DOCUMENT,
    revision: 3,
    origin: { kind: "api" },
    status: {},
    counters: {},
    health: {},
  };
  expect(documentOf({ ...view, createdAt: "", updatedAt: "", requester: "a" })).toEqual(DOCUMENT);
});

test("the reverse of a policy has the opposite frames, and twice is the same", () => {
  const { id: _, ...rest } = DOCUMENT;
  expect(reversed(DOCUMENT)).toEqual({
    ...{ name: "Web", sender: "any", receiver: { host: "h1" }, monitors: [{ host: "h3" }] },
    filters: [{ tcp_src: 443, ipv4_dst: "10.0.0.0/8" }, { arp_tpa: "10.0.0.1" }],
  });
  expect(reversed(reversed(DOCUMENT))).toEqual(rest);
});

test("a duplicate has no id", () => {
  expect(duplicate(DOCUMENT)).toEqual({ ...DOCUMENT, id: undefined, name: "Web (copy)" });
});

test("a command of the shell keeps quotes", () => {
  const command = curlCommand({ id: "a", name: "Bob's" }, "http://localhost:8080");
  expect(command).toContain("curl -X PUT 'http://localhost:8080/api/v1/policies/a'");
  expect(command).toContain(`-d '{"id":"a","name":"Bob'\\''s"}'`);
});

test.each([
  [
    { filters: { tcp_dst: ["8000-8099", 80], ipv4_src: "10.0.0.0/8", vlan_vid: "*" } },
    { frame: "tcp_dst=8000 ipv4_src=10.0.0.0", at: "h1", to: "h2" },
  ],
  [
    { filters: [{ udp_dst: 53 }, { ip_proto: "icmp" }], direction: "reverse" },
    { frame: "udp_src=53", at: "h2", to: "h1" },
  ],
  [
    { sender: [{ mac: "fa:00:00:00:00:01" }], receiver: { ip: "10.0.0.0/8" } },
    { at: "fa:00:00:00:00:01" },
  ],
  [{ sender: "any", receiver: { group: "servers" } }, {}],
])("a frame of the policy with %j is asked about", (change, question) => {
  const ends = { sender: { host: "h1" }, receiver: { host: "h2" } };
  expect(frameQuestion({ ...ends, ...change })).toEqual(question);
});
