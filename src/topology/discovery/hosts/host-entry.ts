// SPDX-License-Identifier: Apache-2.0
import { sameItems } from "../../../lang/same-items.ts";
import type { IpAddress } from "../../ip-address.ts";
import type { FormerPlace } from "../../model.ts";
import type { PortAt } from "../../port-at.ts";
import { CONFIRMED_AFTER_MS } from "./host-limits.ts";
import { MoveDamper } from "./host-moves.ts";

/** A learned host, as published. */
export interface LearnedHost extends PortAt {
  readonly mac: number;
  /** In the order they were learned. */
  readonly ips: readonly IpAddress[];
  /** VLAN ids of its tagged frames, in ascending order. */
  readonly vlans: readonly number[];
  /** The ports that it has left; absent: none. */
  readonly formerly?: readonly FormerPlace[];
}

/** An IP address of a host, and when a frame last claimed it. */
export interface IpUse {
  readonly ip: IpAddress;
  /** VLAN of that frame. */
  vlan: number | undefined;
  lastSeen: number;
  /** Only asked for: the host has not used it yet. */
  tentative: boolean;
  /** Probes sent since it was last seen. */
  probes: number;
}

/** Identifies an address: numbers are IPv4, bigints IPv6. */
export type IpKey = number | bigint;

/** The port that a host was learned at, as far as its entry needs it. */
export interface HostPlace extends PortAt {
  add(entry: HostEntry): void;
  remove(entry: HostEntry): void;
  /** The entry is no longer the first to be evicted. */
  confirm(entry: HostEntry): void;
}

/** State of one host in the table. Only the table changes it. */
export class HostEntry {
  readonly mac: number;
  readonly ips = new Map<IpKey, IpUse>();
  /** VLAN id to when it was last seen. */
  readonly vlans = new Map<number, number>();
  readonly damper = new MoveDamper();
  at: HostPlace;
  /** When it moved to its present place. */
  placedAt: number;
  lastSeen: number;
  isConfirmed = false;
  /** Only `FormerPlaces` changes it. */
  formerly: readonly FormerPlace[] = [];
  #view: LearnedHost | undefined;
  #ips: readonly IpAddress[] = [];

  constructor(mac: number, at: HostPlace, now: number) {
    this.mac = mac;
    this.at = at;
    this.placedAt = now;
    this.lastSeen = now;
  }

  /** The same object while nothing of it changes. */
  get view(): LearnedHost {
    if (this.#view) return this.#view;
    this.#ips = kept(
      this.#ips,
      [...this.ips.values()].map(({ ip }) => ip),
    );
    this.#view = {
      mac: this.mac,
      dpid: this.at.dpid,
      port: this.at.port,
      ips: this.#ips,
      vlans: [...this.vlans.keys()].sort((x, y) => x - y),
      ...(this.formerly.length === 0 ? {} : { formerly: this.formerly }),
    };
    return this.#view;
  }

  /** Call after every change that the view shows. */
  changed(): void {
    this.#view = undefined;
  }

  /** Records a frame from its place. */
  seen(now: number): void {
    this.lastSeen = now;
    if (this.isConfirmed || now - this.placedAt < CONFIRMED_AFTER_MS) return;
    this.confirm();
  }

  /** The host is no one-time forgery: it is evicted last. */
  confirm(): void {
    this.isConfirmed = true;
    this.at.confirm(this);
  }
}

/** Snapshots are compared by identity, so an unchanged list must stay the same object. */
function kept<T>(before: readonly T[], now: readonly T[]): readonly T[] {
  return sameItems(before, now) ? before : now;
}
