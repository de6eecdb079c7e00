import { randomBytes } from "node:crypto";
import type { ControllerEvent } from "../../contract/events.ts";
import { cookieOf, type EntryRef } from "../../flow-model/index.ts";
import { probeRule } from "../../forwarding/index.ts";
import { flowRequest } from "../../openflow/index.ts";
import type { Session } from "../../openflow-session/index.ts";
import type { Clock } from "../../runtime/clock.ts";
import type { Logger } from "../../runtime/logger.ts";
import type { Dpid } from "../../topology/index.ts";
import type { Network } from "../network/network.ts";
import type { EntryState } from "../status/policy-status.ts";
import { switchName } from "../views/network-view.ts";
import { type DiscoveryStore, MemoryKeeper } from "./discovery-memory.ts";
import { LinkProber, type ProbeRejection } from "./link-prober.ts";
import type { PuntedFrame } from "./packet-ins.ts";
import type { PacketOuts } from "./packet-outs.ts";

/** What link discovery works with. */
export interface LinkFinderDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly store: DiscoveryStore;
  readonly network: Network;
  readonly packetOuts: PacketOuts;
  readonly session: (dpid: Dpid) => Session | undefined;
  readonly entryState: (ref: EntryRef) => EntryState;
  readonly publish: (event: ControllerEvent) => void;
  /** `discovered` has changed: `follow` must be called soon. */
  readonly changed: () => void;
  /** Has a switch's tables read and repaired. */
  readonly resync: (dpid: Dpid) => void;
  /** From one steady probe of a port to the next, in milliseconds. */
  readonly probeIntervalMs?: number;
}

const DEFAULT_PROBE_INTERVAL_MS = 5_000;
/** How long a switch may take to show its rule for probes, in milliseconds. */
const ANSWER_TIMEOUT_MS = 5_000;
/** How often the same port is complained of at most, in milliseconds. */
const COMPLAIN_EVERY_MS = 60_000;
/** Ports that are remembered as complained of. */
const MAX_COMPLAINTS = 10_000;

/** Finds links: brings link discovery together with what it needs and changes. */
export class LinkFinder {
  readonly #deps: LinkFinderDeps;
  readonly #memory: MemoryKeeper;
  #prober: LinkProber | undefined;
  /** When a port was last complained of, on the clock. */
  readonly #complaints = new Map<string, number>();

  constructor(deps: LinkFinderDeps) {
    this.#deps = deps;
    this.#memory = new MemoryKeeper(deps.store, deps.logger);
  }

  /** Reads what is remembered; before that nothing is discovered. */
  async load(): Promise<void> {
    const { clock, packetOuts, probeIntervalMs: intervalMs, entryState, changed } = this.#deps;
    const key = await this.#deps.store.probeKey();
    const memories = await this.#memory.load();
    const epoch = randomBytes(8).readBigUInt64BE();
    this.#prober = new LinkProber(
      {
        clock,
        key,
        epoch,
        intervalMs: intervalMs ?? DEFAULT_PROBE_INTERVAL_MS,
        send: (dpid, port, frame) => packetOuts.send(dpid, port, frame),
        barrier: async (dpid) => (await this.#deps.session(dpid)?.barrier())?.type === "reply",
        handsOverSince: (dpid) => this.#handsOverSince(dpid),
        entryState,
        changed,
        rejected: (at, why) => this.#rejected(at, why),
        unable: (dpid, why) => this.#unable(dpid, why),
      },
      memories,
    );
  }

  /** Takes in the network as it is, and gives it what was discovered. */
  follow(): void {
    const { network } = this.#deps;
    const prober = this.#prober;
    if (!prober) return;
    const { topology } = network;
    prober.follow(topology, (dpid, port) => topology.isPinned(dpid, port));
    network.replace(network.state.withDiscovered(prober.discovered));
    for (const memory of prober.takeMemories()) this.#memory.keep(memory);
  }

  /** A frame came in that looks like a probe. */
  heard(frame: PuntedFrame): void {
    this.#prober?.heard(frame);
  }

  /** Stops, and resolves when what is to be remembered is written. */
  async close(): Promise<void> {
    this.#prober?.stop();
    await this.#memory.idle();
  }

  /**
   * Asks a switch for its rule for probes, and since when it has it. Where somebody has removed it, the
   * switch is read and repaired now: until the next audit its links would look dead.
   */
  async #handsOverSince(dpid: Dpid): Promise<number | undefined> {
    const { session, resync, logger, network, clock } = this.#deps;
    const { table: tableId, match, priority } = probeRule;
    const answer = await session(dpid)?.multipart(
      flowRequest({ tableId, match, ...cookieOf("discovery") }),
      { timeoutMs: ANSWER_TIMEOUT_MS },
    );
    if (answer?.type !== "reply") return undefined;
    const rule = answer.reply
      .flatMap(({ entries }) => entries)
      .find((entry) => entry.priority === priority);
    if (rule) return clock.now() - rule.durationSec * 1000 - rule.durationNsec / 1e6;
    if (!network.topology.switches.get(dpid)?.programmed) return Infinity;
    const name = switchName(network.topology, dpid);
    logger.warn(
      { dpid, switch: name },
      "the rule for probes is gone from a switch: it is repaired",
    );
    resync(dpid);
    return undefined;
  }

  #rejected({ dpid, port }: PuntedFrame, reason: ProbeRejection): void {
    const { clock, logger, publish, network } = this.#deps;
    const now = clock.now();
    const key = `${dpid} ${port} ${reason}`;
    const last = this.#complaints.get(key);
    if (last !== undefined && now - last < COMPLAIN_EVERY_MS) return;
    if (this.#complaints.size >= MAX_COMPLAINTS) this.#complaints.clear();
    this.#complaints.set(key, now);
    const name = switchName(network.topology, dpid);
    logger.warn({ dpid, switch: name, port, reason }, "a probe that is not ours was ignored");
    publish({ type: "probeRejected", dpid, switch: name, port, reason });
  }

  #unable(dpid: Dpid, why: string): void {
    const { logger, network } = this.#deps;
    const name = switchName(network.topology, dpid);
    logger.warn(
      { dpid, switch: name, why },
      "the switch hands over no probes: its links stay unknown",
    );
  }
}
