import type { ReconcilerEvents, RefusedEntries, Repair } from "../../reconcile/index.ts";
import type { Logger } from "../../runtime/logger.ts";
import type { Dpid } from "../../topology/index.ts";
import type { EventBus } from "../events.ts";
import type { Network } from "../network/network.ts";
import { switchName } from "../views/network-view.ts";
import { installedRuleView } from "../views/rule-view.ts";

/** Whom it concerns what becomes of entries on switches. */
export interface ReconcileEventsDeps {
  readonly events: EventBus;
  readonly network: Network;
  readonly logger: Logger;
  /** The state of entries may have changed. */
  readonly changed: ReconcilerEvents["changed"];
}

/** Tells what the reconciler finds out about switches: events and log lines. */
export class ReconcileEvents implements ReconcilerEvents {
  readonly changed: ReconcilerEvents["changed"];
  readonly #parts: ReconcileEventsDeps;

  constructor(parts: ReconcileEventsDeps) {
    this.#parts = parts;
    this.changed = parts.changed;
  }

  refused(dpid: Dpid, old: RefusedEntries, now: RefusedEntries): void {
    const { events, logger } = this.#parts;
    const state = old.count === 0 ? "begun" : now.count === 0 ? "ended" : "changed";
    const ofSwitch = this.#switch(dpid);
    events.publish({
      type: "entriesRefused",
      ...ofSwitch,
      state,
      ...(old.count > 0 ? { old } : {}),
      ...(now.count > 0 ? { new: now } : {}),
    });
    if (state === "ended") logger.info(ofSwitch, "no entry is refused or blocked any more");
    else logger.warn({ ...ofSwitch, ...now }, "entries are refused or blocked");
  }

  repaired(dpid: Dpid, { by, drift, flows }: Repair): void {
    const { events, logger } = this.#parts;
    const ofSwitch = this.#switch(dpid);
    const found = flows.map(({ old, new: now }) => ({
      ...(old ? { old: installedRuleView(old) } : {}),
      ...(now ? { new: installedRuleView(now) } : {}),
    }));
    events.publish({ type: "switchRepaired", ...ofSwitch, by, drift, rules: found });
    logger.info({ ...ofSwitch, by, ...drift }, "what somebody else had changed is repaired");
  }

  #switch(dpid: Dpid) {
    return { dpid, switch: switchName(this.#parts.network.topology, dpid) };
  }
}
