// SPDX-License-Identifier: Apache-2.0
import { isOwned } from "../../flow-model/index.ts";
import { defined } from "../../lang/defined.ts";
import { flowRequest } from "../../openflow/index.ts";
import type { Session } from "../../openflow-session/index.ts";
import { describeFailure } from "../../openflow-session/transactions.ts";
import { MarkUsers } from "../../policy/index.ts";
import { type Clock, systemClock } from "../../runtime/clock.ts";
import type { Logger } from "../../runtime/logger.ts";
import { besideMarkText, type Dpid, type MarkCheck } from "../../topology/index.ts";
import type { EventBus } from "../events.ts";
import type { Network } from "../network/network.ts";
import type { NetworkUpdates } from "../network/network-updates.ts";
import type { SessionRegistry } from "./session-registry.ts";

/** Dependencies of `MarkChecks`. */
interface MarkChecksDeps {
  readonly network: Pick<Network, "apply" | "topology" | "state">;
  readonly updates: Pick<NetworkUpdates, "flush">;
  readonly sessions: Pick<SessionRegistry, "get">;
  readonly events: Pick<EventBus, "publish">;
  readonly logger: Pick<Logger, "info" | "warn">;
  readonly clock?: Clock;
}

/** Maximum time for a switch to list the entries of all applications, in milliseconds. */
const LISTING_TIMEOUT_MS = 60_000;
/** How long to wait after a listing that failed, in milliseconds. */
const AGAIN_MS = 5_000;

/**
 * Whether the mark of a switch beside another application is spare: reads all entries and groups there when it
 * connects, and with each audit. A listing comes in parts, each of which is checked when it arrives, and none is
 * kept: the tables of the other application may be large.
 */
export class MarkChecks {
  readonly #deps: MarkChecksDeps;
  readonly #clock: Clock;
  /** The checks that are under way. */
  readonly #running = new Map<Session, { isRepeated: boolean }>();

  constructor(deps: MarkChecksDeps) {
    this.#deps = deps;
    this.#clock = deps.clock ?? systemClock;
  }

  /** Checks a switch; calls back when the result is known. At once for a switch that has no mark. */
  async known(session: Session, then: () => void): Promise<void> {
    if (this.#markOf(session.dpid) === undefined) then();
    else if (await this.#checked(session)) then();
  }

  /** The entries of a switch, or its mark, may have changed. */
  again(dpid: Dpid): void {
    const session = this.#deps.sessions.get(dpid);
    if (session === undefined || this.#markOf(dpid) === undefined) return;
    const running = this.#running.get(session);
    if (running) running.isRepeated = true;
    else void this.#checked(session);
  }

  /** The topology files may name another mark for a switch, or its first. */
  followed({ dpid }: Session): void {
    if (this.#deps.network.topology.switches.get(dpid)?.markCheck === undefined) this.again(dpid);
  }

  #markOf(dpid: Dpid): string | undefined {
    return besideMarkText(this.#deps.network.topology.switches.get(dpid)?.forwarding);
  }

  /** False when the switch has gone away. */
  async #checked(session: Session): Promise<boolean> {
    const state = { isRepeated: false };
    this.#running.set(session, state);
    try {
      for (;;) {
        const mark = this.#markOf(session.dpid);
        // The files name none any longer.
        if (mark === undefined) return true;
        state.isRepeated = false;
        const found = await this.#reading(session, mark);
        if (this.#deps.sessions.get(session.dpid) !== session) return false;
        if (found === undefined) {
          await new Promise<void>((resolve) => this.#clock.after(AGAIN_MS, resolve));
        } else {
          this.#take(session.dpid, found);
          if (!state.isRepeated && mark === this.#markOf(session.dpid)) return true;
        }
      }
    } finally {
      this.#running.delete(session);
    }
  }

  /** The first obstacle in the tables; undefined: they could not be read. */
  async #reading(session: Session, mark: string): Promise<MarkCheck | undefined> {
    const { dpid } = session;
    const users = new MarkUsers(mark);
    let obstacle: string | undefined;
    const timeoutMs = LISTING_TIMEOUT_MS;
    const flows = await session.multipart(flowRequest(), {
      timeoutMs,
      each: ({ entries }) => {
        for (const entry of entries) {
          if (!isOwned(entry.cookie)) obstacle ??= users.ofEntry(entry);
        }
      },
    });
    const groups = await session.multipart(
      { type: "groupDesc" },
      {
        timeoutMs,
        each: ({ entries }) => {
          for (const entry of entries) obstacle ??= users.ofGroup(entry);
        },
      },
    );
    for (const outcome of [flows, groups]) {
      if (outcome.type === "reply") continue;
      const reason = describeFailure(outcome);
      const fields = { dpid, switch: this.#name(dpid), reason };
      this.#deps.logger.warn(fields, "the entries of other applications cannot be read: retrying");
      return undefined;
    }
    if (obstacle === undefined) return { mark };
    const remedy =
      'name a register bit that no entry reads ("forwarding": { "beside": { "mark": … } } in the topology file)';
    return { mark, obstacle: `on switch ${this.#name(dpid)} ${obstacle}: ${remedy}` };
  }

  #take(dpid: Dpid, check: MarkCheck): void {
    const { network, updates, events, logger } = this.#deps;
    const old = network.topology.switches.get(dpid)?.markCheck?.obstacle;
    network.apply({ type: "markChecked", dpid, check });
    updates.flush();
    const now = check.obstacle;
    if (old === now) return;
    const ofSwitch = { dpid, switch: this.#name(dpid) };
    const state = old === undefined ? "begun" : now === undefined ? "ended" : "changed";
    events.publish({ type: "markRead", ...ofSwitch, state, ...defined({ old, new: now }) });
    if (now === undefined) logger.info(ofSwitch, "the mark is not read any longer: taps are back");
    else logger.warn({ ...ofSwitch, reason: now }, "no frames are tapped on the switch");
  }

  #name(dpid: Dpid): string {
    return this.#deps.network.state.switchName(dpid);
  }
}
