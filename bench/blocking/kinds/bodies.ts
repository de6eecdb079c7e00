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
];
