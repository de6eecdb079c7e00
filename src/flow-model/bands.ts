// SPDX-License-Identifier: Apache-2.0
/**
 * Priority bands of the tap table, highest first (the data plane's order of precedence).
 *
 * Recovery and transit precede rewriting, so that a copy never triggers another copy. All rules for
 * taps precede base forwarding, so that removing the taps restores exactly the behaviour without them.
 *
 * Within the rewriting band a rule's priority is the band's base plus the number of bits that its match
 * fixes. A region strictly inside another fixes strictly more bits, so more specific rules win by
 * construction: the order is local to the rule, and no edit elsewhere changes it.
 */
export const Band = {
  /**
   * Sends copies of copies to the controller, or drops them; matches metadata, as treatment does. A rule's
   * priority is the base plus the bits that its match fixes, as in the rewriting band.
   */
  preview: 64_100,
  /** Treats copies at their tap point; matches metadata, which no frame from a port has. */
  treatment: 64_000,
  /** Drops what enters by tap ports; above recovery, so that no forged copy is recovered. */
  tapPort: 62_000,
  /** Catches probes of the ways of copies; above recovery, so that no probe reaches a monitor. */
  probe: 61_000,
  recovery: 60_000,
  transit: 50_000,
  /** Drops what could be taken for a copy, and copies that no recovery rule restores. */
  guard: 45_000,
  /** Sends frames to the controller; above rewriting, so that no tap captures frames for discovery. */
  discovery: 40_000,
  rewriting: 20_000,
  forwarding: 10_000,
  tableMiss: 0,
} as const;

/** The tap table: the only table to which OpenVTAP writes rules. */
export const TAP_TABLE = 0;
