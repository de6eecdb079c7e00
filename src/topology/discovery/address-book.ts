// SPDX-License-Identifier: Apache-2.0
import type { IpClaim } from "../../packet/index.ts";
import type { ConflictBook } from "./host-conflicts.ts";
import type { HostEntry, IpKey } from "./host-entry.ts";

/** Which hosts use which IP addresses. */
export class AddressBook {
  readonly #users = new Map<IpKey, Set<HostEntry>>();
  readonly #conflicts: ConflictBook;
  readonly #perHost: number;
  /** Addresses of hosts that files or REST clients name, with their MAC addresses. */
  #static: ReadonlyMap<IpKey, readonly number[]> = new Map();

  constructor(conflicts: ConflictBook, perHost: number) {
    this.#conflicts = conflicts;
    this.#perHost = perHost;
  }

  /** Sets the addresses of named hosts; no learned host gets one of them. True when a host lost one. */
  setStatic(addresses: ReadonlyMap<IpKey, readonly number[]>): boolean {
    this.#static = addresses;
    let changed = false;
    for (const key of addresses.keys()) {
      for (const entry of this.#users.get(key) ?? []) {
        this.drop(entry, key);
        changed = true;
      }
    }
    return changed;
  }

  /** Applies what a learned host's frame says of an address; true when that changes its addresses. */
  claim(entry: HostEntry, { kind, ip }: IpClaim, vlan: number | undefined, now: number): boolean {
    const known = entry.ips.get(ip.value);
    if (kind === "leaves") return known !== undefined && this.drop(entry, ip.value);
    if (kind === "probes") {
      // A question, not a claim: a host that has the address will answer.
      if (known || this.#users.has(ip.value) || this.#static.has(ip.value)) return false;
      return this.#add(entry, { ip, vlan, lastSeen: now, tentative: true, probes: 0 });
    }
    let changed = this.#resolveUse(entry.mac, ip, now);
    if (this.#static.has(ip.value)) return changed;
    if (known) Object.assign(known, { vlan, lastSeen: now, tentative: false, probes: 0 });
    else changed = this.#add(entry, { ip, vlan, lastSeen: now, tentative: false, probes: 0 });
    return changed;
  }

  /** A named host uses an address: learned hosts that use it too are in conflict with it. */
  claimOfNamed(mac: number, { kind, ip }: IpClaim, now: number): boolean {
    return kind === "uses" && this.#resolveUse(mac, ip, now);
  }

  /** Restores an address without looking for conflicts. */
  restore(entry: HostEntry, ip: IpClaim["ip"], lastSeen: number): void {
    if (this.#static.has(ip.value)) return;
    this.#add(entry, { ip, vlan: undefined, lastSeen, tentative: false, probes: 0 });
  }

  drop(entry: HostEntry, key: IpKey): boolean {
    const users = this.#users.get(key);
    users?.delete(entry);
    if (users?.size === 0) this.#users.delete(key);
    entry.changed();
    return entry.ips.delete(key);
  }

  dropAll(entry: HostEntry): void {
    for (const key of entry.ips.keys()) this.drop(entry, key);
  }

  /**
   * A host uses an address: hosts that only asked for it lose it; hosts that use it too are in conflict.
   * All of those keep it: a policy that names the address applies to the frames of each.
   */
  #resolveUse(mac: number, ip: IpClaim["ip"], now: number): boolean {
    let changed = false;
    for (const other of this.#static.get(ip.value) ?? []) this.#conflict(ip, mac, other, now);
    for (const other of this.#users.get(ip.value) ?? []) {
      if (other.mac === mac) continue;
      if (other.ips.get(ip.value)?.tentative) changed = this.drop(other, ip.value) || changed;
      else this.#conflict(ip, mac, other.mac, now);
    }
    return changed;
  }

  #conflict(ip: IpClaim["ip"], a: number, b: number, now: number): void {
    if (a === b) return;
    this.#conflicts.saw({ kind: "address", ip, macs: a < b ? [a, b] : [b, a] }, now);
  }

  #add(entry: HostEntry, use: Parameters<HostEntry["ips"]["set"]>[1]): boolean {
    const key = use.ip.value;
    if (entry.ips.size >= this.#perHost) this.drop(entry, oldestOf(entry));
    entry.ips.set(key, use);
    const users = this.#users.get(key);
    if (users) users.add(entry);
    else this.#users.set(key, new Set([entry]));
    entry.changed();
    return true;
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
