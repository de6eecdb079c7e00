// SPDX-License-Identifier: Apache-2.0

import { formatMac } from "../../src/openflow/index.ts";
import { type Pretence, PretendSwitch } from "../../test/lab/pretend-switch.ts";
import type { BlockingServer, BlockingSetup } from "./kind.ts";

/** Two switches, hosts on both, and policies for pairs of them: what several kinds start with. */

const HOSTS = 300;
export const PAIRS = 10_000;
/** The hosts from this one on are monitors. */
export const FIRST_MONITOR = 290;

export const macOf = (host: number) => formatMac(0xfa0000000000 + host);

/** Two switches with two links between them, and hosts on both. */
export function topology({ hosts = HOSTS, direct }: { hosts?: number; direct?: true } = {}) {
  const switchOf = (host: number) => `s${(host % 2) + 1}`;
  return {
    switches: [
      { dpid: "0000000000000001", name: "s1", forwarding: "paths" },
      { dpid: "0000000000000002", name: "s2", forwarding: "paths" },
    ],
    links: [
      { a: { switch: "s1", port: 1 }, b: { switch: "s2", port: 1 }, direct },
      { a: { switch: "s1", port: 2 }, b: { switch: "s2", port: 2 }, weight: 5, direct },
    ],
    hosts: Array.from({ length: hosts }, (_, host) => ({
      mac: macOf(host),
      name: `h${host}`,
      ips: [`10.0.${host >> 8}.${host & 255}`],
      switch: switchOf(host),
      port: 100 + host,
    })),
  };
}

export const monitors = (n: number) => [{ mac: macOf(FIRST_MONITOR + (n % 10)) }];

/** Policies for pairs of hosts. */
export function pairs(count = PAIRS) {
  return Array.from({ length: count }, (_, n) => ({
    id: `p${n}`,
    sender: { mac: macOf((n % 100) * 2) },
    receiver: { mac: macOf(1 + 2 * (Math.floor(n / 100) % 100)) },
    monitors: monitors(n),
    ...(n < PAIRS ? {} : { filters: { tcp_dst: 1 + (n % 60_000) } }),
  }));
}

/** A start with these policies. */
export const withPolicies = (policies: () => readonly unknown[]) => (): BlockingSetup => ({
  topology: topology(),
  policies: policies(),
});

export async function connectBoth(
  { openflowPort }: BlockingServer,
  pretences: readonly Pretence[] = [{}, {}],
): Promise<PretendSwitch[]> {
  const ports = [1, 2, ...Array.from({ length: HOSTS }, (_, host) => 100 + host)];
  const both = pretences.map((pretence, index) =>
    PretendSwitch.connect(openflowPort, BigInt(index + 1), { ports, ...pretence }),
  );
  return Promise.all(both);
}

export async function request(
  { url }: BlockingServer,
  method: string,
  path: string,
  body?: unknown,
) {
  const began = performance.now();
  const response = await fetch(`${url}/api/v1${path}`, {
    method,
    ...(body === undefined
      ? {}
      : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) return `${method} ${path} ${response.status}: ${text.slice(0, 200)}`;
  return `${response.status} after ${(performance.now() - began).toFixed(0)} ms`;
}

/** Until every policy that can be active is. */
export async function settled(server: BlockingServer): Promise<void> {
  for (let before = ""; ; ) {
    const response = await fetch(`${server.url}/api/v1/status`);
    const now = JSON.stringify(((await response.json()) as { policies: unknown }).policies);
    if (now === before) return;
    before = now;
    await new Promise((resolve) => setTimeout(resolve, 1500));
  }
}

export async function connected(server: BlockingServer): Promise<void> {
  await connectBoth(server);
  await settled(server);
}
