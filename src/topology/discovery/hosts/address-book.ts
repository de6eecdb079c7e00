// SPDX-License-Identifier: Apache-2.0
import type { IpClaim } from "../../../packet/index.ts";
import type { IpAddress } from "../../ip-address.ts";
import type { PortAt } from "../../port-at.ts";
import type { ConflictBook } from "./host-conflicts.ts";
import type { HostEntry, IpKey } from "./host-entry.ts";

/** Dependencies and options of `AddressBook`. */
interface AddressBookDeps {
  readonly conflicts: ConflictBook;
  /** Maximum number of addresses of one host. */
  readonly perHost: number;
  readonly changed: (entry: HostEntry) => void;
  /**
   * Whether an address, which the host has not used before, stays with the monitor that uses it; the claim is then
   * dealt with.
   */
  readonly isContested: (claimant: Claimant, ip: IpAddress, now: number) => boolean;
}

/** The host that claims an address, and where. */
export interface Claimant {
  readonly mac: number;
  readonly at: PortAt;
}

/** Which hosts use which IP addresses. */
export class AddressBook {
  readonly #users = new Map<IpKey, Set<HostEntry>>();
  readonly #conflicts: ConflictBook;
  readonly #perHost: number;
  /** Called for each host whose addresses have changed. */
  readonly #changed: (entry: HostEntry) => void;
  readonly #isContested: AddressBookDeps["isContested"];
  /** Addresses of hosts that files or REST clients name, with their MAC addresses. */
  readonly #static = new Map<IpKey, Set<number>>();

  constructor({ conflicts, perHost, changed, isContested }: AddressBookDeps) {
    this.#conflicts = conflicts;
    this.#perHost = perHost;
    this.#changed = changed;
    this.#isContested = isContested;
  }

  /** Replaces the addresses of a named host; no learned host keeps, or gets, one of them. */
  setStatic(mac: number, old: readonly IpAddress[], now: readonly IpAddress[]): void {
    for (const { value } of old) {
      const macs = this.#static.get(value);
      macs?.delete(mac);
      if (macs?.size === 0) this.#static.delete(value);
    }
    for (const { value } of now) {
      const macs = this.#static.get(value) ?? new Set<number>();
      this.#static.set(value, macs.add(mac));
      for (const entry of this.#users.get(value) ?? []) this.drop(entry, value);
    }
  }

  /** Applies what a learned host's frame says of an address. */
  claim(entry: HostEntry, { kind, ip }: IpClaim, vlan: number | undefined, now: number): void {
    const known = entry.ips.get(ip.value);
    if (kind === "leaves") {
      if (known) this.drop(entry, ip.value);
      return;
    }
    if (kind === "probes") {
      // A question, not a claim: a host that has the address will answer.
      if (known || this.#users.has(ip.value) || this.#static.has(ip.value)) return;
      this.#add(entry, { ip, vlan, lastSeen: now, tentative: true, probes: 0 });
      return;
    }
    if (!known && this.#isContested(entry, ip, now)) return;
    this.#resolveUse(entry.mac, ip, now);
    if (this.#static.has(ip.value)) return;
    if (known) {
      const isFirstUse = known.tentative;
      Object.assign(known, { vlan, lastSeen: now, tentative: false, probes: 0 });
      if (isFirstUse) this.#changed(entry);
    } else this.#add(entry, { ip, vlan, lastSeen: now, tentative: false, probes: 0 });
  }

  /** A named host uses an address: learned hosts that use it too are in conflict with it. */
  claimOfNamed(claimant: Claimant, { kind, ip }: IpClaim, now: number): void {
    if (kind !== "uses" || this.#isContested(claimant, ip, now)) return;
    this.#resolveUse(claimant.mac, ip, now);
  }

  /** The learned hosts that use an address, or have asked for it. */
  usersOf(key: IpKey): Iterable<HostEntry> {
    return this.#users.get(key) ?? [];
  }

  /** An address passes from one learned host to another. */
  hand(ip: IpAddress, from: HostEntry, to: HostEntry, now: number): void {
    this.drop(from, ip.value);
    this.#add(to, { ip, vlan: undefined, lastSeen: now, tentative: false, probes: 0 });
  }

  /** Restores an address without looking for conflicts. */
  restore(entry: HostEntry, ip: IpAddress, lastSeen: number): void {
    if (this.#static.has(ip.value)) return;
    this.#add(entry, { ip, vlan: undefined, lastSeen, tentative: false, probes: 0 });
  }

  drop(entry: HostEntry, key: IpKey): void {
    const users = this.#users.get(key);
    users?.delete(entry);
    if (users?.size === 0) this.#users.delete(key);
    entry.ips.delete(key);
    this.#changed(entry);
  }

  dropAll(entry: HostEntry): void {
    for (const key of entry.ips.keys()) this.drop(entry, key);
  }

  /**
   * A host uses an address: hosts that only asked for it lose it; hosts that use it too are in conflict.
   * All of those keep it: a policy that names the address applies to the frames of each.
   */
  #resolveUse(mac: number, ip: IpAddress, now: number): void {
    for (const other of this.#static.get(ip.value) ?? []) this.#conflict(ip, mac, other, now);
    for (const other of this.#users.get(ip.value) ?? []) {
      if (other.mac === mac) continue;
      if (other.ips.get(ip.value)?.tentative) this.drop(other, ip.value);
      else this.#conflict(ip, mac, other.mac, now);
    }
  }

  #conflict(ip: IpAddress, a: number, b: number, now: number): void {
    if (a === b) return;
    this.#conflicts.saw({ kind: "address", ip, macs: a < b ? [a, b] : [b, a] }, now);
  }

  #add(entry: HostEntry, use: Parameters<HostEntry["ips"]["set"]>[1]): void {
    const key = use.ip.value;
    if (entry.ips.size >= this.#perHost) this.drop(entry, oldestOf(entry));
    entry.ips.set(key, use);
    const users = this.#users.get(key);
    if (users) users.add(entry);
    else this.#users.set(key, new Set([entry]));
    this.#changed(entry);
  }
}

function oldestOf({ ips }: HostEntry): IpKey {
  let oldest: IpKey = 0;
  let time = Infinity;
  for (const [key, { lastSeen }] of ips) {
    if (lastSeen >= time) continue;
    oldest = key;
    time = lastSeen;
  }
  return oldest;
}
