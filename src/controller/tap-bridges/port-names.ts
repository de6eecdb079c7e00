// SPDX-License-Identifier: Apache-2.0
import { BRIDGE, INTERFACE, PORT, type Replica } from "../../ovsdb/index.ts";
import { type PatchedPort, patchNames } from "../../topology/index.ts";
import { type NamedBridge, TAP_LABEL } from "../databases/bridge-settings.ts";
import { markOf } from "./own-rows.ts";

/** The forms of names that patch ports have. */
const OWN_FORM = /^v[to][0-9a-f]/;

/** A port that has a name of this form. */
interface Holder {
  readonly bridge: NamedBridge;
  readonly port: string;
  /** Whose it is; undefined: not OpenVTAP's. */
  readonly label: string | undefined;
}

/**
 * Which names of patch ports a database has already: those of ports, and of interfaces, are unique in it, and it refuses
 * every change that goes with a second one.
 * @spec ovs-vswitchd.conf.db(5), tables Port and Interface, name
 */
export class PortNames {
  readonly #holders = new Map<string, Holder>();
  /** By the name of a patch port to be made: the bridge that it is for. */
  readonly #reserved = new Map<string, NamedBridge>();
  readonly #label: string;
  readonly #mark: string;

  constructor(replica: Replica, label: string) {
    this.#label = label;
    this.#mark = markOf(label);
    for (const [uuid, row] of replica.rows(BRIDGE)) {
      const bridge = { ...row, uuid };
      for (const port of row.ports) {
        const found = replica.row(PORT, port);
        const faces = [...(found?.interfaces ?? [])].map(
          (each) => replica.row(INTERFACE, each)?.name,
        );
        for (const name of [found?.name, ...faces]) {
          if (found === undefined || name === undefined || !OWN_FORM.test(name)) continue;
          const label = found.externalIds.get(TAP_LABEL);
          this.#holders.set(name, { bridge, port: found.name, label });
        }
      }
    }
  }

  /** Why a pair of patch ports cannot have its names, a clause; undefined: it can, or has them. */
  clash(patched: PatchedPort, bridge: NamedBridge): string | undefined {
    const { source, own } = patchNames(patched, this.#mark);
    const other = this.#reserved.get(source);
    if (other !== undefined && other.uuid !== bridge.uuid) return sameNames(bridge, other);
    const [at, opposite] = [this.#holders.get(source), this.#holders.get(own)];
    if (at !== undefined) {
      if (at.label !== this.#label) return taken(source, at);
      if (at.bridge.uuid !== bridge.uuid) return sameNames(bridge, at.bridge);
    }
    // Of bridges of this label the one that has another name is removed.
    const isOwn =
      opposite?.label === this.#label && opposite.bridge.externalIds.get(TAP_LABEL) === this.#label;
    return opposite === undefined || isOwn ? undefined : taken(own, opposite);
  }

  /** The pair of patch ports is to be made for this bridge, so none of these names for another one. */
  reserve(patched: PatchedPort, bridge: NamedBridge): void {
    this.#reserved.set(patchNames(patched, this.#mark).source, bridge);
  }
}

function taken(name: string, { bridge, port, label }: Holder): string {
  const whose = label === undefined ? "is not this OpenVTAP's" : `is marked ${TAP_LABEL}=${label}`;
  return `its patch port needs the name ${name}, which port ${port} of bridge ${bridge.name} has, and that ${whose}: remove it (ovs-vsctl del-port ${bridge.name} ${port})`;
}

function sameNames(bridge: NamedBridge, other: NamedBridge): string {
  return `bridges ${bridge.name} and ${other.name} have datapath ids for which patch ports have the same names: give one another id (ovs-vsctl set bridge ${bridge.name} other_config:datapath-id=…)`;
}
