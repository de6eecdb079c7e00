// SPDX-License-Identifier: Apache-2.0
import type { Dpid, PortNo } from "../dpid.ts";
import type { PortAt } from "../port-at.ts";

/**
 * State of a link that probes have passed.
 * - `up`: probes pass in both directions.
 * - `down`: they did until one of its ports went down.
 * - `unidirectional`: they pass in one direction only.
 * - `selfLoop`: both ends are the same switch.
 * - `shared`: more than two ports hear each other, through a hub or a foreign bridge.
 *
 * Only a link that is `up` is used; no frame passes the ports of the others.
 */
export type DiscoveredLinkState = "up" | "down" | "unidirectional" | "selfLoop" | "shared";

/** A link found by probes; `a` is the end with the lower dpid, then port. */
export interface DiscoveredLink {
  readonly a: PortAt;
  readonly b: PortAt;
  readonly state: DiscoveredLinkState;
  /**
   * Both ports were proven to lead to no switch, and neither has gone down since: either a cable was
   * plugged in without a port event, or hosts forward each other's probes.
   */
  readonly isDoubtful?: true;
}

/** The result of link discovery. */
export interface Discovered {
  /** Sorted by their ends. */
  readonly links: readonly DiscoveredLink[];
  /** Ports whose peer is not known yet; switches without such a port are left out. */
  readonly probing: ReadonlyMap<Dpid, ReadonlySet<PortNo>>;
}

export const NOTHING_DISCOVERED: Discovered = { links: [], probing: new Map() };

/** What is stored of a switch; the next controller process starts from it. */
export interface DiscoveryMemory {
  readonly dpid: Dpid;
  /** Ports that lead to no switch. */
  readonly edges: readonly PortNo[];
  readonly links: readonly RememberedLink[];
}

/** A link in use at a port. */
export interface RememberedLink {
  readonly port: PortNo;
  readonly peer: PortAt;
  readonly isDoubtful?: true;
}
