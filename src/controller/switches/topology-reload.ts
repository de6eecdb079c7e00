import type { Reconciler } from "../../reconcile/index.ts";
import type { Logger } from "../../runtime/logger.ts";
import { attemptStore } from "../../runtime/store-attempt.ts";
import {
  type AdmissionSettings,
  admissionRules,
  type Dpid,
  type Topology,
  type TopologyConfig,
} from "../../topology/index.ts";
import type { HostWrites, RebaseOutcome } from "../network/host-writes.ts";
import type { Network } from "../network/network.ts";
import type { PortMemory } from "../network/port-memory.ts";
import type { PolicyStatusTracker } from "../status/policy-status-tracker.ts";
import type { SwitchSessions } from "./switch-sessions.ts";

/** Whom other topology files concern. */
export interface TopologyReloadDeps {
  readonly network: Network;
  readonly hosts: HostWrites;
  readonly sessions: SwitchSessions;
  readonly reconciler: Reconciler;
  readonly ports: PortMemory;
  readonly board: PolicyStatusTracker;
  readonly logger: Logger;
  readonly admission: AdmissionSettings;
  /** What is wanted of the switches has caught up with the network. */
  readonly compile: () => void;
}

/**
 * Lets the topology files say something else while the controller runs. It is a change of the network
 * as any other; what is more is that switches may begin or cease to be ours.
 */
export class TopologyReload {
  readonly #parts: TopologyReloadDeps;

  constructor(parts: TopologyReloadDeps) {
    this.#parts = parts;
  }

  /** Takes over what the files say now. */
  async reload(config: TopologyConfig): Promise<RebaseOutcome> {
    const { network, hosts, logger, admission } = this.#parts;
    const rules = admissionRules(admission, config.switches.length > 0);
    let before = network.topology;
    const outcome = await hosts.rebase((state) => {
      before = state.topology;
      return state.withConfig(config, rules);
    }, logger);
    if (outcome.type === "changed") await this.#switchesChanged(before, network.topology);
    return outcome;
  }

  async #switchesChanged(before: Topology, now: Topology): Promise<void> {
    const { sessions, reconciler, board, compile } = this.#parts;
    // Together with what follows, so that nothing is sent to a switch that is to be left alone.
    compile();
    const isProgrammed = ({ switches }: Topology, dpid: Dpid) => switches.get(dpid)?.programmed;
    const added = [...now.switches.keys()].filter(
      (dpid) => isProgrammed(now, dpid) && !isProgrammed(before, dpid),
    );
    // As at a start: they may have been ours before, and still send copies.
    reconciler.expect(added);
    sessions.admissionsChanged(before);
    for (const [dpid, { name, programmed }] of now.switches) {
      const old = before.switches.get(dpid);
      if (old?.name !== name || old.programmed !== programmed) board.switchChanged(dpid);
    }
    for (const dpid of before.switches.keys()) {
      if (!now.switches.has(dpid)) await this.#forget(dpid);
    }
  }

  /** A switch that no file names any more and that is not there is gone for good. */
  async #forget(dpid: Dpid): Promise<void> {
    const { ports, reconciler, logger } = this.#parts;
    const removed = await attemptStore(() => ports.forget(dpid));
    // Kept, they would only be known again on the day the switch is.
    if (!removed.ok) logger.warn({ dpid, why: removed.refusal }, "ports are not forgotten");
    await reconciler.forget(dpid);
  }
}
