// SPDX-License-Identifier: Apache-2.0
import type { OpenFlowAddress } from "../../contract/status.ts";

/** Where a switch is pointed to. */
export interface Target {
  /** As `ovs-vsctl set-controller` takes it: `tcp:192.0.2.1:6653`. */
  readonly text: string;
  readonly tls: boolean;
  /** Only switches on the machine of the controller reach it. */
  readonly isLocal: boolean;
}

/** All addresses of a machine. */
const ANY = new Set(["0.0.0.0", "::"]);

/** The targets of switches; `hostname` is that of the page, by which the browser reaches the controller. */
export function targetsOf(addresses: readonly OpenFlowAddress[], hostname: string): Target[] {
  return addresses.map(({ host, port, tls }) => {
    const name = ANY.has(host) ? hostname : host;
    const bare = name.replace(/^\[(.*)\]$/, "$1");
    const written = bare.includes(":") ? `[${bare}]` : bare;
    return { text: `${tls ? "ssl" : "tcp"}:${written}:${port}`, tls, isLocal: isLoopback(host) };
  });
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127\.\d+\.\d+\.\d+$/.test(host);
}
