// SPDX-License-Identifier: Apache-2.0
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
import { DiscoveryMemoryWriter, type DiscoveryStore } from "./discovery-memory.ts";
import { isProbed } from "./is-probed.ts";
import { LinkProber, type ProbeRejection } from "./link-prober.ts";
import type { PuntedFrame } from "./packet-ins.ts";
import type { PacketOuts } from "./packet-outs.ts";
import type { SilentPorts } from "./silent-ports.ts";

/** Dependencies and options of `LinkFinder`. */
interface LinkFinderDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly store: DiscoveryStore;
  readonly network: Network;
  readonly packetOuts: PacketOuts;
  readonly session: (dpid: Dpid) => Session | undefined;
  readonly entryState: (ref: EntryRef) => EntryState;
  /** The ports by which no probes may leave. */
  readonly silentPorts: SilentPorts;
  readonly publish: (event: ControllerEvent) => void;
  /** The result of discovery has changed: `follow` must be called soon. */
  readonly changed: () => void;
  /** Reads and repairs the tables of a switch. */
  readonly resync: (dpid: Dpid) => void;
  /** Interval between two probes of a port, in milliseconds. */
  readonly probeIntervalMs?: number;
}

/** Interval between two probes of a port unless the options say otherwise, in milliseconds. */
export const DEFAULT_PROBE_INTERVAL_MS = 5_000;
/** Maximum time for a switch to list its rule for probes, in milliseconds. */
const ANSWER_TIMEOUT_MS = 5_000;
/** Minimum interval between two warnings about one port, in milliseconds. */
const WARN_EVERY_MS = 60_000;
/** Maximum number of remembered warnings. */
const MAX_WARNINGS = 10_000;

/** Finds links: connects the prober to the switches, the network and the disk. */
export class LinkFinder {
  readonly #deps: LinkFinderDeps;
  readonly #memory: DiscoveryMemoryWriter;
  #prober: LinkProber | undefined;
  #isFollowing = false;
  /** When each port was last warned about, on the clock. */
  readonly #warnedAt = new Map<string, number>();

  constructor(deps: LinkFinderDeps) {
    this.#deps = deps;
    this.#memory = new DiscoveryMemoryWriter(deps.store, deps.logger);
  }

  /** Restores what is stored and starts discovery. */
  async load(): Promise<void> {
    const { clock, packetOuts, probeIntervalMs: intervalMs } = this.#deps;
    const { entryState, changed, silentPorts } = this.#deps;
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
        silentPorts: (topology) => silentPorts.in(topology),
        changed,
        rejected: (at, why) => this.#rejected(at, why),
        unable: (dpid, why) => this.#unable(dpid, why),
      },
      memories,
    );
  }

  /** Passes the present network to discovery, and the result of discovery to the network. */
  follow(): void {
    const { network } = this.#deps;
    const prober = this.#prober;
    if (!prober) return;
    const { topology } = network;
    prober.follow(topology);
    network.replace(network.state.withDiscovered(prober.discovered));
    for (const memory of prober.takeMemories()) this.#memory.keep(memory);
  }

  /** The ports by which no probes may leave have changed: follows all changes of this turn at once. */
  silentPortsChanged(): void {
    if (this.#isFollowing) return;
    this.#isFollowing = true;
    this.#deps.clock.after(0, () => {
      this.#isFollowing = false;
      this.#prober?.follow(this.#deps.network.topology);
    });
  }

  /** The disk takes writes again. */
  retryWrites(): void {
    this.#memory.retry();
  }

  /** A switch has sent a frame that looks like a probe. */
  received(frame: PuntedFrame): void {
    this.#prober?.received(frame);
  }

  /** Stops, and resolves when everything is written. */
  async close(): Promise<void> {
    this.#prober?.stop();
    await this.#memory.idle();
  }

  /**
   * Asks a switch for its rule for probes, and returns since when it has the rule. If the rule has been
   * removed, the switch is read and repaired now: its links would look dead until the next audit.
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
    if (!isProbed(network.topology.switches.get(dpid))) return Infinity;
    const name = switchName(network.topology, dpid);
    logger.warn(
      { dpid, switch: name },
      "the rule for probes is missing on a switch: it is repaired",
    );
    resync(dpid);
    return undefined;
  }

  #rejected({ dpid, port }: PuntedFrame, reason: ProbeRejection): void {
    const { clock, logger, publish, network } = this.#deps;
    const now = clock.now();
    const key = `${dpid} ${port} ${reason}`;
    const last = this.#warnedAt.get(key);
    if (last !== undefined && now - last < WARN_EVERY_MS) return;
    if (this.#warnedAt.size >= MAX_WARNINGS) this.#warnedAt.clear();
    this.#warnedAt.set(key, now);
    const name = switchName(network.topology, dpid);
    logger.warn(
      { dpid, switch: name, port, reason },
      "a probe that OpenVTAP did not send was ignored",
    );
    publish({ type: "probeRejected", dpid, switch: name, port, reason });
  }

  #unable(dpid: Dpid, why: string): void {
    const { logger, network } = this.#deps;
    const name = switchName(network.topology, dpid);
    logger.warn(
      { dpid, switch: name, why },
      "the switch sends no probes to the controller: its links stay unknown",
    );
  }
}
