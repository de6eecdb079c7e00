// SPDX-License-Identifier: Apache-2.0
import type { PolicyId, PolicyPlan } from "../../policy/index.ts";
import type { Dpid, PortAt, PortNo } from "../../topology/index.ts";

/** The ports by which copies leave for monitors, and the policies whose copies they are. */
export class OutletIndex {
  readonly #policies = new Map<Dpid, Map<PortNo, Set<PolicyId>>>();
  readonly #outlets = new Map<PolicyId, readonly PortAt[]>();

  /** Replaces the ports of a policy; it has none without a plan. */
  set(id: PolicyId, plan: PolicyPlan | undefined): void {
    for (const at of this.#outlets.get(id) ?? []) this.#leave(at, id);
    const outlets = plan?.copies.flatMap(({ outlets: ports = [] }) => ports) ?? [];
    if (outlets.length > 0) this.#outlets.set(id, outlets);
    else this.#outlets.delete(id);
    for (const { dpid, port } of outlets) {
      const ports = this.#policies.get(dpid) ?? new Map<PortNo, Set<PolicyId>>();
      this.#policies.set(dpid, ports.set(port, (ports.get(port) ?? new Set()).add(id)));
    }
  }

  /** The switches with such ports. */
  get switches(): Iterable<Dpid> {
    return this.#policies.keys();
  }

  portsOf(dpid: Dpid): Iterable<PortNo> {
    return this.#policies.get(dpid)?.keys() ?? [];
  }

  policiesAt({ dpid, port }: PortAt): Iterable<PolicyId> {
    return this.#policies.get(dpid)?.get(port) ?? [];
  }

  #leave({ dpid, port }: PortAt, id: PolicyId): void {
    const ports = this.#policies.get(dpid);
    const policies = ports?.get(port);
    policies?.delete(id);
    if (policies?.size === 0) ports?.delete(port);
    if (ports?.size === 0) this.#policies.delete(dpid);
  }
}
