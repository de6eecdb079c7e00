// SPDX-License-Identifier: Apache-2.0

import { PretendSwitch } from "../../../test/lab/pretend-switch.ts";
import type { BlockingKind } from "../kind.ts";
import {
  connectBoth,
  connected,
  FIRST_MONITOR,
  macOf,
  monitors,
  PAIRS,
  pairs,
  request,
  settled,
  topology,
  withPolicies,
} from "../pairs.ts";

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

/** Heavy inputs of the compiler and of the reconciler, with switches that confirm everything. */
export const KINDS: readonly BlockingKind[] = [
  {
    name: "compile-wide",
    describe: "POST and DELETE a policy from any to a prefix beside 10,000 pairs",
    setup: () => ({ topology: topology({ direct: true }), policies: pairs() }),
    prepare: connected,
    async run(server) {
      const outcomes = [await request(server, "POST", "/policies?wait=30", WIDE)];
      outcomes.push(await request(server, "DELETE", "/policies/wide?wait=30"));
      await settled(server);
      return outcomes.join(", ");
    },
  },
  {
    name: "compile-refused",
    describe: "the same over links that are not proven: more rules than overlapLimit allows",
    setup: withPolicies(pairs),
    prepare: connected,
    run: (server) => request(server, "POST", "/policies?wait=30", WIDE),
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
