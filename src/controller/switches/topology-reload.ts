// SPDX-License-Identifier: Apache-2.0
import type { OpenFlowListener } from "../../openflow-session/index.ts";
import type { Reconciler } from "../../reconcile/index.ts";
import type { Logger } from "../../runtime/logger.ts";
import { attemptStore } from "../../runtime/store-attempt.ts";
import {
  type AdmissionSettings,
  admissionRules,
  type Dpid,
  passiveServices,
  type Topology,
  type TopologyConfig,
} from "../../topology/index.ts";
import type { HostWrites } from "../network/host-writes.ts";
import type { Network } from "../network/network.ts";
import type { NetworkUpdates } from "../network/network-updates.ts";
import type { PortMemory } from "../network/port-memory.ts";
import type { PolicyStatusTracker } from "../status/policy-status-tracker.ts";
import type { SwitchSessions } from "./switch-sessions.ts";

export type ReloadOutcome =
  | { readonly type: "changed" | "unchanged" }
  | { readonly type: "storeFailed"; readonly detail: string };

/** Dependencies of `TopologyReload`. */
interface TopologyReloadDeps {
  readonly network: Network;
  readonly hosts: HostWrites;
  readonly switchSessions: SwitchSessions;
  readonly listener: Pick<OpenFlowListener, "connectTo">;
  readonly reconciler: Reconciler;
  readonly ports: PortMemory;
  readonly statusTracker: PolicyStatusTracker;
  readonly updates: NetworkUpdates;
  readonly logger: Logger;
  readonly admission: AdmissionSettings;
}

/**
 * Applies changed topology files while the controller runs. This is a change of the network like any
 * other, except that switches may begin or cease to be programmed by OpenVTAP.
 */
export class TopologyReload {
  readonly #deps: TopologyReloadDeps;

  constructor(deps: TopologyReloadDeps) {
    this.#deps = deps;
  }

  /** Applies the present content of the files. */
  async reload(config: TopologyConfig): Promise<ReloadOutcome> {
    const { network, hosts, listener, logger, admission } = this.#deps;
    const rules = admissionRules(admission, config.switches.length > 0);
    const outcome = await hosts.rebase((state) => state.configuring(config, rules), logger);
    if (outcome.type !== "storeFailed") listener.connectTo(passiveServices(config));
    if (outcome.type === "changed") await this.#switchesChanged(outcome.before, network.topology);
    return outcome;
  }

  async #switchesChanged(before: Topology, now: Topology): Promise<void> {
    const { switchSessions, reconciler, statusTracker, updates } = this.#deps;
    // In one turn with what follows, so that nothing is sent to a switch that is no longer programmed.
    updates.flush();
    const isProgrammed = ({ switches }: Topology, dpid: Dpid) => switches.get(dpid)?.programmed;
    const added = [...now.switches.keys()].filter(
      (dpid) => isProgrammed(now, dpid) && !isProgrammed(before, dpid),
    );
    // As at a start: a previous process may have programmed them, and they may still send copies.
    reconciler.expect(added);
    switchSessions.admissionsChanged(before);
    for (const [dpid, { name, programmed }] of now.switches) {
      const old = before.switches.get(dpid);
      if (old?.name !== name || old.programmed !== programmed) statusTracker.switchChanged(dpid);
    }
    for (const dpid of before.switches.keys()) {
      if (!now.switches.has(dpid)) await this.#forget(dpid);
    }
  }

  /** A switch that no file names any longer and that is not connected is forgotten. */
  async #forget(dpid: Dpid): Promise<void> {
    const { ports, reconciler, logger } = this.#deps;
    const removed = await attemptStore(() => ports.forget(dpid));
    // Ports left on disk do no harm: they are used only if the switch becomes known again.
    if (!removed.ok)
      logger.warn(
        { dpid, why: removed.refusal },
        "the ports of a forgotten switch are not removed from disk",
      );
    await reconciler.forget(dpid);
  }
}
