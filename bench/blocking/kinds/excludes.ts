// SPDX-License-Identifier: Apache-2.0
import type { BlockingKind, BlockingServer } from "../kind.ts";
import { connected, FIRST_MONITOR, macOf, request, settled, topology } from "../pairs.ts";

/** Values of one list: two address families make two match regions of each. */
const VALUES = 1000;
const HOSTS = 280;

const every = (first: number, step: number, count = VALUES) =>
  Array.from({ length: count }, (_, n) => first + step * n);
const addresses = (network: number, count = VALUES) =>
  every(1, 1, count).map((n) => `10.${network}.${n >> 8}.${n & 255}/32`);
const policy = (more: object) => ({
  ...{ id: "wide", sender: { mac: macOf(0) }, receiver: { mac: macOf(1) } },
  ...{ monitors: [{ mac: macOf(FIRST_MONITOR) }], ...more },
});

/** Writes a policy, waits until it is in effect or refused, deletes it, and reports what became of it. */
async function write(server: BlockingServer, body: object): Promise<string> {
  const answer = await request(server, "POST", "/policies?wait=30", policy(body));
  await settled(server);
  const read = await fetch(`${server.url}/api/v1/policies/wide`);
  const { status } = (await read.json()) as { status?: { state: string; reasons: string[] } };
  await request(server, "DELETE", "/policies/wide?wait=30");
  await settled(server);
  const reason = status?.reasons[0] === undefined ? "" : `, ${status.reasons[0].slice(0, 120)}`;
  return `${answer}, ${status?.state}${reason}`;
}

function kind(name: string, describe: string, body: object): BlockingKind {
  return {
    name: `exclude-${name}`,
    describe,
    setup: () => ({ topology: topology() }),
    prepare: connected,
    run: (server) => write(server, body),
  };
}

const GROUPS = {
  wide: { members: addresses(8) },
  excluded: { members: addresses(9) },
};

/** Wide filters with wide excludes. */
export const KINDS: readonly BlockingKind[] = [
  kind("disjoint", `${VALUES} ports, ${VALUES} others excluded`, {
    filters: { tcp_dst: every(1, 2) },
    exclude: [{ tcp_dst: every(2, 2) }],
  }),
  kind("crossing", `${VALUES} ports, ${VALUES} source ports excluded`, {
    filters: { tcp_dst: every(1, 2) },
    exclude: [{ tcp_src: every(1, 2) }],
  }),
  kind("any-sender", `any sender, ${VALUES} ports, ${VALUES} others excluded`, {
    sender: "any",
    filters: { tcp_dst: every(1, 2) },
    exclude: [{ tcp_dst: every(2, 2) }],
  }),
  kind("senders", `${HOSTS} senders, ${VALUES} ports excluded`, {
    sender: every(2, 1, HOSTS).map((n) => ({ mac: macOf(n) })),
    exclude: [{ tcp_dst: every(1, 2) }],
  }),
  kind("receivers", `${HOSTS} receivers, ${VALUES} ports excluded`, {
    receiver: every(2, 1, HOSTS).map((n) => ({ mac: macOf(n) })),
    exclude: [{ tcp_dst: every(1, 2) }],
  }),
  {
    ...kind("groups", "", {}),
    describe: `a group of ${VALUES} addresses, a group of ${VALUES} others excluded`,
    async run(server) {
      for (const [id, group] of Object.entries(GROUPS)) {
        await request(server, "PUT", `/groups/${id}`, group);
      }
      const filters = { ipv4_src: "@wide" };
      return write(server, { filters, exclude: [{ ipv4_src: "@excluded" }] });
    },
  },
];
