// SPDX-License-Identifier: Apache-2.0
import { setTimeout as delay } from "node:timers/promises";
import { openLevelStore, PolicyRecords } from "../../../src/store/index.ts";
import type { BlockingKind, BlockingServer } from "../kind.ts";

const POLICIES = 100_000;
/** Writes that are under way at once: they share a sync. */
const AT_ONCE = 2000;
/** From the start to the end of the first write of counters, which has a record for each policy. */
const FIRST_WRITE_MS = 15_000;

function policyOf(n: number) {
  const mac = (k: number) => {
    return { mac: `fa00${k.toString(16).padStart(8, "0")}`.replace(/..(?=.)/g, "$&:") };
  };
  const [sender, receiver, monitor] = [mac(3 * n), mac(3 * n + 1), mac(3 * n + 2)];
  return { id: `policy-${n}`, sender, receiver, monitors: [monitor], filters: { tcp_dst: 80 } };
}

async function fill(data: string): Promise<void> {
  const store = await openLevelStore(data);
  const records = new PolicyRecords(store, () => new Date());
  for (let at = 0; at < POLICIES; at += AT_ONCE) {
    const some = Array.from({ length: AT_ONCE }, (_, index) => policyOf(at + index));
    await Promise.all(some.map((policy) => records.put(policy.id, policy)));
  }
  await store.close();
}

async function started(server: BlockingServer): Promise<string> {
  await delay(FIRST_WRITE_MS);
  const response = await fetch(`${server.url}/api/v1/status`);
  const { policies } = (await response.json()) as { policies: { total: number } };
  return `${policies.total} policies`;
}

/** A start with much in the store. */
export const KINDS: readonly BlockingKind[] = [
  {
    name: "start-100000-policies",
    describe: "start with 100,000 stored policies, from the moment when HTTP listens",
    measuresStart: true,
    fill,
    run: started,
  },
];
