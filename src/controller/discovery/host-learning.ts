import { formatMac } from "../../openflow/index.ts";
import { readObservedHost } from "../../packet/index.ts";
import type { CancelTimer, Clock } from "../../runtime/clock.ts";
import type { Logger } from "../../runtime/logger.ts";
import {
  type ConflictNotice,
  type ConflictRecord,
  type Dpid,
  HOST_LIMITS,
  type HostLimits,
  HostTable,
  type PortNo,
  type PortRole,
  type Switch,
  type Topology,
} from "../../topology/index.ts";
import type { EventBus } from "../events.ts";
import type { Network } from "../network/network.ts";
import { conflictView } from "../views/conflict-view.ts";
import { hostProbeFrame } from "./host-probe-frame.ts";
import type { LearnedHostMemory } from "./learned-host-memory.ts";
import type { PuntedFrame } from "./packet-ins.ts";
import type { PacketOuts } from "./packet-outs.ts";
import { WaitingFrames } from "./waiting-frames.ts";

/**
 * How often learned hosts are told to the rest at most, in milliseconds: a burst is compiled once. More
 * by one for so many hosts: each time all of them are gone through.
 */
const TELL_EVERY_MS = 25;
const HOSTS_PER_MS = 100;
/** How often the table is looked through: 60 times in the expiry time, within these bounds. */
const SHORTEST_LOOK_MS = 100;
const LONGEST_LOOK_MS = 10_000;

export interface HostLearningDeps {
  readonly network: Network;
  readonly events: EventBus;
  readonly packetOuts: Pick<PacketOuts, "send">;
  readonly memory: LearnedHostMemory;
  readonly clock: Clock;
  /** The time of day, in milliseconds since 1970. */
  readonly timeOfDay: () => number;
  readonly logger: Logger;
  readonly limits?: Partial<HostLimits>;
}

/**
 * Learns hosts from the frames that switches hand over, and tells the network of them. What is learned
 * is the host table's to say; here are the clock, the frames and the disk.
 */
export class HostLearning {
  readonly #deps: HostLearningDeps;
  readonly #table: HostTable;
  readonly #waiting = new WaitingFrames();
  readonly #lookEveryMs: number;
  /** The snapshot last compared with. */
  #topology: Topology | undefined;
  /** Names of ports as last known: a number that comes back with another name is another port. */
  readonly #portNames = new Map<Dpid, Map<PortNo, string>>();
  #toldAt = -Infinity;
  #telling: CancelTimer | undefined;
  #looking: CancelTimer | undefined;

  constructor(deps: HostLearningDeps) {
    this.#deps = deps;
    this.#table = new HostTable(deps.limits);
    const { expiryMs } = { ...HOST_LIMITS, ...deps.limits };
    this.#lookEveryMs = Math.min(LONGEST_LOOK_MS, Math.max(SHORTEST_LOOK_MS, expiryMs / 60));
  }

  /** Takes back what was known before a restart. */
  async restore(): Promise<void> {
    const { clock, network, memory } = this.#deps;
    this.#compare(network.topology);
    this.#table.restore(await memory.load(), clock.now());
    this.#compare(network.topology);
    this.#tell();
  }

  /** A switch handed over a frame. */
  frame(frame: PuntedFrame): void {
    const { dpid, port, bytes } = frame;
    const role = roleOf(this.#deps.network.topology, dpid, port);
    if (role === "probing") this.#waiting.keep(frame);
    if (role !== "edge") return;
    const sighting = readObservedHost(bytes);
    if (!sighting) return;
    this.#table.sighted({ dpid, port }, sighting, this.#deps.clock.now());
    this.#tellSoon();
  }

  /** The network is different: where hosts may be, who is named, which switches are there. */
  networkChanged(topology: Topology): void {
    if (topology === this.#topology) return;
    this.#compare(topology);
    // All first: one that has to wait again must not be met again.
    for (const frame of [...this.#waiting.take((...at) => roleOf(topology, ...at))])
      this.frame(frame);
    this.#tellSoon();
  }

  /** Forgets a learned host; false when there is none. */
  forget(mac: number): boolean {
    const found = this.#table.forget(mac);
    if (found) this.#tell();
    return found;
  }

  /** When a learned host was last seen, on the clock. */
  lastSeen(mac: number): number | undefined {
    return this.#table.lastSeen(mac);
  }

  /** A time on the clock as ISO 8601, for people. */
  timeText(ms: number): string {
    const { clock, timeOfDay } = this.#deps;
    return new Date(timeOfDay() - (clock.now() - ms)).toISOString();
  }

  conflicts(): ReadonlyMap<number, readonly ConflictRecord[]> {
    return this.#table.conflicts();
  }

  get refused(): number {
    return this.#table.refused;
  }

  /** Stops, and resolves when everything is written. */
  async close(): Promise<void> {
    this.#telling?.();
    this.#looking?.();
    await this.#deps.memory.close(this.#table.hosts(), (mac) => this.#table.lastSeen(mac));
  }

  #compare(topology: Topology): void {
    const before = this.#topology;
    this.#topology = topology;
    if (before?.hosts !== topology.hosts) {
      this.#table.setNamed(
        [...topology.hosts.values()].filter(({ origin }) => origin !== "learned"),
      );
    }
    if (before?.switches !== topology.switches || before.links !== topology.links) {
      this.#compareSwitches(before, topology);
    }
  }

  #compareSwitches(before: Topology | undefined, topology: Topology): void {
    const now = this.#deps.clock.now();
    for (const [dpid, found] of topology.switches) {
      const { ports } = found;
      const wasThere = isThere(before?.switches.get(dpid));
      if (isThere(found) && !wasThere) this.#table.switchUp(dpid, now);
      if (!isThere(found) && wasThere) this.#table.switchDown(dpid);
      const names = this.#portNames.get(dpid) ?? new Map<PortNo, string>();
      this.#portNames.set(dpid, names);
      for (const [no, { name }] of ports) {
        const known = names.get(no);
        names.set(no, name);
        if (known === undefined || known === name) continue;
        this.#table.keepOnly((at) => at.dpid !== dpid || at.port !== no);
      }
    }
    for (const dpid of before?.switches.keys() ?? []) {
      if (topology.switches.has(dpid)) continue;
      this.#table.keepOnly((at) => at.dpid !== dpid);
      this.#portNames.delete(dpid);
    }
    this.#table.keepOnly((at) => !topology.isLinkPort(at.dpid, at.port));
  }

  #tellSoon(): void {
    if (this.#telling) return;
    const { clock } = this.#deps;
    const pause = TELL_EVERY_MS + this.#table.size / HOSTS_PER_MS;
    const wait = Math.max(0, this.#toldAt + pause - clock.now());
    this.#telling = clock.after(wait, () => this.#tell());
  }

  /** Hands what changed to the network, the disk and whoever listens. */
  #tell(): void {
    this.#telling?.();
    this.#telling = undefined;
    const { network, memory, clock } = this.#deps;
    this.#toldAt = clock.now();
    const { hosts, notices } = this.#table.takeChanges();
    if (hosts) {
      network.replace(network.state.withLearnedHosts(hosts));
      memory.keep(hosts, (mac) => this.#table.lastSeen(mac));
    }
    for (const notice of notices) this.#report(notice);
    this.#lookLater();
  }

  #report({ state, conflict }: ConflictNotice): void {
    const { network, events, logger } = this.#deps;
    const view = conflictView(network.topology, conflict);
    events.publish({ type: "hostConflict", state, conflict: view });
    if (state === "begun")
      logger.warn({ conflict: view }, "what is seen of hosts does not fit together");
    else logger.info({ conflict: view }, "a conflict of hosts is over");
  }

  #lookLater(): void {
    if (this.#looking || this.#table.isIdle) return;
    this.#looking = this.#deps.clock.after(this.#lookEveryMs, () => {
      this.#looking = undefined;
      this.#look();
    });
  }

  #look(): void {
    const { clock, packetOuts, logger } = this.#deps;
    for (const probe of this.#table.due(clock.now())) {
      const { at, mac } = probe;
      packetOuts.send(at.dpid, at.port, hostProbeFrame(probe));
      logger.debug({ mac: formatMac(mac), ...at }, "asks a silent host whether it is there");
    }
    this.#tell();
  }
}

/** Whether hosts can be asked for: a switch that we leave alone is not told to send anything. */
function isThere(found: Switch | undefined): boolean {
  return (found?.connected && found.programmed) ?? false;
}

/** What a port is for; undefined on a switch that we leave alone, and where there is no such port. */
function roleOf(topology: Topology, dpid: Dpid, port: PortNo): PortRole | undefined {
  const found = topology.switches.get(dpid);
  return found?.programmed && found.ports.has(port) ? topology.portRole(dpid, port) : undefined;
}
