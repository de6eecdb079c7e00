// SPDX-License-Identifier: Apache-2.0
import type { Dpid, PortNo } from "./dpid.ts";
import type { Attachment, PortReference, Switch } from "./model.ts";

/** Resolves port references to live ports. */
export class PortResolver {
  readonly #switches: ReadonlyMap<Dpid, Switch>;
  readonly #byName = new Map<Dpid, ReadonlyMap<string, PortNo>>();

  constructor(switches: ReadonlyMap<Dpid, Switch>) {
    this.#switches = switches;
  }

  attach({ dpid, port: written }: PortReference): Attachment {
    return { dpid, port: this.find(dpid, written), written };
  }

  /** The number of the port; undefined when there is no such port (yet). */
  find(dpid: Dpid, written: number | string): PortNo | undefined {
    if (typeof written === "string") return this.#named(dpid, written);
    const found = this.#switches.get(dpid);
    const isUsable = !found?.portsKnown || found.ports.has(written as PortNo);
    return isUsable ? (written as PortNo) : undefined;
  }

  /** Whether frames may pass the port: it exists and is not known to be down. */
  mayCarry({ dpid, port }: Attachment): boolean {
    if (port === undefined) return false;
    return this.#switches.get(dpid)?.ports.get(port)?.up ?? true;
  }

  #named(dpid: Dpid, name: string): PortNo | undefined {
    let names = this.#byName.get(dpid);
    if (!names) {
      const ports = this.#switches.get(dpid)?.ports.values() ?? [];
      names = new Map([...ports].map((port) => [port.name, port.no]));
      this.#byName.set(dpid, names);
    }
    return names.get(name);
  }
}
