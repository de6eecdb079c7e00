import { type EntryRef, entryRef, flowKey } from "../../flow-model/index.ts";
import { probeRule } from "../../forwarding/index.ts";
import type { CancelTimer, Clock } from "../../runtime/clock.ts";
import {
  type Discovered,
  type DiscoveryMemory,
  type Dpid,
  type HostQuestions,
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
import type { PuntedFrame } from "./packet-ins.ts";

/** Why a frame that looks like a probe was not believed. */
export type ProbeRejection = "malformed" | "forged" | "stale";

/** What link discovery needs of the rest of the controller. */
export interface LinkProberDeps {
  readonly clock: Clock;
  /** Signs probes: 32 random bytes, the same for the life of a data directory. */
  readonly key: Uint8Array;
  /** Stands for this life of the controller: 64 random bits. */
  readonly epoch: bigint;
  /** From one steady probe of a port to the next, in milliseconds. */
  readonly intervalMs: number;
  /** Has a frame sent, if it can be sent now. */
  readonly send: (dpid: Dpid, port: PortNo, frame: Uint8Array) => boolean;
  /** Resolves when the switch has done what it was told before; false when it does not say so. */
  readonly barrier: (dpid: Dpid) => Promise<boolean>;
  /**
   * Resolves when the switch has shown that it is there and hands over probes, with the time since when
   * it does; undefined when it does not, or does not say so. One that is not ours and shows that it has no
   * rule for probes: Infinity.
   */
  readonly handsOverSince: (dpid: Dpid) => Promise<number | undefined>;
  /** How far an entry is on its switch. */
  readonly entryState: (ref: EntryRef) => "confirmed" | "pending" | { readonly refused: string };
  /** Something else is known now: `discovered` says what. */
  readonly changed: () => void;
  readonly rejected: (at: PuntedFrame, why: ProbeRejection) => void;
  /** A switch does not hand over probes. */
  readonly unable: (dpid: Dpid, why: string) => void;
}

/** How often a switch that has just connected is asked for, in milliseconds. */
const READY_CHECK_MS = 25;
/** Shortest time between two looks at what is due, in milliseconds: probes leave in small groups. */
const TICK_MS = 20;
/** How often it is looked whether switches still do, in milliseconds. */
const LOST_CHECK_MS = 500;
/** Probes that are sent at one go, so that others have their turn. */
const PROBES_PER_TICK = 100;

const PROBE_RULE = flowKey(probeRule);

/** What of a switch was last told to link discovery. */
interface Told {
  readonly ports: ReadonlyMap<PortNo, Port>;
  readonly silent: string;
}

/** Runs link discovery: keeps its time, sends its probes and brings it what comes in. */
export class LinkProber {
  readonly #deps: LinkProberDeps;
  readonly #discovery: LinkDiscovery;
  readonly #frames: ProbeFrames;
  readonly #told = new Map<Dpid, Told>();
  /** Connected switches whose rule for probes is not confirmed yet. */
  readonly #awaited = new Set<Dpid>();
  #hosts: Topology["hosts"] | undefined;
  #cancel: CancelTimer = () => undefined;
  #nextLook = -Infinity;
  /** When the timer fires; Infinity: it is not set. */
  #wakesAt = Infinity;
  #stopped = false;

  constructor(deps: LinkProberDeps, memories: Iterable<DiscoveryMemory>) {
    this.#deps = deps;
    const { key, intervalMs } = deps;
    // Others may believe a probe until the fourth one after it is late.
    this.#frames = new ProbeFrames(key, Math.max(1, Math.ceil((4 * intervalMs) / 1000)));
    this.#discovery = new LinkDiscovery(deps);
    this.#discovery.restore(memories);
  }

  /** What is known now; the same object while nothing is different. */
  get discovered(): Discovered {
    return this.#discovery.discovered;
  }

  /** What is to be remembered of the switches where it is different from the last time. */
  takeMemories(): DiscoveryMemory[] {
    return this.#discovery.takeMemories();
  }

  /** Takes in which switches there are, with which ports. */
  follow({ switches, hosts }: Topology, isPinned: (dpid: Dpid, port: PortNo) => boolean): void {
    const now = this.#deps.clock.now();
    const arePinsSame = hosts === this.#hosts;
    this.#hosts = hosts;
    for (const found of switches.values()) {
      if (found.programmed && found.portsKnown) this.#followSwitch(found, arePinsSame, isPinned);
    }
    for (const dpid of [...this.#told.keys()]) {
      if (switches.get(dpid)?.programmed) continue;
      this.#told.delete(dpid);
      this.#awaited.delete(dpid);
      // One that is still there is left alone, with the rules that it has.
      this.#discovery.remove(dpid, now, { keepsRules: switches.has(dpid) });
    }
    this.#schedule();
  }

  /** A frame came in that looks like a probe. */
  heard(frame: PuntedFrame): void {
    const reading = readProbe(frame.bytes, this.#deps.key);
    if (reading.type !== "probe") {
      this.#deps.rejected(frame, reading.type);
      return;
    }
    const now = this.#deps.clock.now();
    const hearing = this.#discovery.heard(frame, reading.probe, now);
    if (hearing === "stale") this.#deps.rejected(frame, hearing);
    // The usual probe says what is known: nothing is due sooner for it.
    if (this.#discovery.hasChanged) this.#tellIfChanged();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel();
  }

  #followSwitch(
    { dpid, ports, connected }: Switch,
    arePinsSame: boolean,
    isPinned: (dpid: Dpid, port: PortNo) => boolean,
  ): void {
    const told = this.#told.get(dpid);
    if (told?.ports !== ports || !arePinsSame) {
      const watched = watchedPorts(ports, (port) => isPinned(dpid, port));
      const silent = watched.flatMap((port) => (port.silent ? [port.no] : [])).join();
      if (told?.ports !== ports || told.silent !== silent) {
        this.#told.set(dpid, { ports, silent });
        this.#discovery.setPorts(dpid, watched, this.#deps.clock.now());
      }
    }
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
    this.#lookForLost(now);
    for (const dpid of [...this.#awaited]) this.#lookAt(dpid, now);
    const questions = this.#discovery.tick(
      now,
      (probe: Probe) => send(probe.dpid, probe.port, this.#frames.of(probe)),
      PROBES_PER_TICK,
    );
    this.#put(questions);
    this.#tellIfChanged();
    this.#schedule();
  }

  /** Probes that come to a switch before it has the rule for them would be lost. */
  #lookAt(dpid: Dpid, now: number): void {
    const state = this.#deps.entryState(entryRef(dpid, PROBE_RULE));
    if (state === "pending") return;
    this.#awaited.delete(dpid);
    if (state === "confirmed") this.#discovery.ready(dpid, now);
    else {
      this.#discovery.unable(dpid);
      this.#deps.unable(dpid, state.refused);
    }
  }

  /** A switch that is another controller's now, or lost its rules, hands over no probes. */
  #lookForLost(now: number): void {
    if (now < this.#nextLook) return;
    this.#nextLook = now + LOST_CHECK_MS;
    for (const dpid of this.#told.keys()) {
      if (!this.#discovery.isReady(dpid) || this.#hasRule(dpid)) continue;
      this.#discovery.away(dpid);
      this.#awaited.add(dpid);
    }
  }

  /** As far as is known: what a switch really holds it is asked when it matters. */
  #hasRule(dpid: Dpid): boolean {
    return this.#deps.entryState(entryRef(dpid, PROBE_RULE)) === "confirmed";
  }

  /** Puts questions to switches, to each one once however many they are that ask it. */
  #put({ silences, losses }: HostQuestions): void {
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
      void this.#watchSilence(watch, Promise.all([...others, ...watch.strangers.map(isDeaf)]));
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
    this.#tellIfChanged();
  }

  #tellIfChanged(): void {
    if (this.#discovery.hasChanged) this.#deps.changed();
    this.#schedule();
  }

  #schedule(): void {
    const { clock } = this.#deps;
    const now = clock.now();
    const check = this.#awaited.size > 0 ? now + READY_CHECK_MS : Infinity;
    const at = Math.max(Math.min(this.#discovery.nextDue(now), check), now + TICK_MS);
    // A timer that fires a little early is kept: probes come by the hundred.
    if (this.#stopped || at === Infinity || this.#wakesAt <= at) return;
    this.#cancel();
    this.#wakesAt = at;
    this.#cancel = clock.after(at - now, () => this.#tick());
  }
}

function watchedPorts(
  ports: ReadonlyMap<PortNo, Port>,
  isPinned: (port: PortNo) => boolean,
): WatchedPort[] {
  return [...ports.values()].flatMap(({ no, up }) =>
    no === LOCAL_PORT ? [] : [{ no, up, silent: isPinned(no) }],
  );
}
