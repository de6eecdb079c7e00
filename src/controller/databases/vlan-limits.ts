// SPDX-License-Identifier: Apache-2.0
import type { SwitchSettings } from "../../contract/observation/switch-database.ts";
import { Listeners } from "../../runtime/listeners.ts";
import type { Dpid } from "../../topology/index.ts";

/**
 * Which switches may parse another number of VLAN tags than before. A limit is in effect when the switch has taken over the
 * configuration that has it, which the database shows only where a client waits for it: so tags are probed at
 * once, and again with the next configuration.
 */
export class VlanLimits {
  readonly #listeners = new Listeners<[dpid: Dpid]>();
  /** Switches whose new limit may not be in effect yet, with the configuration that has it. */
  readonly #limiting = new Map<Dpid, number>();

  subscribe(listener: (dpid: Dpid) => void): void {
    this.#listeners.add(listener);
  }

  /** The settings of a switch before and now, `config`: the configuration that it has taken over. */
  compare(
    dpid: Dpid,
    before: SwitchSettings | undefined,
    now: SwitchSettings | undefined,
    config: number,
  ): void {
    const isNew = before !== undefined && before.vlanLimit !== now?.vlanLimit;
    const isTaken = this.#limiting.has(dpid) && this.#limiting.get(dpid) !== config;
    if (isNew) this.#limiting.set(dpid, config);
    else if (isTaken) this.#limiting.delete(dpid);
    if (isNew || isTaken) this.#listeners.notify(dpid);
  }
}
