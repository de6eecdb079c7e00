// SPDX-License-Identifier: Apache-2.0
import type { ProjectQuotas } from "../../../src/contract/projects/quotas.ts";
import type { ControllerOptions } from "../../../src/controller/index.ts";
import { policy } from "../../api/api-server.ts";
import { configOf } from "../../policy/scenarios.ts";
import { MemoryPolicyStore, standAlone } from "../stand-alone.ts";

const OF_RED = { at: 0, shared: false, project: "red" };
const OF_BLUE = { ...OF_RED, project: "blue" };

/** Hosts h1 to h4 of red and h5 to h7 of blue on s1, with ports 1 to 7. */
const HOSTS = [OF_RED, OF_RED, OF_RED, OF_RED, OF_BLUE, OF_BLUE, OF_BLUE];

const h = (n: number) => ({ host: `h${n}` });

/** A policy of red: TCP over IPv4 to so many ports, with a rule for each. */
export function ofRed(id: string, ports: number, more: object = {}) {
  const tcp_dst = Array.from({ length: ports }, (_, n) => 1 + 2 * n);
  const ends = { sender: h(1), receiver: h(2), monitors: [h(3)] };
  return policy(id, { project: "red", ...ends, filters: { eth_type: "ipv4", tcp_dst }, ...more });
}

/** A policy of blue: all that it sends from h5 to h6. */
export function ofBlue(id: string, more: object = {}) {
  const ends = { sender: h(5), receiver: h(6), monitors: [h(7)] };
  return policy(id, { project: "blue", ...ends, ...more });
}

/** A controller of one switch, which is not connected, with hosts of two projects. */
export async function tenants(
  projectQuotas: ProjectQuotas,
  {
    store = new MemoryPolicyStore(),
    ...more
  }: Partial<ControllerOptions> & {
    readonly store?: MemoryPolicyStore;
  } = {},
) {
  const topology = configOf({ profiles: ["paths"], parents: [], extra: [], hosts: HOSTS });
  const started = await standAlone(store, {}, undefined, { topology, projectQuotas, ...more });
  const { call, parts } = started;
  const write = async (document: object) => {
    const answer = await call("POST /policies", document);
    return answer.status === 201 ? 201 : answer.body.errors?.[0];
  };
  const state = async (id: string) => (await call(`GET /policies/${id}`)).body.status.state;
  const reasons = async (id: string) =>
    (await call(`GET /policies/${id}`)).body.status.reasons.join("; ");
  /** The desired entries of the switch with a meter: their rates. */
  const meters = () =>
    parts.compilation
      .tapRules([...parts.network.topology.switches.keys()][0] ?? ("" as never))
      .flatMap(({ meter }) => meter ?? []);
  return { ...started, write, state, reasons, meters, store };
}
