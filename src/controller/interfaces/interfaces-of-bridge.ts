// SPDX-License-Identifier: Apache-2.0
import { type BRIDGE, INTERFACE, PORT, type Replica, type RowOf } from "../../ovsdb/index.ts";
import type { Dpid, PortAt, PortNo } from "../../topology/index.ts";
import type { InterfaceFacts } from "./interface-facts.ts";
import { factsOf, type InterfaceMapping, ifaceOf } from "./interface-mapping.ts";

/** An interface at a port of a bridge, as a database shows it. */
export interface ShownInterface {
  /** Undefined: nothing names it. */
  readonly iface: string | undefined;
  readonly facts: InterfaceFacts;
  /** The row; an interface that is deleted and added again has another one. */
  readonly row: string;
  readonly at: PortAt;
}

/** The interfaces of a bridge that have an OpenFlow port. */
export function* interfacesOfBridge(
  replica: Replica,
  { ports }: RowOf<typeof BRIDGE>,
  dpid: Dpid,
  mapping: InterfaceMapping,
): Generator<ShownInterface> {
  for (const uuid of ports) {
    const port = replica.row(PORT, uuid);
    for (const row of port?.interfaces ?? []) {
      const { externalIds, ofport = 0 } = replica.row(INTERFACE, row) ?? {};
      if (ofport <= 0 || externalIds === undefined) continue;
      // Some write what they know of an interface into its port.
      const ids = port?.externalIds.size
        ? new Map([...port.externalIds, ...externalIds])
        : externalIds;
      const at = { dpid, port: ofport as PortNo };
      yield { iface: ifaceOf(ids, mapping), facts: factsOf(ids, mapping), row, at };
    }
  }
}
