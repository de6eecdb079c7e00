// SPDX-License-Identifier: Apache-2.0
import type { Steps } from "../../lang/steps.ts";
import {
  BRIDGE,
  changeOf,
  INTERFACE,
  OPEN_VSWITCH,
  PORT,
  type RowChange,
  type RowOf,
} from "../../ovsdb/index.ts";
import type { OvsdbSession } from "../../ovsdb-session/index.ts";
import type { Dpid } from "../../topology/index.ts";
import { Appearances } from "./appearances.ts";
import { type InterfaceMapping, ifaceOf } from "./interface-mapping.ts";
import type { InterfaceRegistry } from "./interface-registry.ts";
import { hasPort, interfacesOfBridge, type ShownInterface } from "./interfaces-of-bridge.ts";

type Bridges = ReadonlyMap<Dpid, RowOf<typeof BRIDGE>>;

/** Takes the interfaces that databases name to the registry. */
export class InterfaceNaming {
  readonly #registry: Pick<InterfaceRegistry, "show">;
  readonly #mapping: InterfaceMapping;
  readonly #appearances = new Appearances();
  /** Sessions of which rows differ from when they were last named. */
  readonly #stale = new WeakSet<OvsdbSession>();
  /** The bridges that were last named of each session. */
  readonly #named = new Map<OvsdbSession, ReadonlySet<Dpid>>();

  constructor(registry: Pick<InterfaceRegistry, "show">, mapping: InterfaceMapping) {
    this.#registry = registry;
    this.#mapping = mapping;
  }

  /** A row differs. */
  row(session: OvsdbSession, change: RowChange): void {
    if (this.#matters(session, change)) this.#stale.add(session);
  }

  /** The copy of a database is complete. */
  complete(session: OvsdbSession): void {
    this.#appearances.complete(session);
  }

  /** Whether rows that name interfaces differ from when they were last named. */
  isStale(session: OvsdbSession): boolean {
    return this.#stale.has(session);
  }

  /** Names the interfaces at these bridges of a session, and at no others, unless that is done. In steps. */
  *name(session: OvsdbSession, bridges: Bridges): Steps<void> {
    const before = this.#named.get(session);
    const isSame =
      before?.size === bridges.size && [...bridges.keys()].every((dpid) => before.has(dpid));
    if (!this.#stale.delete(session) && isSame) return;
    const { replica } = session;
    const appeared = (row: string) => this.#appearances.of(session, row);
    const found: ShownInterface[] = [];
    for (const [dpid, bridge] of bridges) {
      for (const each of interfacesOfBridge(
        { replica, appeared, mapping: this.#mapping },
        bridge,
        dpid,
      )) {
        if (each) found.push(each);
        yield;
      }
    }
    const system = replica.row(OPEN_VSWITCH, session.root)?.externalIds.get("system-id");
    if (bridges.size > 0) this.#named.set(session, new Set(bridges.keys()));
    else this.#named.delete(session);
    yield* this.#registry.show(session, system, found);
  }

  /** Whether interfaces may be named differently with a change; notes names that have come and gone. */
  #matters(session: OvsdbSession, change: RowChange): boolean {
    const iface = changeOf(INTERFACE, change);
    if (iface) {
      const nameOf = (row: RowOf<typeof INTERFACE> | undefined) =>
        row && hasPort(row.ofport) ? ifaceOf(row.externalIds, this.#mapping) : undefined;
      this.#note(session, change.uuid, nameOf(iface.before), nameOf(iface.after));
      return differ(iface, "externalIds", "ofport");
    }
    const port = changeOf(PORT, change);
    if (port) {
      const nameOf = (row: RowOf<typeof PORT> | undefined) =>
        row && ifaceOf(row.externalIds, this.#mapping);
      this.#note(session, change.uuid, nameOf(port.before), nameOf(port.after));
      return differ(port, "externalIds", "interfaces");
    }
    const bridge = changeOf(BRIDGE, change);
    if (bridge) return differ(bridge, "ports", "datapathId");
    const root = changeOf(OPEN_VSWITCH, change);
    return root !== undefined && differ(root, "externalIds");
  }

  #note(
    session: OvsdbSession,
    row: string,
    before: string | undefined,
    after: string | undefined,
  ): void {
    if (before !== after) this.#appearances.note(session, row, after);
  }
}

/** Whether one of these columns may differ: values that are the same objects do not. */
function differ<R extends object>({ before, after }: RowChange<R>, ...keys: (keyof R)[]): boolean {
  return keys.some((key) => before?.[key] !== after?.[key]);
}
