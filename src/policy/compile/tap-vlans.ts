import { contentHash } from "../../pipeline/index.ts";
import { Claims } from "./claims.ts";
import type { VlanRange } from "./environment.ts";

/**
 * Gives monitors their VLAN ids for tagged copies, out of the range reserved for taps. A monitor asks
 * for the id that its name's hash gives and then for the following ones, round the range.
 */
export class TapVlans {
  readonly #claims: Claims;

  /** Without a range there is no id for anybody. */
  constructor(range: VlanRange | undefined) {
    const { first, last } = range ?? { first: 1, last: 0 };
    const size = last - first + 1;
    this.#claims = new Claims((key, attempt) =>
      attempt < size ? first + ((contentHash(key) + attempt) % size) : undefined,
    );
  }

  /** The VLAN id of a monitor, for one more user; undefined when the range is used up. */
  acquire(monitorKey: string): number | undefined {
    return this.#claims.acquire(monitorKey, "vlan");
  }

  /** Gives back what `acquire` gave to one user. */
  release(monitorKey: string): void {
    this.#claims.release(monitorKey);
  }

  /** The monitors whose id is another one since this was last asked. */
  takeMoved(): readonly string[] {
    return this.#claims.takeMoved();
  }
}
