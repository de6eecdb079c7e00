// SPDX-License-Identifier: Apache-2.0
import type {
  SwitchDatabaseView,
  SwitchSettings,
} from "../../contract/observation/switch-database.ts";
import { defined } from "../../lang/defined.ts";
import type { Steps } from "../../lang/steps.ts";
import { type CertificatePins, pinProblem } from "../../openflow-session/index.ts";
import type { OvsdbEvents, OvsdbSession } from "../../ovsdb-session/index.ts";
import type { Clock } from "../../runtime/clock.ts";
import { StepQueue } from "../../runtime/index.ts";
import { Listeners } from "../../runtime/listeners.ts";
import type { Logger } from "../../runtime/logger.ts";
import type { Dpid, PortAt, Topology } from "../../topology/index.ts";
import type { EventBus } from "../events.ts";
import type { InterfaceNaming } from "../interfaces/interface-naming.ts";
import { switchName } from "../views/network-view.ts";
import { type Bridge, bridgeSettings, bridgesOf, rootOf } from "./bridge-settings.ts";
import { PortCounters } from "./port-counters.ts";
import { endOf } from "./session-end.ts";
import { dangersOf, excessOf } from "./setting-dangers.ts";
import { SpacedCalls } from "./spaced-calls.ts";
import { VlanLimits } from "./vlan-limits.ts";

/** Dependencies of `SwitchDatabases`. */
interface SwitchDatabasesDeps {
  readonly topology: () => Topology;
  /** The certificates that switches may present. */
  readonly pins: CertificatePins;
  readonly events: EventBus;
  readonly logger: Pick<Logger, "info" | "warn">;
  readonly clock: Clock;
  /** The wall clock, ISO 8601 in UTC. */
  readonly now: () => string;
  /** Absent: databases name no interfaces. */
  readonly naming?: InterfaceNaming | undefined;
}

/** Changes that follow each other are reported together, in milliseconds. */
const COALESCE_MS = 100;
/** How long after a change interfaces are named, unless they were in the last `COALESCE_MS`. */
const NAMING_MS = 5;

/** Most datapath ids that are kept of switches which are not known. */
const MOST_SHOWN = 10_000;

/** A bridge as a session shows it. */
interface Shown {
  readonly session: OvsdbSession;
  readonly settings: SwitchSettings;
}

/**
 * Joins database sessions with switches by datapath id, and publishes what changes in the settings of a
 * switch. When several sessions show the same datapath id, the first of them counts until it ends: another
 * device cannot take its place by showing the same.
 */
export class SwitchDatabases {
  readonly #deps: SwitchDatabasesDeps;
  readonly #queue = new StepQueue();
  readonly #counters = new PortCounters();
  readonly #vlanLimits = new VlanLimits();
  readonly #settingsChanged = new Listeners<[dpid: Dpid]>();
  readonly #compared = new Listeners<[]>();
  readonly #dirty = new Set<OvsdbSession>();
  /** The sessions that show a datapath id, the one that counts first. */
  readonly #shown = new Map<Dpid, Shown[]>();
  /** The datapath ids that each session shows. */
  readonly #dpids = new Map<OvsdbSession, ReadonlySet<Dpid>>();
  /** Since when a database is connected, or is not. */
  readonly #since = new Map<Dpid, string>();
  /** The last settings of switches whose database has gone. */
  readonly #last = new Map<Dpid, SwitchSettings>();
  readonly #namings: SpacedCalls<OvsdbSession>;
  #isScheduled = false;

  constructor(deps: SwitchDatabasesDeps) {
    this.#deps = deps;
    this.#namings = new SpacedCalls(deps.clock, NAMING_MS, COALESCE_MS);
  }

  /** Calls back when a switch may parse another number of VLAN tags than before. */
  subscribeVlanLimits(listener: (dpid: Dpid) => void): void {
    this.#vlanLimits.subscribe(listener);
  }

  /** Calls back when the settings of a switch differ, or its database has come or gone. */
  subscribeSettings(listener: (dpid: Dpid) => void): void {
    this.#settingsChanged.add(listener);
  }

  /** Calls back when a session has come, changed or gone, and is compared. */
  subscribe(listener: () => void): void {
    this.#compared.add(listener);
  }

  /** The switches of which a database is connected. */
  get connected(): Iterable<Dpid> {
    return this.#shown.keys();
  }

  /** The session whose database has a switch; undefined: none is connected. */
  sessionOf(dpid: Dpid): OvsdbSession | undefined {
    return this.#shown.get(dpid)?.[0]?.session;
  }

  /** What the sessions report. */
  get handlers(): OvsdbEvents {
    return {
      row: (session, change) => this.#deps.naming?.row(session, change),
      up: (session) => {
        this.#deps.naming?.complete(session);
        this.#schedule(session);
      },
      changed: (session) => {
        if (this.#deps.naming?.isStale(session)) this.#scheduleNaming(session);
        this.#schedule(session);
      },
      down: (session) => this.#schedule(session),
    };
  }

  /** Resolves when everything that sessions have reported so far is compared. */
  idle(): Promise<void> {
    return this.#queue.idle();
  }

  /** An audit of a switch begins: reads the counters of its ports. */
  audited(dpid: Dpid): void {
    const [shown] = this.#shown.get(dpid) ?? [];
    if (shown) void this.#counters.read(shown.session, dpid, this.#deps.now);
  }

  /**
   * Whether a switch deletes all entries when OpenVTAP is not connected: its fail mode is standalone, and no other controller
   * is known to be connected.
   */
  deletesEntries(dpid: Dpid): boolean {
    const { failMode, controllers } = this.#settings(dpid) ?? this.#last.get(dpid) ?? {};
    if (failMode !== "standalone") return false;
    return !this.#shown.has(dpid) || !controllers?.some(({ connected }) => connected);
  }

  /** What else than copies the monitor behind a port receives, as a clause; undefined: nothing. */
  excessAt(at: PortAt): string | undefined {
    const settings = this.#settings(at.dpid);
    return settings && excessOf(this.#deps.topology(), at, settings);
  }

  /** What clients see; undefined: no database has shown this switch since the start. */
  view(dpid: Dpid): SwitchDatabaseView | undefined {
    const since = this.#since.get(dpid);
    if (since === undefined) return undefined;
    const [shown] = this.#shown.get(dpid) ?? [];
    if (shown === undefined) return { connected: false, since, reasons: [] };
    const { session, settings } = shown;
    const reasons = dangersOf(this.#deps.topology(), dpid, settings);
    const read = defined(this.#counters.of(session, dpid));
    return { connected: true, since, ...endOf(session), settings, ...read, reasons };
  }

  #schedule(session: OvsdbSession): void {
    this.#dirty.add(session);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#deps.clock.after(COALESCE_MS, () => {
      this.#isScheduled = false;
      const sessions = [...this.#dirty];
      this.#dirty.clear();
      this.#queue.add("ordinary", () => this.#comparing(sessions));
    });
  }

  /** Interfaces move at once: of other settings several changes are one event. */
  #scheduleNaming(session: OvsdbSession): void {
    this.#namings.schedule(session, () => {
      // One that has not been compared yet, or has gone, is named when it is.
      if (!this.#dpids.has(session) || !session.isConsistent) return;
      this.#queue.add("ordinary", () => this.#naming(session, bridgesOf(session.replica)));
    });
  }

  *#comparing(sessions: readonly OvsdbSession[]): Steps<void> {
    for (const session of sessions) {
      yield* this.#comparingOne(session);
      yield;
    }
    this.#compared.notify();
  }

  *#comparingOne(session: OvsdbSession): Steps<void> {
    const { replica, isOpen } = session;
    // Otherwise it is compared when its updates are complete.
    const isReadable = () => !session.isOpen || session.isConsistent;
    if (!isReadable()) return;
    const bridges: ReadonlyMap<Dpid, Bridge> = isOpen ? bridgesOf(replica) : new Map();
    const root = rootOf(replica, session.root);
    const dpids = new Set<Dpid>();
    for (const [dpid, bridge] of bridges) {
      if (!this.#mayShow(session, dpid)) continue;
      dpids.add(dpid);
      const settings = yield* bridgeSettings(replica, root, bridge);
      if (!isReadable() || session.isOpen !== isOpen) return this.#schedule(session);
      const before = this.#settings(dpid);
      this.#show(dpid, { session, settings });
      this.#report(dpid, before);
      this.#vlanLimits.compare(dpid, before, this.#settings(dpid), root?.currentConfig ?? 0);
    }
    for (const dpid of this.#dpids.get(session) ?? []) {
      if (dpids.has(dpid)) continue;
      const before = this.#settings(dpid);
      this.#hide(dpid, session);
      this.#report(dpid, before);
    }
    if (dpids.size > 0) this.#dpids.set(session, dpids);
    else this.#dpids.delete(session);
    yield* this.#naming(session, bridges);
    if (isOpen) return;
    this.#counters.delete(session);
    this.#namings.delete(session);
  }

  /** Names the interfaces at the bridges for which a session counts. */
  *#naming(session: OvsdbSession, bridges: ReadonlyMap<Dpid, Bridge>): Steps<void> {
    const { naming, topology } = this.#deps;
    if (naming === undefined) return;
    const followed = [...bridges].filter(([dpid]) => {
      // One that has not connected yet may be programmed later.
      const isLeftAlone = topology().switches.get(dpid)?.programmed === false;
      return !isLeftAlone && this.#shown.get(dpid)?.[0]?.session === session;
    });
    yield* naming.name(session, new Map(followed));
  }

  /** Whether a peer may speak for a switch: by its certificate, or as a socket of this machine. */
  #mayShow(session: OvsdbSession, dpid: Dpid): boolean {
    const { peer, isTls, certificate } = session;
    const isKnown = this.#shown.has(dpid) || this.#deps.topology().switches.has(dpid);
    if (!isKnown && this.#shown.size >= MOST_SHOWN) return false;
    if (peer.startsWith("unix:")) return true;
    return pinProblem({ dpid, isTls, certificate }, this.#deps.pins) === undefined;
  }

  #settings(dpid: Dpid): SwitchSettings | undefined {
    return this.#shown.get(dpid)?.[0]?.settings;
  }

  #show(dpid: Dpid, shown: Shown): void {
    const all = this.#shown.get(dpid) ?? [];
    const at = all.findIndex(({ session }) => session === shown.session);
    if (at < 0) all.push(shown);
    else all[at] = shown;
    this.#shown.set(dpid, all);
  }

  #hide(dpid: Dpid, gone: OvsdbSession): void {
    const left = (this.#shown.get(dpid) ?? []).filter(({ session }) => session !== gone);
    const [next] = left;
    if (next === undefined) this.#shown.delete(dpid);
    else {
      this.#shown.set(dpid, left);
      // It counts from now on.
      this.#schedule(next.session);
    }
  }

  /** Publishes what has changed in the settings of a switch that the network has. */
  #report(dpid: Dpid, old: SwitchSettings | undefined): void {
    const { events, logger, now } = this.#deps;
    const settings = this.#settings(dpid);
    const topology = this.#deps.topology();
    if (JSON.stringify(old) === JSON.stringify(settings)) return;
    const isKnown = topology.switches.has(dpid);
    if (settings || !old || !isKnown) this.#last.delete(dpid);
    else this.#last.set(dpid, old);
    this.#settingsChanged.notify(dpid);
    if ((old === undefined) !== (settings === undefined)) this.#connection(dpid, isKnown, now());
    if (!isKnown) return;
    const state =
      old === undefined ? "connected" : settings === undefined ? "disconnected" : "changed";
    const ofSwitch = { dpid, switch: switchName(topology, dpid) };
    events.publish({
      type: "switchDatabase",
      ...ofSwitch,
      state,
      ...defined({ old, new: settings }),
    });
    const reasons = settings ? dangersOf(topology, dpid, settings) : [];
    const level = reasons.length > 0 ? "warn" : "info";
    logger[level](
      { ...ofSwitch, ...(reasons.length > 0 && { reasons }) },
      `switch database ${state}`,
    );
  }

  /** Of a switch that the network does not have, nothing is kept when its database has gone. */
  #connection(dpid: Dpid, isKnown: boolean, now: string): void {
    if (isKnown || this.#shown.has(dpid)) this.#since.set(dpid, now);
    else this.#since.delete(dpid);
  }
}
