// SPDX-License-Identifier: Apache-2.0
import type { BlockingKind } from "../kind.ts";
import { type Sending, send } from "../send.ts";

const POLICIES = "/api/v1/policies";

/** A policy as JSON, with further members. */
function policyWith(more: object): string {
  return JSON.stringify({
    id: "a",
    sender: { mac: "fa:00:00:00:00:01" },
    receiver: { mac: "fa:00:00:00:00:02" },
    monitors: [{ mac: "fa:00:00:00:00:03" }],
    ...more,
  });
}

function body(name: string, describe: string, sending: () => Sending): BlockingKind {
  return { name: `body-${name}`, describe, run: (server) => send(server, sending()) };
}

function list<T>(count: number, item: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => item(index));
}

/** Filters of lists, two of which no frame fulfils together. */
function manyFilters(values: number): Record<string, unknown> {
  const fields = ["tcp_src", "tcp_dst", "udp_src", "udp_dst", "sctp_src", "sctp_dst", "metadata"];
  const more = ["ipv4_src", "ipv4_dst", "arp_spa", "arp_tpa", "eth_src", "eth_dst", "ip_proto"];
  const address = (n: number) => `10.0.${n >> 7}.${(2 * n) & 255}`;
  const mac = (n: number) =>
    `fa:00:00:00:${(n >> 7).toString(16).padStart(2, "0")}:${((2 * n) & 255).toString(16).padStart(2, "0")}`;
  return Object.fromEntries([
    ...fields.map((field) => [field, list(values, (n) => 2 * n + 1)]),
    ...more.map((field) => {
      if (field === "ip_proto") return [field, list(256, (n) => n)];
      return [field, list(values, field.startsWith("eth") ? mac : address)];
    }),
  ]);
}

/** Bodies that are cheap to send and were dear to reject. */
export const KINDS: readonly BlockingKind[] = [
  body("excludes", "POST policy, 2,000 excludes", () => ({
    path: POLICIES,
    body: policyWith({ exclude: list(2000, (n) => ({ tcp_dst: `${n + 1}-${2 * n + 777}` })) }),
  })),
  body("ranges", "POST policy, 6,000 ranges", () => ({
    path: POLICIES,
    body: policyWith({ filters: { tcp_dst: list(6000, (n) => `${n * 10}-${n * 10 + 6}`) } }),
  })),
  body("duplicate-keys", "POST policy, 150,000 duplicate keys", () => ({
    path: POLICIES,
    body: `{${list(150_000, () => '"a":1').join(",")}}`,
  })),
  body("unknown-keys", "POST policy, 70,000 unknown keys", () => ({
    path: POLICIES,
    body: `{${list(70_000, (n) => `"k${n}":1`).join(",")}}`,
  })),
  body("nesting", "POST policy, 500,000 [", () => ({ path: POLICIES, body: "[".repeat(500_000) })),
  body("nested-31", "POST policy, 4,500 members nested 31 deep", () => ({
    path: POLICIES,
    body: `[${list(145, () => `${'{"a":'.repeat(30)}1${"}".repeat(30)}`).join(",")}]`,
  })),
  body("huge-string", "POST policy, an id, a name and a MAC of 300 KiB each", () => ({
    path: POLICIES,
    body: policyWith({
      id: "x".repeat(300_000),
      name: "y".repeat(300_000),
      sender: { mac: "fa:".repeat(100_000) },
    }),
  })),
  body("huge-key", "POST policy, an unknown key of 1 MiB", () => ({
    path: POLICIES,
    body: `{"${"k".repeat(1_040_000)}":1}`,
  })),
  body("escaped-key", "POST policy, a key of 170,000 escapes", () => ({
    path: POLICIES,
    body: `{"${"\\u0001".repeat(170_000)}":1}`,
  })),
  body("huge-number", "POST policy, priority of 1,000,000 digits", () => ({
    path: POLICIES,
    body: policyWith({}).replace("}", `},"copy":{"truncate":${"9".repeat(1_000_000)}}`),
  })),
  body("member-limit", "POST policy, 4,900 unknown keys", () => ({
    path: POLICIES,
    body: policyWith(Object.fromEntries(list(4900, (n) => [`monitor${n}`, 1]))),
  })),
  body("wrong-values", "POST policy, 4,900 wrong filter values", () => ({
    path: POLICIES,
    body: policyWith({ filters: { tcp_dst: list(4900, (n) => `htp${n}`) } }),
  })),
  body("wrong-types", "POST policy, a filter list of 4,900 objects", () => ({
    path: POLICIES,
    body: policyWith({ filters: { tcp_dst: list(4900, () => ({})) } }),
  })),
  body("wrong-monitors", "POST policy, 2,400 wrong monitors", () => ({
    path: POLICIES,
    body: policyWith({ monitors: list(2400, (n) => ({ mc: n })) }),
  })),
  body("masks", "POST policy, 4,900 values with masks", () => ({
    path: POLICIES,
    body: policyWith({
      filters: { tcp_dst: list(4900, (n) => `${0x8001 + 2 * n}/${0x8001 + 2 * n}`) },
    }),
  })),
  body("ipv6-ranges", "POST policy, 4,900 ranges of IPv6 addresses", () => ({
    path: POLICIES,
    body: policyWith({
      filters: {
        ipv6_src: list(4900, (n) => `${n.toString(16)}::1-${n.toString(16)}:ffff::fffe:fffe`),
      },
    }),
  })),
  body("products", "POST policy, two filters of 2,400 values", () => ({
    path: POLICIES,
    body: policyWith({
      filters: {
        tcp_src: list(2400, (n) => 2 * n + 1),
        tcp_dst: list(2400, (n) => 2 * n + 1),
      },
    }),
  })),
  body("contradictions", "POST policy, 30 filters of 300 values that contradict", () => ({
    path: POLICIES,
    body: policyWith({ filters: manyFilters(300) }),
  })),
  body("many-excludes", "POST policy, 1,600 excludes of two filters", () => ({
    path: POLICIES,
    body: policyWith({
      exclude: list(1600, (n) => ({ tcp_dst: `${n + 1}-${2 * n + 777}`, ip_proto: "udp" })),
    }),
  })),
  {
    name: "body-merge-patch",
    describe: "PATCH policy, 4,900 nulls and a wrong filter list",
    prepare: async (server) => {
      await send(server, { path: POLICIES, body: policyWith({}) });
    },
    run: (server) =>
      send(server, {
        method: "PATCH",
        path: `${POLICIES}/a`,
        body: JSON.stringify({ filters: Object.fromEntries(list(4900, (n) => [`f${n}`, null])) }),
      }),
  },
  body("excludes-dry-run", "POST policies:validate, 2,000 excludes", () => ({
    path: `${POLICIES}:validate`,
    body: policyWith({ exclude: list(2000, (n) => ({ tcp_dst: `${n + 1}-${2 * n + 777}` })) }),
  })),
  body("host-ips", "POST host, 4,900 addresses", () => ({
    path: "/api/v1/hosts",
    body: JSON.stringify({
      mac: "fa:00:00:00:00:01",
      switch: "s1",
      port: 1,
      ips: list(4900, (n) => `10.300.${n}.1`),
    }),
  })),
  body("explain", "POST explain, a frame of 500,000 bytes", () => ({
    path: "/api/v1/explain",
    body: JSON.stringify({ switch: "s1", port: 1, frame: "00".repeat(500_000) }),
  })),
];
