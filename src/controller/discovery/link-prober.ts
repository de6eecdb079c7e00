// SPDX-License-Identifier: Apache-2.0
import { type EntryRef, entryRef, flowKey } from "../../flow-model/index.ts";
import { probeRule } from "../../forwarding/index.ts";
import { mapDifferences, PersistentMap } from "../../lang/persistent-map.ts";
import type { CancelTimer, Clock } from "../../runtime/clock.ts";
import {
  type Discovered,
  type DiscoveryMemory,
  type DiscoveryWatches,
  type Dpid,
  LinkDiscovery,
  LOCAL_PORT,
  type LossWatch,
  type Port,
  type PortNo,
  type Probe,
  ProbeFrames,
  readProbe,
  type SilenceWatch,
  type Switch,
  type Topology,
  type WatchedPort,
} from "../../topology/index.ts";
import { isProbed } from "./is-probed.ts";
import type { PuntedFrame } from "./packet-ins.ts";
import { changedPins, pinnedPorts } from "./pinned-ports.ts";
import { differingPorts, type PortSets } from "./silent-ports.ts";

/** Why a frame that looks like a probe was ignored. */
export type ProbeRejection = "malformed" | "forged" | "stale";

/** Dependencies and options of `LinkProber`. */
interface LinkProberDeps {
  readonly clock: Clock;
  /** Signs probes: 32 random bytes, the same for the life of a data directory. */
  readonly key: Uint8Array;
  /** Identifies this process: 64 random bits. */
  readonly epoch: bigint;
  /** Interval between two probes of a port, in milliseconds. */
  readonly intervalMs: number;
  /** Sends a frame out of a port; false if it cannot be sent now. */
  readonly send: (dpid: Dpid, port: PortNo, frame: Uint8Array) => boolean;
  /** Resolves when the switch has processed all messages sent before; false when it does not confirm. */
  readonly barrier: (dpid: Dpid) => Promise<boolean>;
  /**
   * Resolves when the switch has shown that it sends probes to the controller, with the time since when
   * it does; undefined when it does not or does not answer; Infinity for a switch that is not programmed
   * and has no rule for probes.
   */
  readonly handsOverSince: (dpid: Dpid) => Promise<number | undefined>;
  /** Installation state of an entry. */
  readonly entryState: (ref: EntryRef) => "confirmed" | "pending" | { readonly refused: string };
  /** The ports by which no probes may leave, whether or not hosts are named there. */
  readonly silentPorts: (topology: Topology) => PortSets;
  /** `discovered` has changed. */
  readonly changed: () => void;
  readonly rejected: (at: PuntedFrame, why: ProbeRejection) => void;
  /** A switch cannot send probes to the controller. */
  readonly unable: (dpid: Dpid, why: string) => void;
}

/** Interval at which the rule of a switch that has just connected is checked, in milliseconds. */
const READY_CHECK_MS = 25;
/** Minimum interval between two ticks, in milliseconds: probes are sent in small groups. */
const TICK_MS = 20;
/** Interval at which ready switches are checked for the loss of their rule, in milliseconds. */
const LOST_CHECK_MS = 500;
/** Maximum number of probes per tick, so that other work is not delayed. */
const PROBES_PER_TICK = 100;

const PROBE_RULE = flowKey(probeRule);

/** Runs link discovery: schedules it, sends its probes and passes received probes to it. */
export class LinkProber {
  readonly #deps: LinkProberDeps;
  readonly #discovery: LinkDiscovery;
  readonly #frames: ProbeFrames;
  /** The ports that link discovery last received, by switch. */
  readonly #reported = new Map<Dpid, Switch["ports"]>();
  /** Connected switches whose rule for probes is not confirmed yet. */
  readonly #awaited = new Set<Dpid>();
  #silent: PortSets = new Map();
  /** The hosts of which it last received the ports. */
  #hosts: Topology["hosts"] = PersistentMap.empty();
  #cancel: CancelTimer = () => undefined;
  #nextCheck = -Infinity;
  /** When the timer fires; Infinity: it is not set. */
  #wakesAt = Infinity;
  #stopped = false;

  constructor(deps: LinkProberDeps, memories: Iterable<DiscoveryMemory>) {
    this.#deps = deps;
    const { key, intervalMs } = deps;
    // Other controllers may trust a probe until the fourth one after it is late.
    this.#frames = new ProbeFrames(key, Math.max(1, Math.ceil((4 * intervalMs) / 1000)));
    this.#discovery = new LinkDiscovery(deps);
    this.#discovery.restore(memories);
  }

  /** The present result; the same object as long as nothing changes. */
  get discovered(): Discovered {
    return this.#discovery.discovered;
  }

  /** What must be stored about the switches, where it differs from the previous call. */
  takeMemories(): DiscoveryMemory[] {
    return this.#discovery.takeMemories();
  }

  /** Takes the present switches and their ports. */
  follow(topology: Topology): void {
    const { switches, hosts } = topology;
    const now = this.#deps.clock.now();
    const pins = changedPins(this.#hosts, hosts);
    this.#hosts = hosts;
    const wereSilent = this.#silent;
    this.#silent = this.#deps.silentPorts(topology);
    for (const found of switches.values()) {
      const { dpid } = found;
      if (!isProbed(found) || !found.portsKnown) continue;
      const tunnels = differingPorts(wereSilent, this.#silent, dpid);
      const changed = [...(pins.get(dpid) ?? []), ...tunnels];
      this.#followPorts(found, changed, pinnedPorts(topology, dpid));
      this.#followConnection(found);
    }
    for (const dpid of [...this.#reported.keys()]) {
      if (isProbed(switches.get(dpid))) continue;
      this.#reported.delete(dpid);
      this.#awaited.delete(dpid);
      // A switch that is still connected keeps its rules.
      this.#discovery.remove(dpid, now, { keepsRules: switches.has(dpid) });
    }
    this.#schedule();
  }

  /** A switch has sent a frame that looks like a probe. */
  received(frame: PuntedFrame): void {
    const reading = readProbe(frame.bytes, this.#deps.key);
    if (reading.type !== "probe") {
      this.#deps.rejected(frame, reading.type);
      return;
    }
    const now = this.#deps.clock.now();
    const outcome = this.#discovery.heard(frame, reading.probe, now);
    if (outcome === "stale") this.#deps.rejected(frame, outcome);
    // A probe that confirms what is known makes nothing due earlier.
    if (this.#discovery.hasChanged) this.#reportIfChanged();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel();
  }

  /**
   * Passes on the ports that differ. `others`: where hosts were or are now named, and what is or was a
   * tunnel.
   */
  #followPorts(
    { dpid, ports }: Switch,
    others: Iterable<PortNo>,
    isPinned: (port: PortNo) => boolean,
  ): void {
    const reported = this.#reported.get(dpid);
    const changed = new Map<PortNo, Port | undefined>(reported ? [] : ports);
    if (reported) for (const [no, , now] of mapDifferences(reported, ports)) changed.set(no, now);
    for (const no of others) changed.set(no, ports.get(no));
    if (reported && changed.size === 0) return;
    this.#reported.set(dpid, ports);
    const set: WatchedPort[] = [];
    const gone: PortNo[] = [];
    // In order, so that ports that appear together are probed in order.
    for (const no of [...changed.keys()].sort((x, y) => x - y)) {
      const port = changed.get(no);
      if (!port) gone.push(no);
      else if (no !== LOCAL_PORT) {
        const isNamed = isPinned(no);
        const silent = isNamed || (this.#silent.get(dpid)?.has(no) ?? false);
        set.push({ no, up: port.up, silent, isNamed });
      }
    }
    this.#discovery.changePorts(dpid, { set, gone }, this.#deps.clock.now());
  }

  #followConnection({ dpid, connected }: Switch): void {
    if (!connected) {
      this.#awaited.delete(dpid);
      this.#discovery.away(dpid);
    } else if (!this.#discovery.isReady(dpid)) this.#awaited.add(dpid);
  }

  #tick(): void {
    if (this.#stopped) return;
    this.#wakesAt = Infinity;
    const { clock, send } = this.#deps;
    const now = clock.now();
    this.#checkLost(now);
    for (const dpid of [...this.#awaited]) this.#checkRule(dpid, now);
    const questions = this.#discovery.tick(
      now,
      (probe: Probe) => send(probe.dpid, probe.port, this.#frames.of(probe)),
      PROBES_PER_TICK,
    );
    this.#ask(questions);
    this.#reportIfChanged();
    this.#schedule();
  }

  /** A switch is ready when its rule is confirmed: probes that arrive before would be lost. */
  #checkRule(dpid: Dpid, now: number): void {
    const state = this.#deps.entryState(entryRef(dpid, PROBE_RULE));
    if (state === "pending") return;
    this.#awaited.delete(dpid);
    if (state === "confirmed") this.#discovery.ready(dpid, now);
    else {
      this.#discovery.unable(dpid);
      this.#deps.unable(dpid, state.refused);
    }
  }

  /** A switch that another controller has taken over, or that lost its rules, sends no probes. */
  #checkLost(now: number): void {
    if (now < this.#nextCheck) return;
    this.#nextCheck = now + LOST_CHECK_MS;
    for (const dpid of this.#reported.keys()) {
      if (!this.#discovery.isReady(dpid) || this.#hasRule(dpid)) continue;
      this.#discovery.away(dpid);
      this.#awaited.add(dpid);
    }
  }

  /** As last confirmed; `handsOverSince` asks the switch itself where it matters. */
  #hasRule(dpid: Dpid): boolean {
    return this.#deps.entryState(entryRef(dpid, PROBE_RULE)) === "confirmed";
  }

  /** Asks switches, each one once for all questions that concern it. */
  #ask({ silences, losses }: DiscoveryWatches): void {
    const asked = new Map<Dpid, Promise<number | undefined>>();
    const since = (dpid: Dpid) => {
      const answer = asked.get(dpid) ?? this.#deps.handsOverSince(dpid);
      asked.set(dpid, answer);
      return answer;
    };
    const listensSince = async (dpid: Dpid, time: number) =>
      ((await since(dpid)) ?? Infinity) <= time;
    const isDeaf = async (dpid: Dpid) => (await since(dpid)) === Infinity;
    for (const watch of silences) {
      const others = watch.others.map((dpid) => listensSince(dpid, watch.since));
      void this.#watchSilence(watch, Promise.all([...others, ...watch.unmanaged.map(isDeaf)]));
    }
    for (const watch of losses) void this.#watchLoss(watch, listensSince(watch.to, watch.since));
  }

  async #watchSilence(watch: SilenceWatch, others: Promise<readonly boolean[]>): Promise<void> {
    const { barrier, clock } = this.#deps;
    const [sent, proven] = await Promise.all([barrier(watch.dpid), others]);
    if (!sent || !proven.every(Boolean) || !this.#hasRule(watch.dpid)) return;
    this.#discovery.silent(watch, clock.now());
    this.#schedule();
  }

  async #watchLoss(watch: LossWatch, listens: Promise<boolean>): Promise<void> {
    const { barrier, clock } = this.#deps;
    const proven = await Promise.all([barrier(watch.from), listens]);
    if (this.#stopped || !proven.every(Boolean)) return;
    this.#discovery.lost(watch, clock.now());
    this.#reportIfChanged();
  }

  #reportIfChanged(): void {
    if (this.#discovery.hasChanged) this.#deps.changed();
    this.#schedule();
  }

  #schedule(): void {
    const { clock } = this.#deps;
    const now = clock.now();
    const check = this.#awaited.size > 0 ? now + READY_CHECK_MS : Infinity;
    const at = Math.max(Math.min(this.#discovery.nextDue(now), check), now + TICK_MS);
    // A timer that fires earlier is kept: probes arrive by the hundred.
    if (this.#stopped || at === Infinity || this.#wakesAt <= at) return;
    this.#cancel();
    this.#wakesAt = at;
    this.#cancel = clock.after(at - now, () => this.#tick());
  }
}
