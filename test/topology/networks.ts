// SPDX-License-Identifier: Apache-2.0
import {
  type Dpid,
  dpidFromBigint,
  type ForwardingProfile,
  type HostConfig,
  type LinkConfig,
  type Port,
  type PortNo,
  type TopologyConfig,
  TopologyState,
} from "../../src/topology/index.ts";

/** The datapath id of the n-th switch, from 1. */
export function dpid(number: number): Dpid {
  return dpidFromBigint(BigInt(number));
}

/** A live port; default: up. */
export function port(no: number, name = `p${no}`, up = true): Port {
  return { no: no as PortNo, name, hwAddr: no, up };
}

/** A network in short form: switches from 1, links as `[switch, port, switch, port, weight?, copyWeight?]`. */
export interface Plan {
  readonly profiles: readonly ForwardingProfile[];
  readonly links: readonly (readonly [
    ...ends: [number, number, number, number],
    weight?: number | undefined,
    copyWeight?: number,
  ])[];
  /** Hosts as `[switch, port]`; the n-th, from 1, has MAC address fa:00:00:00:00:n. */
  readonly hosts?: readonly (readonly [number, number])[];
}

/** h1 and h2 on s1, h3 and h4 on s3, s2 in between. */
export const LINE: Plan = {
  profiles: ["paths", "normal", "paths"],
  links: [
    [1, 10, 2, 11],
    [2, 12, 3, 10],
  ],
  hosts: [
    [1, 1],
    [1, 2],
    [3, 3],
    [3, 4],
  ],
};

/** The MAC address of the n-th host of a plan, from 1. */
export function hostMac(number: number): number {
  return 0xfa0000000000 + number;
}

/** The state of a planned network whose switches have not connected yet. */
export function stateOf(plan: Plan): TopologyState {
  return TopologyState.empty.withConfig(configOf(plan));
}

/** The topology configuration of a planned network. */
export function configOf({ profiles, links, hosts = [] }: Plan): TopologyConfig {
  return {
    switches: profiles.map((forwarding, index) => ({
      dpid: dpid(index + 1),
      name: `s${index + 1}`,
      forwarding,
    })),
    links: links.map(([a, aPort, b, bPort, weight = 1, copyWeight]): LinkConfig => {
      const ends = { a: { dpid: dpid(a), port: aPort }, b: { dpid: dpid(b), port: bPort } };
      return { ...ends, weight, ...(copyWeight === undefined ? {} : { copyWeight }) };
    }),
    hosts: hosts.map(([at, port], index): HostConfig => {
      return { name: `h${index + 1}`, mac: hostMac(index + 1), ips: [], dpid: dpid(at), port };
    }),
  };
}
