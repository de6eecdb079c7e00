// SPDX-License-Identifier: Apache-2.0
/** OXM classes. */
export const OxmClass = {
  nxm0: 0x0000,
  nxm1: 0x0001,
  ericsson: 0x1000,
  basic: 0x8000,
  packetRegs: 0x8001,
  experimenter: 0xffff,
} as const;

/** Experimenter ids of experimenter-class fields. */
export const OxmExperimenter = { onf: 0x4f4e4600, nicira: 0x00002320, nsh: 0x005ad650 } as const;

/** Text form of a field's value. */
export type OxmKind = "mac" | "ipv4" | "ipv6" | "port" | "uint";

/**
 * A condition on another field: it is present, and `value & mask` is one of `values` (any value
 * if `values` is empty).
 */
export interface Prerequisite {
  readonly field: string;
  readonly values: readonly number[];
  readonly mask?: number;
}

interface RowOptions {
  readonly kind?: OxmKind;
  /** Whether a mask is allowed: by OpenFlow 1.4, only by Open vSwitch, or never. */
  readonly mask?: "spec" | "ovs";
  readonly needs?: readonly Prerequisite[];
  readonly class?: number;
  readonly experimenter?: number;
  /** Bytes on the wire, if more than the bits need. */
  readonly bytes?: number;
}

/** One field of the table. */
export interface OxmRow<N extends string = string, B extends number = number> {
  /** Name in code: `ipv4Src`. */
  readonly name: N;
  /** Name in the specification and in policies: `ipv4_src`. */
  readonly oxm: string;
  readonly class: number;
  readonly code: number;
  /** Experimenter id, for fields of the experimenter class. */
  readonly experimenter: number | undefined;
  /** Significant bits of the value. */
  readonly bits: B;
  /** Bytes of the value on the wire. */
  readonly bytes: number;
  /** Whether OpenFlow 1.4 allows a mask. */
  readonly maskable: boolean;
  /** Whether Open vSwitch accepts a mask, as it does for more fields than the specification. */
  readonly maskableInOvs: boolean;
  readonly kind: OxmKind;
  /** Conditions that must all hold for the field to be valid (transitive ones included). */
  readonly prerequisites: readonly Prerequisite[];
}

/** A row, with defaults for its options. */
export function row<const N extends string, const B extends number>(
  name: N,
  oxm: string,
  code: number,
  bits: B,
  options: RowOptions = {},
): OxmRow<N, B> {
  return {
    name,
    oxm,
    class: options.class ?? OxmClass.basic,
    code,
    experimenter: options.experimenter,
    bits,
    bytes: options.bytes ?? Math.ceil(bits / 8),
    maskable: options.mask === "spec",
    maskableInOvs: options.mask !== undefined,
    kind: options.kind ?? "uint",
    prerequisites: options.needs ?? [],
  };
}
