// SPDX-License-Identifier: Apache-2.0
import { type MarkedEnd, markedEnd, type OneSidedMarks } from "../model/one-sided-marks.ts";
import { type MarkedPair, markedPair, type TapMarks } from "../model/tap-marks.ts";
import { type TapVlans, vlanKey } from "../model/tap-vlans.ts";
import type { Copy } from "../overlap/copy.ts";
import type { PathMarking } from "./planned-rules.ts";

/** The keys of the numbers that copies have acquired. */
export interface NumberKeys {
  /** The pair whose mark the copies carry. */
  readonly pair: MarkedPair | undefined;
  /** The address whose one-sided mark they carry. */
  readonly end: MarkedEnd | undefined;
  /** The key of their VLAN id. */
  readonly vlan: string | undefined;
}

/** The marking of copies with the keys of the numbers that it uses. */
export interface AcquiredMarking extends NumberKeys {
  /** Undefined: copies need none, or no number is free. */
  readonly marking: PathMarking | undefined;
}

const NO_MARKING: AcquiredMarking = {
  marking: undefined,
  pair: undefined,
  end: undefined,
  vlan: undefined,
};

/** The allocators of the numbers that mark copies. */
export interface NumberAllocators {
  readonly marks: TapMarks;
  readonly oneSided: OneSidedMarks;
  readonly vlans: TapVlans;
}

/** The numbers that mark copies on their way. */
export class CopyNumbers {
  readonly #of: NumberAllocators;

  constructor(allocators: NumberAllocators) {
    this.#of = allocators;
  }

  /** Whether there may be copies for which no number is free. */
  get areShort(): boolean {
    return this.#of.vlans.isShort || this.#of.oneSided.isShort;
  }

  /** Acquires the marking of copies. Those truncated at the monitor's switch get their own. */
  acquire({ monitor, transport }: Copy, truncate: number | undefined): AcquiredMarking {
    const { marks, oneSided, vlans } = this.#of;
    if (transport.kind === "mark") {
      const end =
        truncate === undefined ? transport.end : markedEnd({ ...transport.end, truncate });
      const mark = oneSided.acquire(end);
      const marking = mark === undefined ? undefined : ({ kind: "mark", end, mark } as const);
      return { ...NO_MARKING, marking, end };
    }
    if (transport.kind === "rewrite") {
      const pair =
        truncate === undefined ? transport.pair : markedPair({ ...transport.pair, truncate });
      const mark = marks.acquire(pair);
      const marking = mark === undefined ? undefined : ({ kind: "rewrite", pair, mark } as const);
      return { ...NO_MARKING, marking, pair };
    }
    if (transport.kind !== "tag") return NO_MARKING;
    const key = vlanKey(monitor.key, truncate);
    const vlan = vlans.acquire(key);
    const { reservedDst } = transport;
    const marking =
      vlan === undefined ? undefined : ({ kind: "tag", vlan, truncate, reservedDst } as const);
    return { ...NO_MARKING, marking, vlan: key };
  }

  /** Releases what `acquire` acquired. */
  release({ pair, end, vlan }: NumberKeys): void {
    const { marks, oneSided, vlans } = this.#of;
    if (pair !== undefined) marks.release(pair);
    if (end !== undefined) oneSided.release(end);
    if (vlan !== undefined) vlans.release(vlan);
  }

  /** Whether there is a number for copies that have acquired one. */
  has(copy: Copy, truncate: number | undefined): boolean {
    const found = this.acquire(copy, truncate);
    this.release(found);
    return found.marking !== undefined;
  }
}
