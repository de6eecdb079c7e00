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
  /** Of two that have one name the greater appeared last. */
  readonly appeared: number;
}

/** A database, and when rows got the names that they have. */
interface NamedRows {
  readonly replica: Replica;
  readonly appeared: (row: string) => number;
  readonly mapping: InterfaceMapping;
}

/** The interfaces of a bridge that have an OpenFlow port; undefined: one that has none. */
export function* interfacesOfBridge(
  { replica, appeared, mapping }: NamedRows,
  { ports }: RowOf<typeof BRIDGE>,
  dpid: Dpid,
): Generator<ShownInterface | undefined> {
  for (const uuid of ports) {
    const port = replica.row(PORT, uuid);
    for (const row of port?.interfaces ?? []) {
      const { externalIds, ofport } = replica.row(INTERFACE, row) ?? {};
      if (!hasPort(ofport) || externalIds === undefined) {
        yield undefined;
        continue;
      }
      // Some write what they know of an interface into its port.
      const ids = port?.externalIds.size
        ? new Map([...port.externalIds, ...externalIds])
        : externalIds;
      const at = { dpid, port: ofport as PortNo };
      const named = { iface: ifaceOf(ids, mapping), facts: factsOf(ids, mapping) };
      yield { ...named, row, at, appeared: Math.max(appeared(row), appeared(uuid)) };
    }
  }
}

/** Whether an interface has an OpenFlow port: of one that the switch could not set up the number is -1. */
export function hasPort(ofport: number | undefined): boolean {
  return ofport !== undefined && ofport > 0;
}
