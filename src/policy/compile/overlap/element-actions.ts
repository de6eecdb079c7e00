import type { ActionSpec } from "../../../flow-model/index.ts";
import { actionsKey } from "../model/action-key.ts";
import { casesKey, casesOf, type Demand } from "../model/flow-classes.ts";
import { type Copy, isIpRewritten, wayKey } from "./copy.ts";

/** What is to be done with the frames of an element. */
export interface ElementActions {
  /** Equal for labels that are the same in every detail. */
  readonly key: string;
  /**
   * Equal for labels that serve the same monitors and do the same with the original, however the
   * copies travel; "" when base forwarding does the same by itself.
   */
  readonly effect: string;
  readonly original: readonly ActionSpec[];
  /** In the order of their buckets. */
  readonly copies: readonly Copy[];
}

/** The label of frames of which these copies are made, as those who ask for them want them. */
export function actionsOfElement(
  original: readonly ActionSpec[],
  copies: Copy[],
  demands: ReadonlyMap<string, readonly Demand[]> | undefined,
): ElementActions {
  if (copies.length > 1) copies.sort(byBucket);
  if (demands === undefined || demands.size === 0) return new FrameLabel(original, copies);
  const treated = copies.map((copy): Copy => {
    const wanted = demands.get(copy.monitor.key);
    return wanted === undefined ? copy : { ...copy, cases: casesOf(wanted) };
  });
  return new FrameLabel(original, treated);
}

/**
 * Copies whose IP destination is rewritten come last: a switch makes the others' frames of theirs by
 * writing the address back, which not every checksum survives (see `docs/copies.md`).
 */
function byBucket(a: Copy, b: Copy): number {
  const order = Number(isIpRewritten(a.way)) - Number(isIpRewritten(b.way));
  return order === 0 ? (a.monitor.key < b.monitor.key ? -1 : 1) : order;
}

/** The same label, where base forwarding does the same by itself. */
export function withoutEffect({ original, copies }: ElementActions): ElementActions {
  return new FrameLabel(original, copies, "");
}

/** Few labels are ever compared with others: their texts are made when they are asked for. */
class FrameLabel implements ElementActions {
  readonly original: readonly ActionSpec[];
  readonly copies: readonly Copy[];
  #key: string | undefined;
  #effect: string | undefined;

  constructor(original: readonly ActionSpec[], copies: readonly Copy[], effect?: string) {
    this.original = original;
    this.copies = copies;
    this.#effect = effect;
  }

  get key(): string {
    if (this.#key === undefined) {
      let key = `${actionsKey(this.original)}#`;
      for (const copy of this.copies) {
        key += wayKey(copy.way) + (copy.explicit ? "!" : "") + copyText(copy);
      }
      this.#key = key;
    }
    return this.#key;
  }

  get effect(): string {
    if (this.#effect === undefined) {
      let effect = `${actionsKey(this.original)}#`;
      for (const copy of this.copies) {
        const { way, explicit } = copy;
        if (explicit) effect += way.kind === "tunnel" ? wayKey(way) : way.kind;
        if (isIpRewritten(way)) effect += wayKey(way);
        effect += copyText(copy);
      }
      this.#effect = effect;
    }
    return this.#effect;
  }
}

function copyText({ monitor, port, cases }: Copy): string {
  return `${monitor.key}:${port}${casesKey(cases)}|`;
}
