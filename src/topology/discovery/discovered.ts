import type { Dpid, PortNo } from "../dpid.ts";
import type { PortAt } from "../port-at.ts";

/**
 * What is the matter with a link that probes went over.
 * - `up`: probes come through both ways.
 * - `down`: they did, until one of its ports went down.
 * - `unidirectional`: they come through one way only.
 * - `selfLoop`: both ends are the same switch.
 * - `shared`: more than two ports hear each other, by a hub or a bridge that is not ours.
 *
 * Only one that is `up` is used; no frame passes the ports of the others.
 */
export type DiscoveredLinkState = "up" | "down" | "unidirectional" | "selfLoop" | "shared";

/** A link found by probes; `a` is the end with the lower dpid, then port. */
export interface DiscoveredLink {
  readonly a: PortAt;
  readonly b: PortAt;
  readonly state: DiscoveredLinkState;
  /**
   * Its ports were known to lead to no switch, and neither went down since: a cable that was plugged in
   * without a word from any port, or hosts that pass each other's probes on.
   */
  readonly isDoubtful?: true;
}

/** What discovery says of the network. */
export interface Discovered {
  /** In the order of their ends. */
  readonly links: readonly DiscoveredLink[];
  /** Ports of which it is not known yet what they lead to; switches without one are left out. */
  readonly probing: ReadonlyMap<Dpid, ReadonlySet<PortNo>>;
}

export const NOTHING_DISCOVERED: Discovered = { links: [], probing: new Map() };

/** What is to be remembered of a switch: a controller that starts believes it. */
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
