import { BALANCE_PARTS, type Part } from "../../model/balance.ts";
import { isWhole, type Treatment, together, treatmentKey, WHOLE } from "../../model/treatment.ts";

/** What one policy asks for a monitor's copies of some frames. */
export interface Demand {
  readonly treatment: Treatment;
  /** The flows it asks for, by their hash for balancing; undefined: all. */
  readonly share: readonly Part[] | undefined;
}

/** Flows whose copies are treated alike; the cases of a copy have no flow in common. */
export interface Case {
  /** Undefined: all flows. */
  readonly share: readonly Part[] | undefined;
  readonly treatment: Treatment;
}

/** All flows, as they are. */
export const PLAIN: readonly Case[] = [{ share: undefined, treatment: WHOLE }];

/** The cases of the copies for one monitor that several policies ask for. */
export function casesOf(demands: readonly Demand[]): readonly Case[] {
  if (demands.every(({ share }) => share === undefined)) {
    const treatment = combine(demands);
    return isWhole(treatment) ? PLAIN : [{ share: undefined, treatment }];
  }
  const found = new Map<string, { treatment: Treatment; share: Part[] }>();
  for (const part of elementaryParts(demands)) {
    const wanting = demands.filter(({ share }) => share === undefined || covers(share, part));
    if (wanting.length === 0) continue;
    const treatment = combine(wanting);
    const key = treatmentKey(treatment);
    const known = found.get(key) ?? { treatment, share: [] };
    found.set(key, known);
    const last = known.share.at(-1);
    if (last?.last === part.first - 1) known.share.pop();
    known.share.push(last?.last === part.first - 1 ? { ...part, first: last.first } : part);
  }
  return [...found.values()].map(({ treatment, share }) => ({
    treatment,
    share: isEverything(share) ? undefined : share,
  }));
}

/** A text that is equal for the same cases; "" for plain copies. */
export function casesKey(cases: readonly Case[]): string {
  if (cases === PLAIN) return "";
  return cases
    .map(({ share, treatment }) => `${treatmentKey(treatment)};${shareKey(share)}`)
    .join();
}

/** A text that is equal for the same flows. */
export function shareKey(share: readonly Part[] | undefined): string {
  return share?.map(({ first, last }) => `${first}-${last}`).join("+") ?? "";
}

function combine(demands: readonly Demand[]): Treatment {
  return demands.map(({ treatment }) => treatment).reduce(together);
}

/** The parts into which all shares together cut the hash values. */
function elementaryParts(demands: readonly Demand[]): Part[] {
  const bounds = new Set([0, BALANCE_PARTS]);
  for (const { share } of demands) {
    for (const { first, last } of share ?? []) bounds.add(first).add(last + 1);
  }
  const sorted = [...bounds].sort((a, b) => a - b);
  return sorted.slice(1).map((end, index) => ({ first: sorted[index] ?? 0, last: end - 1 }));
}

function covers(share: readonly Part[], { first, last }: Part): boolean {
  return share.some((each) => each.first <= first && last <= each.last);
}

function isEverything([only, ...more]: readonly Part[]): boolean {
  return more.length === 0 && only?.first === 0 && only.last === BALANCE_PARTS - 1;
}
