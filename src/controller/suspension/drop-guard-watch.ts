import { Port } from "../../openflow/index.ts";
import type { Session } from "../../openflow-session/index.ts";
import type { PolicyId } from "../../policy/index.ts";
import type { CancelTimer, Clock } from "../../runtime/clock.ts";
import type { Dpid, Topology } from "../../topology/index.ts";
import {
  DROP_COUNTERS,
  DropGuard,
  type DropGuardOptions,
  type PortDrops,
  type SwitchDrops,
  type Verdict,
  type WatchedPorts,
} from "./drop-guard.ts";

/** What the guard looks at and whom it tells. */
export interface DropGuardWatchDeps extends DropGuardOptions {
  readonly clock: Clock;
  readonly topology: () => Topology;
  /** The sessions of all switches that are connected. */
  readonly sessions: () => Iterable<Session>;
  readonly portsOf: (id: PolicyId) => WatchedPorts;
  /** Stop this policy; the reason is a clause. */
  readonly suspend: (id: PolicyId, reason: string) => void;
}

/** A counter that a switch does not keep. @spec OpenFlow 1.4.1 §7.3.5.6 */
const NOT_KEPT = 0xffff_ffff_ffff_ffffn;
/** How often counters are read: ten times in a window, within these limits in milliseconds. */
const [FASTEST_MS, SLOWEST_MS] = [1_000, 5_000];

/**
 * Reads the counters of all ports at regular intervals, also when nothing is watched: what is there
 * after an install says nothing without what was there before.
 */
export class DropGuardWatch {
  readonly #deps: DropGuardWatchDeps;
  readonly #guard: DropGuard;
  readonly #asked = new Set<Dpid>();
  #cancel: CancelTimer = () => undefined;

  constructor(deps: DropGuardWatchDeps) {
    this.#deps = deps;
    this.#guard = new DropGuard(deps);
    this.#next();
  }

  planned(ids: Iterable<PolicyId>): void {
    const { clock, portsOf } = this.#deps;
    const policies = Array.from(ids, (id) => [id, portsOf(id)] as const);
    this.#guard.planned(policies, clock.now());
  }

  active(id: PolicyId): void {
    this.#guard.active(id, this.#deps.clock.now());
  }

  /** A switch is there: its counters are of use from now on, not from the next round. */
  connected(session: Session): void {
    void this.#ask(session);
  }

  close(): void {
    this.#cancel();
  }

  #next(): void {
    const { clock, windowMs, sessions } = this.#deps;
    this.#cancel = clock.after(Math.min(Math.max(windowMs / 10, FASTEST_MS), SLOWEST_MS), () => {
      for (const session of sessions()) void this.#ask(session);
      this.#next();
    });
  }

  async #ask(session: Session): Promise<void> {
    const { dpid } = session;
    // A slow switch is asked once, not again and again.
    if (this.#asked.has(dpid)) return;
    this.#asked.add(dpid);
    const outcome = await session.multipart({ type: "portStats", portNo: Port.Any });
    this.#asked.delete(dpid);
    if (outcome.type !== "reply") return;
    const drops = new Map<number, PortDrops>();
    for (const { entries } of outcome.reply) {
      for (const entry of entries) drops.set(entry.portNo, keptOf(entry));
    }
    this.#sampled(dpid, drops);
  }

  #sampled(dpid: Dpid, drops: SwitchDrops): void {
    const { clock, suspend } = this.#deps;
    for (const verdict of this.#guard.sampled(dpid, drops, clock.now())) {
      suspend(verdict.id, this.#reasonOf(verdict));
    }
  }

  #reasonOf({ dpid, port, counter, before, after, elapsedMs }: Verdict): string {
    const { drops, topology } = this.#deps;
    const found = topology().switches.get(dpid);
    const label = found?.ports.get(port as never)?.name;
    const named = label ? `${port} (${label})` : String(port);
    const where = `port ${named} of switch ${found?.name ?? dpid}`;
    const seconds = (elapsedMs / 1000).toFixed(1);
    const rise = `rose from ${before} to ${after} within ${seconds} s of the install`;
    return `${counter} of ${where} ${rise}; more than ${drops} lost frames are too many`;
  }
}

function keptOf(entry: Readonly<Record<(typeof DROP_COUNTERS)[number], bigint>>): PortDrops {
  return Object.fromEntries(
    DROP_COUNTERS.filter((counter) => entry[counter] !== NOT_KEPT).map((counter) => [
      counter,
      entry[counter],
    ]),
  );
}
