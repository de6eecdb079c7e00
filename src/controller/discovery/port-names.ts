// SPDX-License-Identifier: Apache-2.0
import { mapDifferences } from "../../lang/persistent-map.ts";
import type { Dpid, PortNo, Switch } from "../../topology/index.ts";

/** Names of ports as last known: a number that reappears with another name is another port. */
export class PortNames {
  readonly #names = new Map<Dpid, Map<PortNo, string>>();

  /** The numbers at which a switch now has other ports than before, by their names. */
  follow({ dpid, ports }: Switch, before: Switch["ports"]): ReadonlySet<PortNo> {
    const names = this.#names.get(dpid) ?? new Map<PortNo, string>();
    this.#names.set(dpid, names);
    const others = new Set<PortNo>();
    for (const [no, , port] of mapDifferences(before, ports)) {
      if (!port) continue;
      const known = names.get(no);
      names.set(no, port.name);
      if (known !== undefined && known !== port.name) others.add(no);
    }
    return others;
  }

  forget(dpid: Dpid): void {
    this.#names.delete(dpid);
  }
}
