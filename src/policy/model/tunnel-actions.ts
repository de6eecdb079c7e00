// SPDX-License-Identifier: Apache-2.0
import { type Action, setField } from "../../openflow/index.ts";
import type { IpAddress } from "../../topology/index.ts";

/** What frames get that leave by a port for tunnels whose remote, or key, is `flow`. */
interface TunnelFields {
  readonly remote?: IpAddress;
  readonly key?: number;
}

/** Says where a tunnel ends, and what is its key, before the output to its port. */
export function tunnelActions({ remote, key }: TunnelFields): readonly Action[] {
  return [
    ...(key === undefined ? [] : [setField("tunnelId", BigInt(key))]),
    ...(remote === undefined ? [] : [endOf(remote)]),
  ];
}

function endOf(remote: IpAddress): Action {
  return remote.family === 4
    ? setField("tunDst", remote.value)
    : setField("tunIpv6Dst", remote.value);
}
