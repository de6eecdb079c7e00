import { contentHash } from "../../../flow-model/index.ts";
import type { VlanRange } from "./environment.ts";
import { StableAllocator } from "./number-allocator.ts";

/** What a monitor's copies ask an id for: whole ones, and ones that are cut at its switch. */
export function vlanClaim(monitorKey: string, truncate?: number): string {
  return truncate === undefined ? monitorKey : `${monitorKey} ${truncate}`;
}

/**
 * Gives monitors their VLAN ids for tagged copies, out of the range reserved for taps. A monitor asks
 * for the id that its name's hash gives and then for the following ones, round the range.
 */
export class TapVlans {
  readonly #claims: StableAllocator;

  /** Without a range there is no id for anybody. */
  constructor(range: VlanRange | undefined) {
    const { first, last } = range ?? { first: 1, last: 0 };
    const size = last - first + 1;
    this.#claims = new StableAllocator((key, attempt) =>
      attempt < size ? first + ((contentHash(key) + attempt) % size) : undefined,
    );
  }

  /** The VLAN id of a `vlanClaim`, for one more user; undefined when the range is used up. */
  acquire(claim: string): number | undefined {
    return this.#claims.acquire(claim, "vlan");
  }

  /** Gives back what `acquire` gave to one user. */
  release(claim: string): void {
    this.#claims.release(claim);
  }

  /** The claims whose id is another one since this was last asked. */
  takeMoved(): readonly string[] {
    return this.#claims.takeMoved();
  }
}
