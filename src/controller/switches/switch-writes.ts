import type { Rejection } from "../../contract/rejection.ts";
import type { Reconciler } from "../../reconcile/index.ts";
import type { Logger } from "../../runtime/logger.ts";
import { attemptStore } from "../../runtime/store-attempt.ts";
import { parseDpid } from "../../topology/index.ts";
import type { Network } from "../network/network.ts";
import type { PortMemory } from "../network/port-memory.ts";
import { documentProblems } from "../policies/policy-writes.ts";

/** What forgetting a switch touches. */
export interface SwitchWritesOptions {
  readonly network: Network;
  readonly ports: PortMemory;
  readonly reconciler: Reconciler;
  readonly logger: Logger;
  /** What is wanted of the switches has caught up with the network. */
  readonly compile: () => void;
}

/**
 * Accepted switches that are remembered while they are away. Whoever reaches the OpenFlow port may come
 * under one datapath id after the other; no real network loses so many switches and wants them back.
 */
const MOST_AWAY = 1024;

/** Forgets switches: checks first, disk second, effect third. */
export class SwitchWrites {
  readonly #options: SwitchWritesOptions;

  constructor(options: SwitchWritesOptions) {
    this.#options = options;
  }

  /** Keeps to the bound on switches that are away: forgets those that went first. */
  async forgetLongAway(): Promise<void> {
    const { network, logger } = this.#options;
    for (const dpid of network.state.longAway(MOST_AWAY)) {
      const { type } = await this.forget(dpid);
      if (type === "deleted")
        logger.info({ dpid }, "a switch that has long been away is forgotten");
    }
  }

  /** `text`: a name or datapath id. */
  async forget(text: string): Promise<{ readonly type: "deleted" } | Rejection> {
    const { network, ports, reconciler, compile } = this.#options;
    const dpid = network.topology.switchByNameOrDpid(text)?.dpid ?? parseDpid(text);
    if (!dpid || !network.topology.switches.has(dpid)) return { type: "notFound" };
    if (network.state.admission(dpid).state === "file") return { type: "readOnly" };
    const before = network.state.forgetSwitch(dpid);
    if (!before.ok) return { type: "conflict", problems: documentProblems(before.problems) };
    const removed = await attemptStore(() => ports.forget(dpid));
    if (!removed.ok) return removed.refusal;
    // It may have come back while the disk was busy: then it is there, and remembered again.
    const now = network.state.forgetSwitch(dpid);
    if (!now.ok) {
      ports.keep(network.topology);
      return { type: "conflict", problems: documentProblems(now.problems) };
    }
    network.replace(now.state);
    compile();
    await reconciler.forget(dpid);
    return { type: "deleted" };
  }
}
