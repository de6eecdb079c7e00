import type { FlowKey } from "../../pipeline/index.ts";

/** Which switches have an entry of a key that waits for the entries of that key on others. */
export class Followers {
  readonly #byKey = new Map<FlowKey, Set<string>>();

  add(key: FlowKey, dpid: string): void {
    const known = this.#byKey.get(key);
    if (known) known.add(dpid);
    else this.#byKey.set(key, new Set([dpid]));
  }

  /** Those who wait with a key; they wait no longer. */
  take(key: FlowKey): Iterable<string> {
    const known = this.#byKey.get(key);
    if (!known) return [];
    this.#byKey.delete(key);
    return known;
  }

  /** All who wait, and with what; they wait no longer. */
  takeAll(): (readonly [string, FlowKey])[] {
    if (this.#byKey.size === 0) return [];
    const all = [...this.#byKey].flatMap(([key, dpids]) =>
      [...dpids].map((dpid) => [dpid, key] as const),
    );
    this.#byKey.clear();
    return all;
  }
}
