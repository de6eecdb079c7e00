import { randomBytes } from "node:crypto";
import type { EntryRef } from "../../pipeline/index.ts";
import type { Dpid } from "../../topology/index.ts";
import type { Clock } from "../clock.ts";
import type { ControllerEvent } from "../events.ts";
import type { Logger } from "../logger.ts";
import type { Network } from "../network.ts";
import type { EntryState } from "../policy-status.ts";
import type { Session } from "../session/index.ts";
import { switchName } from "../views/network-view.ts";
import { type DiscoveryStore, MemoryKeeper } from "./discovery-memory.ts";
import { LinkProber, type ProbeRejection } from "./link-prober.ts";
import type { PuntedFrame } from "./packet-ins.ts";
import type { PacketOuts } from "./packet-outs.ts";

/** What link discovery works with. */
export interface LinkFinderOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly store: DiscoveryStore;
  readonly network: Network;
  readonly packetOuts: PacketOuts;
  readonly session: (dpid: Dpid) => Session | undefined;
  readonly entryState: (ref: EntryRef) => EntryState;
  readonly publish: (event: ControllerEvent) => void;
  /** What was discovered is something else now: `follow` is to be called soon. */
  readonly changed: () => void;
  /** From one steady probe of a port to the next, in milliseconds. */
  readonly probeIntervalMs?: number;
}

const DEFAULT_PROBE_INTERVAL_MS = 5_000;
/** How often the same port is complained of at most, in milliseconds. */
const COMPLAIN_EVERY_MS = 60_000;
/** Ports that are remembered as complained of. */
const MAX_COMPLAINTS = 10_000;

/** Finds links: brings link discovery together with what it needs and changes. */
export class LinkFinder {
  readonly #options: LinkFinderOptions;
  readonly #memory: MemoryKeeper;
  #prober: LinkProber | undefined;
  /** When a port was last complained of, on the clock. */
  readonly #complaints = new Map<string, number>();

  constructor(options: LinkFinderOptions) {
    this.#options = options;
    this.#memory = new MemoryKeeper(options.store, options.logger);
  }

  /** Reads what is remembered; before that nothing is discovered. */
  async load(): Promise<void> {
    const { clock, packetOuts, probeIntervalMs: intervalMs, entryState, changed } = this.#options;
    const key = await this.#options.store.probeKey();
    const memories = await this.#memory.load();
    const epoch = randomBytes(8).readBigUInt64BE();
    this.#prober = new LinkProber(
      {
        clock,
        key,
        epoch,
        intervalMs: intervalMs ?? DEFAULT_PROBE_INTERVAL_MS,
        send: (dpid, port, frame) => packetOuts.send(dpid, port, frame),
        barrier: async (dpid) => (await this.#options.session(dpid)?.barrier())?.type === "reply",
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
    const { network } = this.#options;
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

  #rejected({ dpid, port }: PuntedFrame, reason: ProbeRejection): void {
    const { clock, logger, publish, network } = this.#options;
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
    const { logger, network } = this.#options;
    const name = switchName(network.topology, dpid);
    logger.warn(
      { dpid, switch: name, why },
      "the switch hands over no probes: its links stay unknown",
    );
  }
}
