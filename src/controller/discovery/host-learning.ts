// SPDX-License-Identifier: Apache-2.0
import { PersistentMap } from "../../lang/persistent-map.ts";
import type { Steps } from "../../lang/steps.ts";
import { formatMac } from "../../openflow/index.ts";
import { readObservedHost } from "../../packet/index.ts";
import type { CancelTimer, Clock } from "../../runtime/clock.ts";
import { YieldTimer } from "../../runtime/index.ts";
import type { Logger } from "../../runtime/logger.ts";
import {
  type ConflictRecord,
  type Dpid,
  HOST_LIMITS,
  type Host,
  type HostLimits,
  type HostProbe,
  HostTable,
  type Switch,
  Topology,
  topologyChanges,
} from "../../topology/index.ts";
import type { EventBus } from "../events.ts";
import type { ContestedMonitors } from "../network/contested-monitors.ts";
import type { Network } from "../network/network.ts";
import type { MonitorAddress, MonitorIndex } from "../policies/monitor-index.ts";
import { publishConflict } from "./conflict-events.ts";
import { hostProbeFrame } from "./host-probe-frame.ts";
import { isProbed } from "./is-probed.ts";
import type { LearnedHostMemory } from "./learned-host-memory.ts";
import { MonitorProber } from "./monitor-prober.ts";
import type { PuntedFrame } from "./packet-ins.ts";
import type { PacketOuts } from "./packet-outs.ts";
import { PortNames } from "./port-names.ts";
import { isGone, mayBeUp, roleOf } from "./port-states.ts";
import type { SilentPorts } from "./silent-ports.ts";
import { WaitingFrames } from "./waiting-frames.ts";

/** Minimum interval at which learned hosts are reported, in milliseconds: a burst is compiled once. */
const REPORT_EVERY_MS = 25;
/**
 * Entries for hosts that a report may change on all switches together: more are compiled one after the
 * other, and other work comes in between.
 */
const ENTRIES_PER_REPORT = 1500;
/** Even if there are very many switches. */
const LEAST_HOSTS_PER_REPORT = 20;
/** Even if there is one switch: a snapshot of the network is made in one step. */
const MOST_HOSTS_PER_REPORT = 200;
const PROBES_PER_STEP = 20;
/** Bounds of the interval at which the table is checked (60 times per expiry time), in milliseconds. */
const MIN_CHECK_MS = 100;
const MAX_CHECK_MS = 10_000;

/** Dependencies and limits of `HostLearning`. */
interface HostLearningDeps {
  readonly network: Network;
  readonly events: EventBus;
  readonly packetOuts: Pick<PacketOuts, "send">;
  /** Where policies name monitors. */
  readonly monitors: Pick<MonitorIndex, "subscribe">;
  /** Takes the conflicts when those of monitors have changed. */
  readonly contested: Pick<ContestedMonitors, "replace">;
  /** Resolves when a switch has sent what it was to send before, with whether it hands over answers. */
  readonly handsOver: (dpid: Dpid) => Promise<boolean>;
  /** The ports by which no probes may leave. */
  readonly silentPorts: SilentPorts;
  readonly memory: LearnedHostMemory;
  readonly clock: Clock;
  /** The time of day, in milliseconds since 1970. */
  readonly timeOfDay: () => number;
  readonly logger: Logger;
  readonly limits?: Partial<HostLimits>;
}

/**
 * Learns hosts from the frames that switches send to the controller, and adds them to the network. The
 * host table decides what is learned; this class connects it to the clock, the frames and the disk.
 */
export class HostLearning {
  readonly #deps: HostLearningDeps;
  readonly #table: HostTable;
  readonly #waiting = new WaitingFrames();
  readonly #checkEveryMs: number;
  /** The snapshot last compared with. */
  #topology: Topology | undefined;
  readonly #portNames = new PortNames();
  readonly #prober: MonitorProber;
  #reportedAt = -Infinity;
  #reporting: CancelTimer | undefined;
  /** Set while a check is due or under way. */
  #cancelCheck: CancelTimer | undefined;

  constructor(deps: HostLearningDeps) {
    this.#deps = deps;
    const { network, monitors, clock, handsOver } = deps;
    const { expiryMs, monitorMoveMs } = { ...HOST_LIMITS, ...deps.limits };
    this.#table = new HostTable(deps.limits, (at) => isGone(network.topology, at));
    this.#prober = new MonitorProber({
      monitors: this.#table.monitors,
      clock,
      moveMs: monitorMoveMs,
      send: (probe) => this.#send(probe),
      handsOver,
      changed: () => this.#reportSoon(),
    });
    monitors.subscribe((address, isNamed) => this.#named(address, isNamed));
    this.#checkEveryMs = Math.min(MAX_CHECK_MS, Math.max(MIN_CHECK_MS, expiryMs / 60));
  }

  /** Restores the hosts known to the previous process. */
  async restore(): Promise<void> {
    const { clock, network, memory } = this.#deps;
    this.#compare(network.topology);
    this.#table.restore(await memory.load(), clock.now());
    this.#compare(network.topology);
    this.#forgetAtTapPorts(network.topology);
    this.#report();
  }

  /** A switch has sent a frame to the controller. */
  frame(frame: PuntedFrame): void {
    const { dpid, port, bytes } = frame;
    const role = roleOf(this.#deps.network.topology, dpid, port);
    if (role === "probing") this.#waiting.keep(frame);
    if (role !== "edge") return;
    const observed = readObservedHost(bytes);
    if (!observed) return;
    this.#table.observed({ dpid, port }, observed, this.#deps.clock.now());
    this.#reportSoon();
  }

  /** The network has changed: edge ports, named hosts or switches may differ. */
  networkChanged(topology: Topology): void {
    if (topology === this.#topology) return;
    this.#compare(topology);
    this.#table.monitors.settle(this.#deps.clock.now());
    // Collected first: a frame that has to wait again must not be taken twice.
    for (const frame of [...this.#waiting.take((...at) => roleOf(topology, ...at))])
      this.frame(frame);
    this.#reportSoon();
  }

  /** Forgets a learned host; false when there is none. */
  forget(mac: number): boolean {
    const found = this.#table.forget(mac);
    if (found) this.#report();
    return found;
  }

  /** When a learned host was last seen, on the clock. */
  lastSeen(mac: number): number | undefined {
    return this.#table.lastSeen(mac);
  }

  /** A time of the clock as ISO 8601. */
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

  /** The disk takes writes again. */
  retryWrites(): void {
    this.#deps.memory.retry();
  }

  /** Stops, and resolves when everything is written. */
  async close(): Promise<void> {
    this.#reporting?.();
    this.#cancelCheck?.();
    this.#prober.close();
    await this.#deps.memory.close(this.#table.hosts(), (mac) => this.#table.lastSeen(mac));
  }

  #compare(topology: Topology): void {
    const before = this.#topology;
    this.#topology = topology;
    const { hosts, tapPorts } = topologyChanges(before ?? Topology.empty, topology);
    for (const [mac, { old, now }] of hosts) {
      if (isNamed(old) || isNamed(now)) this.#table.setNamed(mac, isNamed(now) ? now : undefined);
    }
    if (before && tapPorts.length > 0) this.#forgetAtTapPorts(topology);
    if (before?.switches !== topology.switches || before.links !== topology.links) {
      this.#compareSwitches(before, topology);
    }
  }

  /** Nothing that enters by a tap port is learned from. */
  #forgetAtTapPorts(topology: Topology): void {
    this.#table.keepOnly((at) => !topology.isTapPort(at.dpid, at.port));
  }

  #compareSwitches(before: Topology | undefined, topology: Topology): void {
    const now = this.#deps.clock.now();
    for (const [dpid, found] of topology.switches) {
      const last = before?.switches.get(dpid);
      if (last === found) continue;
      const wasReached = isReached(last);
      if (isReached(found) && !wasReached) this.#table.switchUp(dpid, now);
      if (!isReached(found) && wasReached) this.#table.switchDown(dpid);
      const others = this.#portNames.follow(found, last?.ports ?? NO_PORTS);
      if (others.size > 0) this.#table.keepOnly((at) => at.dpid !== dpid || !others.has(at.port));
    }
    for (const dpid of before?.switches.keys() ?? []) {
      if (topology.switches.has(dpid)) continue;
      this.#table.keepOnly((at) => at.dpid !== dpid);
      this.#portNames.forget(dpid);
    }
    if (before?.isRoutedLike(topology)) return;
    this.#table.keepOnly((at) => !topology.isLinkPort(at.dpid, at.port));
  }

  #reportSoon(): void {
    if (this.#reporting) return;
    const { clock } = this.#deps;
    const wait = Math.max(0, this.#reportedAt + REPORT_EVERY_MS - clock.now());
    this.#reporting = clock.after(wait, () => this.#report(this.#hostsPerReport));
  }

  get #hostsPerReport(): number {
    const { size } = this.#deps.network.topology.switches;
    const hosts = Math.floor(ENTRIES_PER_REPORT / Math.max(1, size));
    return Math.min(MOST_HOSTS_PER_REPORT, Math.max(LEAST_HOSTS_PER_REPORT, hosts));
  }

  /** Passes changes, at most of so many hosts, to the network, the disk and the event bus. */
  #report(limit = Infinity): void {
    this.#reporting?.();
    this.#reporting = undefined;
    const { network, memory, clock, contested } = this.#deps;
    this.#reportedAt = clock.now();
    // A host has left a port for good when the port is down.
    this.#table.keepFormer((at) => mayBeUp(network.topology, at));
    const { hosts, more, notices } = this.#table.takeChanges(limit);
    if (hosts) {
      network.replace(network.state.withLearnedHosts(hosts));
      memory.keep(hosts, (mac) => this.#table.lastSeen(mac));
    }
    for (const notice of notices) publishConflict(this.#deps, notice);
    if (notices.some(({ conflict }) => conflict.kind === "monitor")) {
      contested.replace(this.#table.conflicts());
    }
    if (more) this.#reportSoon();
    this.#checkLater();
    this.#prober.schedule();
  }

  #checkLater(): void {
    if (this.#cancelCheck || this.#table.isIdle) return;
    this.#cancelCheck = this.#deps.clock.after(this.#checkEveryMs, () => this.#check());
  }

  /** Checks all hosts, in slices of the event loop. */
  #check(steps = this.#checking()): void {
    const slice = new YieldTimer();
    while (!steps.next().done) {
      if (!slice.shouldYield) continue;
      this.#cancelCheck = this.#deps.clock.after(0, () => this.#check(steps));
      return;
    }
    this.#cancelCheck = undefined;
    this.#report(this.#hostsPerReport);
  }

  *#checking(): Steps<void> {
    const probes = yield* this.#table.checking(this.#deps.clock.now());
    for (const [index, probe] of probes.entries()) {
      if (index % PROBES_PER_STEP === PROBES_PER_STEP - 1) yield;
      this.#send(probe);
    }
  }

  /** Sends a probe; false when it could not be sent, or no probe may leave by the port. */
  #send(probe: HostProbe): boolean {
    const { at, mac } = probe;
    const { logger, network, packetOuts, silentPorts } = this.#deps;
    if (silentPorts.in(network.topology).get(at.dpid)?.has(at.port)) return false;
    logger.debug({ mac: formatMac(mac), ...at }, "a host is probed");
    return packetOuts.send(at.dpid, at.port, hostProbeFrame(probe));
  }

  #named(address: MonitorAddress, isNamed: boolean): void {
    const { monitors } = this.#table;
    if ("mac" in address) monitors.nameMac(address.mac, isNamed);
    else monitors.nameIp(address.ip.value, isNamed);
    this.#reportSoon();
  }
}

const NO_PORTS: Switch["ports"] = PersistentMap.empty();

/** Whether hosts at ports of a switch can be probed now. */
function isReached(found: Switch | undefined): boolean {
  return isProbed(found) && found.connected;
}

/** Whether a file or a REST client names the host. */
function isNamed(host: Host | undefined): host is Host {
  return host !== undefined && host.origin !== "learned";
}
