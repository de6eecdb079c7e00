// SPDX-License-Identifier: Apache-2.0

import { formatMac } from "../../../src/openflow/index.ts";
import { PretendSwitch } from "../../../test/lab/pretend-switch.ts";
import type { BlockingKind, BlockingServer, BlockingSetup } from "../kind.ts";

const HOSTS = 300;
const PAIRS = 10_000;
/** The hosts from this one on are monitors. */
const FIRST_MONITOR = 290;

const macOf = (host: number) => formatMac(0xfa0000000000 + host);

/** Two switches with two links between them, and hosts on both. */
function topology(hosts = HOSTS) {
  const switchOf = (host: number) => `s${(host % 2) + 1}`;
  return {
    switches: [
      { dpid: "0000000000000001", name: "s1", forwarding: "paths" },
      { dpid: "0000000000000002", name: "s2", forwarding: "paths" },
    ],
    links: [
      { a: { switch: "s1", port: 1 }, b: { switch: "s2", port: 1 } },
      { a: { switch: "s1", port: 2 }, b: { switch: "s2", port: 2 }, weight: 5 },
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

const monitors = (n: number) => [{ mac: macOf(FIRST_MONITOR + (n % 10)) }];

/** Policies for pairs of hosts. */
function pairs(count = PAIRS) {
  return Array.from({ length: count }, (_, n) => ({
    id: `p${n}`,
    sender: { mac: macOf((n % 100) * 2) },
    receiver: { mac: macOf(1 + 2 * (Math.floor(n / 100) % 100)) },
    monitors: monitors(n),
    ...(n < PAIRS ? {} : { filters: { tcp_dst: 1 + (n % 60_000) } }),
  }));
}

/** Policies that name a port. */
function portBound() {
  return Array.from({ length: PAIRS }, (_, n) => ({
    id: `p${n}`,
    sender: { port: { switch: `s${(n % 2) + 1}`, port: 100 + (n % 200) } },
    receiver: { mac: macOf((n + 1) % 250) },
    monitors: monitors(n),
    filters: { tcp_dst: 1 + n },
  }));
}

/** Copies of everything for a prefix that all hosts of `pairs` are in. */
const WIDE = {
  id: "wide",
  sender: "any",
  receiver: { ip: "10.0.0.0/16" },
  monitors: [{ mac: macOf(FIRST_MONITOR - 1) }],
};

/** A start with these policies. */
const withPolicies = (policies: () => readonly unknown[]) => (): BlockingSetup => ({
  topology: topology(),
  policies: policies(),
});

async function connectBoth({ openflowPort }: BlockingServer): Promise<PretendSwitch[]> {
  const ports = [1, 2, ...Array.from({ length: HOSTS }, (_, host) => 100 + host)];
  const both = [1n, 2n].map((dpid) => PretendSwitch.connect(openflowPort, dpid, { ports }));
  return Promise.all(both);
}

async function request({ url }: BlockingServer, method: string, path: string, body?: unknown) {
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
async function settled(server: BlockingServer): Promise<void> {
  for (let before = ""; ; ) {
    const response = await fetch(`${server.url}/api/v1/status`);
    const now = JSON.stringify(((await response.json()) as { policies: unknown }).policies);
    if (now === before) return;
    before = now;
    await new Promise((resolve) => setTimeout(resolve, 1500));
  }
}

async function connected(server: BlockingServer): Promise<void> {
  await connectBoth(server);
  await settled(server);
}

/** Heavy inputs of the compiler and of the reconciler, with switches that confirm everything. */
export const KINDS: readonly BlockingKind[] = [
  {
    name: "compile-wide",
    describe: "POST and DELETE a policy from any to a prefix beside 10,000 pairs",
    setup: withPolicies(pairs),
    prepare: connected,
    async run(server) {
      const outcomes = [await request(server, "POST", "/policies?wait=30", WIDE)];
      outcomes.push(await request(server, "DELETE", "/policies/wide?wait=30"));
      await settled(server);
      return outcomes.join(", ");
    },
  },
  {
    name: "compile-dry-run",
    describe: "dry run of a policy from any to a prefix beside 10,000 pairs",
    setup: withPolicies(pairs),
    prepare: connected,
    run: (server) => request(server, "POST", "/policies:validate", WIDE),
  },
  {
    name: "compile-ranges",
    describe: "POST 54 policies with crossing ranges of a pair, one by one",
    setup: () => ({ topology: topology() }),
    prepare: connected,
    async run(server) {
      let last = "";
      for (let n = 0; n < 54; n++) {
        const [sender, receiver] = [{ mac: macOf(0) }, { mac: macOf(1) }];
        const filters = { tcp_dst: `${20_000 + n}-${20_400 + n}` };
        const policy = { id: `r${n}`, sender, receiver, monitors: monitors(0), filters };
        last = await request(server, "POST", "/policies?wait=30", policy);
      }
      return `the last ${last}`;
    },
  },
  {
    name: "compile-suspend",
    describe: "suspend and resume 10,000 policies",
    setup: withPolicies(pairs),
    prepare: connected,
    async run(server) {
      const outcomes = [await request(server, "POST", "/taps:suspend?wait=30", {})];
      await settled(server);
      outcomes.push(await request(server, "POST", "/taps:resume?wait=30", {}));
      await settled(server);
      return outcomes.join(", ");
    },
  },
  {
    name: "compile-reroute",
    describe: "switch lost and back beside 10,000 policies that name ports",
    setup: withPolicies(portBound),
    prepare: async () => undefined,
    async run(server) {
      const [, second] = await connectBoth(server);
      await settled(server);
      second?.socket.destroy();
      await settled(server);
      await PretendSwitch.connect(server.openflowPort, 2n, { ports: [1, 100, 101] });
      await settled(server);
      return "connected, lost, back with three ports";
    },
  },
  {
    name: "compile-explain",
    describe: "explain a frame beside 100,000 policies",
    setup: withPolicies(() => pairs(100_000)),
    run: (server) =>
      request(server, "POST", "/explain", {
        at: { host: "h0" },
        frame: { eth_dst: macOf(1), eth_src: macOf(0), ip_proto: "tcp", tcp_dst: 80 },
      }),
  },
];
