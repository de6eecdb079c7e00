// SPDX-License-Identifier: Apache-2.0
import type { Cause } from "../../contract/audit/actor.ts";
import type { Rejection } from "../../contract/rejection.ts";
import type { Reconciler } from "../../reconcile/index.ts";
import type { Logger } from "../../runtime/logger.ts";
import { attemptStore } from "../../runtime/store-attempt.ts";
import { parseDpid } from "../../topology/index.ts";
import { objectChange } from "../audit/audit-entries.ts";
import type { Network } from "../network/network.ts";
import type { NetworkUpdates } from "../network/network-updates.ts";
import type { PortMemory } from "../network/port-memory.ts";
import { documentProblems } from "../policies/policy-writes.ts";

/** Dependencies of `SwitchWrites`. */
interface SwitchWritesDeps {
  readonly network: Network;
  readonly ports: PortMemory;
  readonly reconciler: Reconciler;
  readonly updates: NetworkUpdates;
  readonly desired: {
    /** Calls back when every change of the network so far is compiled. */
    whenNetworkCompiled(callback: () => void): void;
  };
  readonly logger: Logger;
}

/**
 * Maximum number of accepted switches that are remembered while disconnected. A peer that reaches the
 * OpenFlow port can connect under any number of datapath ids; no real network has so many switches
 * disconnected at once.
 */
const MAX_DISCONNECTED = 1024;

/** Forgets switches: checks first, disk second, effect third. */
export class SwitchWrites {
  readonly #deps: SwitchWritesDeps;

  constructor(deps: SwitchWritesDeps) {
    this.#deps = deps;
  }

  /** Enforces the bound on disconnected switches: forgets those that disconnected first. */
  async forgetLongAway(): Promise<void> {
    const { network, logger } = this.#deps;
    for (const dpid of network.state.longAway(MAX_DISCONNECTED)) {
      const { type } = await this.forget(dpid);
      if (type === "deleted")
        logger.info({ dpid }, "a switch that has been disconnected for long is forgotten");
    }
  }

  /** `text`: a name or datapath id; `cause`: absent when no request asks for it. */
  async forget(text: string, cause?: Cause): Promise<{ readonly type: "deleted" } | Rejection> {
    const { network, ports, reconciler, updates, desired } = this.#deps;
    const dpid = network.topology.switchByNameOrDpid(text)?.dpid ?? parseDpid(text);
    if (!dpid || !network.topology.switches.has(dpid)) return { type: "notFound" };
    if (network.state.admission(dpid).state === "file") return { type: "readOnly" };
    const before = network.state.forgetSwitch(dpid);
    if (!before.ok) return { type: "conflict", problems: documentProblems(before.problems) };
    const change = { object: { kind: "switch", id: dpid }, status: 204 } as const;
    const audit = cause ? [objectChange(cause, change)] : [];
    const removed = await attemptStore(() => ports.forget(dpid, audit));
    if (!removed.ok) return removed.refusal;
    // It may have reconnected during the disk write: then it is known, and remembered again.
    const now = network.state.forgetSwitch(dpid);
    if (!now.ok) {
      ports.keep(network.topology);
      return { type: "conflict", problems: documentProblems(now.problems) };
    }
    network.replace(now.state);
    updates.flush();
    await new Promise<void>((resolve) => desired.whenNetworkCompiled(resolve));
    await reconciler.forget(dpid);
    return { type: "deleted" };
  }
}
