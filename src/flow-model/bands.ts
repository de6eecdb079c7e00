/**
 * Priority bands of the tap table, highest first (the data plane's order of precedence).
 *
 * Recovery and transit precede rewriting so that a copy never triggers another copy; everything of
 * ours that decides about taps precedes base forwarding, so that removing the taps leaves exactly
 * what was there before them.
 *
 * Within the rewriting band a rule's priority is the band's base plus the number of bits its match
 * fixes. A region that lies strictly inside another fixes strictly more bits, so more specific rules
 * win by construction: the order is derived, local to the rule, and no edit elsewhere can shift it.
 */
export const Band = {
  /** What is done with copies at their tap point, by metadata that no frame from a port has. */
  treatment: 64_000,
  recovery: 60_000,
  transit: 50_000,
  /** Drops copies that reached their monitor's switch and that no recovery rule restored. */
  guard: 45_000,
  /** Frames for the controller: above rewriting, so that no tap can swallow what discovery lives on. */
  discovery: 40_000,
  rewriting: 20_000,
  forwarding: 10_000,
  tableMiss: 0,
} as const;

/** The tap table: the only table OpenVTAP writes rules to. */
export const TAP_TABLE = 0;

/** Width of the rewriting band: no match of OpenFlow 1.4 fixes more bits than this. */
export const REWRITING_BAND_WIDTH = 10_000;
