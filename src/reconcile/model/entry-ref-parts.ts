import { type EntryRef, type FlowKey, splitEntryRef } from "../../flow-model/index.ts";

/** Most references whose halves are remembered. */
const LIMIT = 200_000;

interface Halves {
  readonly dpid: string;
  readonly key: FlowKey;
}

/**
 * The halves of entry references, remembered: a string cut out anew is hashed anew by every map it
 * is looked up in, and a bulk install looks each of them up a dozen times.
 */
export class EntryRefParts {
  readonly #known = new Map<EntryRef, Halves>();

  of(ref: EntryRef): Halves {
    const known = this.#known.get(ref);
    if (known) return known;
    if (this.#known.size >= LIMIT) this.#known.clear();
    const halves = splitEntryRef(ref);
    this.#known.set(ref, halves);
    return halves;
  }
}
