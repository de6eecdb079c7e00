// SPDX-License-Identifier: Apache-2.0
import { defined } from "../../lang/defined.ts";
import { PersistentMap } from "../../lang/persistent-map.ts";
import type { Steps } from "../../lang/steps.ts";
import type { OvsdbSession } from "../../ovsdb-session/index.ts";
import { type DatabaseHost, InterfaceIndex, type NamedInterface } from "../../topology/index.ts";
import { combinedFacts, type InterfaceFacts, textOf } from "./interface-facts.ts";
import type { ShownInterface } from "./interfaces-of-bridge.ts";
import { type Claim, ShownInterfaces } from "./shown-interfaces.ts";

/** What states more of interfaces than databases of switches do, in the order of precedence. */
const SOURCES = ["portsFile", "southbound"] as const;

export type FactSource = (typeof SOURCES)[number];

type Facts = ReadonlyMap<string, InterfaceFacts>;

/** Most characters of the name of a host. */
const MOST_NAME_CHARACTERS = 64;

/** Puts interfaces and hosts of the registry into effect, in steps: called when they differ from before. */
export type InterfacesChanged = () => Steps<void>;

/**
 * The interfaces of the network by name: where databases of switches show them, with what all sources state of them;
 * and the hosts that they are, by MAC address. Of several interfaces with one address the first is the host while a
 * database shows it: a workload cannot take the place of another one with its address.
 */
export class InterfaceRegistry {
  readonly #changed: InterfacesChanged;
  readonly #shown = new ShownInterfaces((iface) => this.#update(iface));
  readonly #facts = new Map<FactSource, Facts>();
  /** The names of each address, in the order in which they got it. */
  readonly #byMac = new Map<number, readonly string[]>();
  /** What is stated of each interface in all, to notice a difference. */
  readonly #texts = new Map<string, string>();
  #interfaces = InterfaceIndex.empty;
  /** The hosts that interfaces would be if they were the only ones with their address. */
  readonly #candidates = new Map<string, DatabaseHost>();
  #hosts = PersistentMap.empty<number, DatabaseHost>();

  constructor(changed: InterfacesChanged) {
    this.#changed = changed;
  }

  get interfaces(): InterfaceIndex {
    return this.#interfaces;
  }

  /** All of them; the same object while nothing differs. */
  get hosts(): PersistentMap<number, DatabaseHost> {
    return this.#hosts;
  }

  /** A session of a hypervisor with a `system-id` shows these interfaces, and no other. In steps. */
  *show(
    session: OvsdbSession,
    system: string | undefined,
    found: readonly ShownInterface[],
  ): Steps<void> {
    yield* this.#publishing(this.#shown.show(session, system, found));
  }

  /** A source states these facts by `iface-id`, and no others. In steps. */
  *state(source: FactSource, facts: Facts): Steps<void> {
    yield* this.#publishing(this.#restating(source, facts));
  }

  *#restating(source: FactSource, facts: Facts): Steps<void> {
    const before: Facts = this.#facts.get(source) ?? new Map();
    this.#facts.set(source, facts);
    for (const [iface, now] of facts) {
      yield;
      const old = before.get(iface);
      if (old !== now && (!old || textOf(old) !== textOf(now))) this.#update(iface);
    }
    for (const iface of before.keys()) {
      yield;
      if (!facts.has(iface)) this.#update(iface);
    }
  }

  *#publishing(steps: Steps<void>): Steps<void> {
    const [interfaces, hosts] = [this.#interfaces, this.#hosts];
    yield* steps;
    if (interfaces === this.#interfaces && hosts === this.#hosts) return;
    yield* this.#changed();
  }

  /** Determines what an interface is and where. */
  #update(iface: string): void {
    const stated = SOURCES.flatMap((source) => this.#facts.get(source)?.get(iface) ?? []);
    const { system } = combinedFacts(stated);
    const claims = this.#shown.claims(iface);
    const present = claims.findLast((each) => system !== undefined && each.system === system);
    const claim = present ?? claims.at(-1) ?? this.#shown.gone(iface);
    const before = this.#interfaces.get(iface);
    // What was known of one that has lost its port is still its name for policies that wait.
    if (claim === undefined && before === undefined) return;
    const facts = combinedFacts(claim ? [...stated, claim.facts] : stated);
    if (facts.isEverywhere) {
      this.#replace(iface, undefined, undefined);
      return;
    }
    const isPresent = claims.length > 0;
    const text = `${textOf(facts)} ${claim?.at.dpid} ${claim?.at.port} ${isPresent}`;
    if (this.#texts.get(iface) === text) return;
    this.#texts.set(iface, text);
    const now = namedInterface(iface, facts, claim, isPresent);
    const [host, known] = [hostOf(now, facts), this.#candidates.get(iface)];
    // The same object while it is the same host, so that snapshots need not compare it.
    const isSame = host && known && textOf(host) === textOf(known);
    this.#replace(iface, now, isSame ? known : host);
  }

  #replace(iface: string, now: NamedInterface | undefined, host: DatabaseHost | undefined): void {
    const before = this.#interfaces.get(iface);
    const oldMac = this.#candidates.get(iface)?.mac;
    if (now) this.#interfaces = this.#interfaces.with(now);
    else if (before) {
      this.#interfaces = this.#interfaces.without(iface);
      this.#texts.delete(iface);
    }
    if (host) this.#candidates.set(iface, host);
    else this.#candidates.delete(iface);
    if (oldMac !== undefined && oldMac !== host?.mac) this.#leaveMac(oldMac, iface);
    if (host) this.#enterMac(host.mac, iface);
  }

  #enterMac(mac: number, iface: string): void {
    const names = this.#byMac.get(mac) ?? [];
    if (!names.includes(iface)) this.#byMac.set(mac, [...names, iface]);
    this.#choose(mac);
  }

  #leaveMac(mac: number, iface: string): void {
    const left = (this.#byMac.get(mac) ?? []).filter((each) => each !== iface);
    if (left.length > 0) this.#byMac.set(mac, left);
    else this.#byMac.delete(mac);
    this.#choose(mac);
  }

  #choose(mac: number): void {
    const names = this.#byMac.get(mac) ?? [];
    const isPresent = (iface: string) => this.#interfaces.get(iface)?.isPresent ?? false;
    const chosen = names.find(isPresent) ?? names[0];
    const host = chosen === undefined ? undefined : this.#candidates.get(chosen);
    this.#hosts = host ? this.#hosts.with(mac, host) : this.#hosts.without(mac);
  }
}

function namedInterface(
  iface: string,
  { mac, ips = [], workloads = [], labels = [] }: InterfaceFacts,
  claim: Claim | undefined,
  isPresent: boolean,
): NamedInterface {
  return { ...{ iface, workloads, labels, mac, ips, at: claim?.at, isPresent } };
}

/** The host that an interface is; undefined: its address or its place is not known. */
function hostOf(
  { iface, workloads, labels, mac, ips, at }: NamedInterface,
  { name = iface, project, network }: InterfaceFacts,
): DatabaseHost | undefined {
  if (mac === undefined || at === undefined) return undefined;
  const usable = name.length <= MOST_NAME_CHARACTERS ? name : undefined;
  const names = [...new Set([...workloads, ...labels])];
  return {
    ...defined({ name: usable, project, network }),
    mac,
    ips,
    ...at,
    iface,
    workloads: names,
  };
}
